"""Choosing by a reward model's scores: which is chosen, what is refused, and that batches change nothing."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from dualset.builders.errors import ModelError
from dualset.eval.choosing.by_reward import choose_by_reward
from dualset.eval.pool import pool_of
from dualset.eval.reward_model import RewardModel, load_reward_model
from dualset.eval.settings import EvalSettings
from dualset.eval.writing import Attempt

pytestmark = pytest.mark.slow

LONG, SHORT, NONE = (
    Attempt("def f(xs):\n    return sum(xs)", True),
    Attempt("def f(xs): pass", False),
    Attempt(None, False),
)


@pytest.fixture(scope="module")
def scorer(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of random weights that gives one score."""
    import torch
    from transformers import AutoTokenizer, Qwen3Config, Qwen3ForSequenceClassification

    torch.manual_seed(0)
    config = Qwen3Config.from_pretrained(tiny_model)
    config.num_labels = 1
    folder = tmp_path_factory.mktemp("reward")
    Qwen3ForSequenceClassification(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny_model).save_pretrained(folder)
    return folder


def test_the_one_with_the_highest_score_is_chosen(scorer: Path, small_version: Path) -> None:
    from dualset.builders.dataset.store import open_version

    settings = EvalSettings(split="all", best_of=2)
    pool = pool_of(open_version(str(small_version)), settings)
    name, problem = next(iter(pool.problems.items()))
    assert LONG.code
    assert SHORT.code
    pairs = [(problem.statement, LONG.code), (problem.statement, SHORT.code)]
    (first, second), cut = load_reward_model(str(scorer)).score(pairs)
    assert first != second
    assert cut == 0
    attempts = {name: [LONG, SHORT, LONG, LONG, NONE, LONG]}
    found = choose_by_reward(str(scorer), attempts, pool, settings, lambda *_: None, "score")
    [scores] = found.model.values()
    expected = (float(first > second) + 1 + 1) / 3  # then two that pass, then the only one with code
    assert scores == {f"best_of_2_by_reward:{scorer.name}": (pytest.approx(expected),)}


def test_a_batch_changes_no_score(scorer: Path) -> None:
    model = load_reward_model(str(scorer))
    pairs = [("Sum the list.", "x" * n) for n in (1, 40, 7, 90, 3)]
    one, many = model.score(pairs, batch_size=1)[0], model.score(pairs, batch_size=5)[0]
    assert one == pytest.approx(many, abs=1e-6)
    assert len({round(score, 6) for score in one}) == 5


def test_a_tokenizer_without_padding_is_no_obstacle(scorer: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    folder = Path(shutil.copytree(scorer, tmp_path / "rm"))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.pad_token = None
    tokenizer.save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"pad_token_id": None}))
    model = load_reward_model(str(folder))
    pairs = [("Sum the list.", "x" * n) for n in (1, 40, 7)]
    assert model.score(pairs, batch_size=1)[0] == pytest.approx(model.score(pairs, batch_size=3)[0], abs=1e-6)


def test_what_is_too_long_is_cut_and_counted(scorer: Path) -> None:
    model = RewardModel(load_reward_model(str(scorer)).policy, 20)
    (one, other), cut = model.score([("Sum.", "y" * 200), ("Sum.", "y" * 300)])
    assert cut == 2
    assert one == pytest.approx(other, abs=1e-9)


def test_a_model_that_writes_is_no_reward_model(tiny_model: Path) -> None:
    with pytest.raises(ModelError, match=r"score\.weight is missing|cannot be loaded as a reward model"):
        load_reward_model(str(tiny_model))


def test_broken_weights_are_said(scorer: Path) -> None:
    model: Any = load_reward_model(str(scorer))
    model.policy.model.score.weight.data.fill_(float("nan"))
    with pytest.raises(ModelError, match="no number"):
        model.score([("Sum.", "pass")])
