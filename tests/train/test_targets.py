"""What is imitated: only right rankings, whoever gave them, and groups without one are counted."""

import json
from pathlib import Path
from typing import Any

import pytest

from dualset.builders.candidates.generate import load_policy
from dualset.builders.errors import SourceError, TrainingError
from dualset.builders.groups.ranking import parse_ranking
from dualset.builders.progress import silent
from dualset.eval.metrics import pairwise_accuracy
from dualset.train.imitate import imitate
from dualset.train.settings import TrainSettings
from dualset.train.targets import own_answers, read_answers, with_answers


def rows() -> Any:
    import datasets

    chat = [{"role": "user", "content": "Rank."}]
    return datasets.Dataset.from_dict(
        {
            "group_id": ["a", "b", "c"],
            "correct": [[True, False], [False, True], [True, False]],
            "prompt": [chat] * 3,
            "completion": [[{"role": "assistant", "content": "1, 2"}]] * 3,
        }
    )


def answers(folder: Path, *lines: tuple[str, str]) -> Path:
    path = folder / "answers.jsonl"
    path.write_text("".join(json.dumps({"group_id": name, "answer": said}) + "\n" for name, said in lines))
    return path


def test_of_somebody_elses_answers_the_first_right_one_is_kept(tmp_path: Path) -> None:
    path = answers(
        tmp_path, ("a", "2, 1"), ("a", "Hm.\n1, 2"), ("a", "1, 2"), ("b", "1, 2"), ("c", "1 2"), ("z", "1, 2")
    )
    kept, n = with_answers(rows(), read_answers(rows(), path))
    assert (kept["group_id"][:], n) == (["a"], 3)
    assert kept["completion"][0] == [{"role": "assistant", "content": "Hm.\n1, 2"}]
    assert set(kept.column_names) == {"group_id", "correct", "prompt", "completion"}


@pytest.mark.parametrize("line", ["{", "[]", '{"group_id": "a"}', '{"group_id": "a", "answer": 3}'])
def test_a_torn_line_is_named(tmp_path: Path, line: str) -> None:
    path = answers(tmp_path, ("a", "1, 2"))
    with path.open("a") as file:
        file.write(line)
    with pytest.raises(SourceError, match=r"answers\.jsonl line 2"):
        read_answers(rows(), path)


def test_no_right_answer_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="none of 3 groups has a right answer"):
        with_answers(rows(), read_answers(rows(), answers(tmp_path, ("a", "2, 1"))))
    with pytest.raises(SourceError, match="cannot read the answers"):
        read_answers(rows(), tmp_path / "nowhere.jsonl")


@pytest.mark.slow
def test_own_answers_are_right_and_the_seed_decides_them(small_version: Path) -> None:
    from dualset.builders.dataset.store import open_version
    from dualset.train.rows import load_groups

    columns = ("prompt", "completion", "group_id", "correct")
    groups = load_groups(open_version(str(small_version)), "train", columns).select(range(8))
    policy = load_policy("micro", device="cpu")

    def sampled(tries: int, seed: int) -> dict[str, str]:
        said = own_answers(groups, policy, tries=tries, max_tokens=16, seed=seed, progress=silent)
        kept, n = with_answers(groups, said)
        assert n == 8
        for row in kept:
            order = parse_ranking(row["completion"][0]["content"], len(row["correct"]))
            assert order is not None
            assert pairwise_accuracy(order, row["correct"]) == 1.0
        return {row["group_id"]: row["completion"][0]["content"] for row in kept}

    once, often = sampled(1, 0), sampled(12, 0)
    assert 0 < len(once) < len(often)
    assert once.items() <= often.items()
    assert sampled(12, 0) == often
    assert sampled(12, 1) != often


@pytest.mark.slow
def test_the_record_says_whose_answers_were_imitated(small_version: Path, tmp_path: Path) -> None:
    settings = TrainSettings(
        ref=str(small_version),
        model="micro",
        output=tmp_path / "m",
        preset="micro",
        overrides=("per_device_train_batch_size=4",),
        max_steps=2,
        targets="own",
        answer_tokens=16,
    )
    done = imitate(settings)
    told = json.loads((done.path / "run.json").read_text())["targets"]
    assert 0 < told["right"] <= told["groups"]
    assert told == {"from": "own", "tries": 8, "answer_tokens": 16, **{k: told[k] for k in ("right", "groups")}}
    said = f"the base model's own answers that order all pairs right: {told['right']} of {told['groups']} groups"
    assert said in (done.path / "README.md").read_text()
