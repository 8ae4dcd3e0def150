"""Truncated answers: penalised by default, without reward where TRL leaves them out of the loss."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dualset.builders.candidates.generate import load_policy
from dualset.train.rank import rank
from dualset.train.rewards import pairwise_accuracy
from dualset.train.settings import TrainSettings
from dualset.train.truncated import for_truncated

ANSWERS = ["1, 2", "1,", "2, 1"]


def earned(ends: Any, ids: list[list[int]], *, mask: bool) -> list[float | None]:
    tokenizer = SimpleNamespace(eos_token_id=7, pad_token_id=8)
    base = SimpleNamespace(model=SimpleNamespace(generation_config=SimpleNamespace(eos_token_id=ends)))
    base.tokenizer = tokenizer
    reward = for_truncated(pairwise_accuracy, SimpleNamespace(mask_truncated_completions=mask), base)  # type: ignore[arg-type]
    assert reward.__name__ == "pairwise_accuracy"
    said = [[{"role": "assistant", "content": text}] for text in ANSWERS]
    return reward(prompts=[[]] * 3, completions=said, completion_ids=ids, correct=[[True, False]] * 3)


@pytest.mark.parametrize(
    ("ends", "last", "masked"),
    [
        (7, [7, 3, 7], [1.0, None, 0.0]),
        (None, [8, 3, 3], [1.0, None, None]),
        ([5, 6], [5, 6, 4], [1.0, -1.0, None]),
    ],
)
def test_a_truncated_answer_earns_nothing_or_what_it_says(ends: Any, last: list[int], masked: list[Any]) -> None:
    ids = [[1, 2, token] for token in last]
    assert earned(ends, ids, mask=True) == masked
    assert earned(ends, ids, mask=False) == [1.0, -1.0, 0.0]


@pytest.mark.slow
@pytest.mark.parametrize(("mask", "reward"), [("true", None), ("false", -1.0)])
def test_a_run_in_which_all_are_truncated(small_version: Path, tmp_path: Path, mask: str, reward: float | None) -> None:
    """Two tokens hold no ranking of four."""
    load_policy("micro", device="cpu")
    small = ("generation_batch_size=8", "per_device_train_batch_size=8", "num_generations=2", "max_completion_length=2")
    settings = TrainSettings(
        ref=str(small_version),
        model="micro",
        output=tmp_path / "m",
        preset="micro",
        overrides=(*small, f"mask_truncated_completions={mask}"),
        max_steps=1,
    )
    done = rank(settings)
    [line] = [
        each for each in map(json.loads, (done.path / "metrics.jsonl").read_text().splitlines()) if "reward" in each
    ]
    assert line["completions/clipped_ratio"] == 1.0
    assert line["rewards/pairwise_accuracy/mean"] == reward
