"""Groups whose answers by the base model all earn the same can be left out, or all but a share of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from dualset.builders.candidates.generate import Policy, generate, load_policy
from dualset.builders.candidates.sample import first_seed
from dualset.builders.dataset.store import open_version
from dualset.builders.errors import RecipeError, TrainingError
from dualset.train.imitate import imitate
from dualset.train.rank import COLUMNS, rank
from dualset.train.rewards import pairwise_accuracy
from dualset.train.rows import load_groups
from dualset.train.settings import TrainSettings
from dualset.train.silent import keep_share, silent_groups

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy("micro", device="cpu")


@pytest.fixture(scope="module")
def rows(small_version: Path) -> Any:
    return load_groups(open_version(str(small_version)), "train", COLUMNS)


def found(rows: Any, policy: Policy) -> set[str]:
    return silent_groups(rows, policy, pairwise_accuracy, tries=2, max_tokens=16, seed=0, progress=lambda *_: None)


def silent_by_hand(rows: Any, policy: Policy) -> set[str]:
    found = set()
    for row in rows:
        seeds = [first_seed(0, f"silent {row['group_id']}") + i for i in range(2)]
        answers = [each.text for each in generate(policy, [row["prompt"]] * 2, seeds=seeds, max_tokens=16)]
        said = [[{"role": "assistant", "content": text}] for text in answers]
        earned = pairwise_accuracy([row["prompt"]] * 2, said, correct=[row["correct"]] * 2)
        found |= {row["group_id"]} if earned[0] == earned[1] else set()
    return found


def test_silent_groups_are_those_whose_answers_earn_the_same(rows: Any, policy: Policy) -> None:
    silent = silent_by_hand(rows, policy)
    assert 0 < len(silent) < len(rows)
    assert found(rows, policy) == silent


def test_a_share_of_them_stays_drawn_by_seed(rows: Any) -> None:
    names = set(rows["group_id"])
    silent = set(sorted(names)[::2])
    none, half, again, other = (
        set(keep_share(rows, silent, *how)["group_id"]) for how in ((0.0, 0), (0.5, 0), (0.5, 0), (0.5, 1))
    )
    assert none == names - silent
    assert none < half < names
    assert half == again != other
    assert set(keep_share(rows, silent, 1.0, 0)["group_id"]) == names


def test_a_run_says_how_many_were_left_out(small_version: Path, tmp_path: Path) -> None:
    small = ("generation_batch_size=8", "per_device_train_batch_size=8", "num_generations=2")
    settings = TrainSettings(
        ref=str(small_version),
        model="micro",
        output=tmp_path / "m",
        preset="micro",
        overrides=small,
        max_steps=1,
        keep_silent=0.0,
    )
    done = rank(settings)
    data = json.loads((done.path / "run.json").read_text())["dataset"]
    assert data["keep_silent"] == 0.0
    assert data["silent"] > 0
    assert f"{data['silent']} of the groups without gradient left out" in (done.path / "README.md").read_text()


@pytest.mark.parametrize(("share", "said"), [(1.5, "from 0 to 1"), (0.5, "only ranking knows silent groups")])
def test_a_share_that_means_nothing_is_refused(small_version: Path, tmp_path: Path, share: float, said: str) -> None:
    settings = TrainSettings(
        ref=str(small_version), model="micro", output=tmp_path / "m", preset="micro", keep_silent=share
    )
    with pytest.raises(RecipeError, match=said):
        imitate(settings)
    assert not (tmp_path / "m").exists()


def test_too_few_that_stay_are_told(small_version: Path, tmp_path: Path) -> None:
    settings = TrainSettings(
        ref=str(small_version),
        model="micro",
        output=tmp_path / "m",
        preset="micro",
        overrides=("num_generations=2", "generation_batch_size=64", "per_device_train_batch_size=64"),
        keep_silent=0.0,
    )
    with pytest.raises(TrainingError, match="too few groups"):
        rank(settings)
