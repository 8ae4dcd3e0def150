"""Programs to imitate: right ones by their labels, or a verifier's choice whatever the labels say."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dualset.builders.dataset.store import Version, open_version
from dualset.builders.errors import QueryError, RecipeError, TrainingError
from dualset.sql.scores import SCHEMA
from dualset.train.imitate import imitate
from dualset.train.program_targets import program_rows
from dualset.train.settings import TrainSettings


@pytest.fixture(scope="module")
def version(small_version: Path) -> Version:
    return open_version(str(small_version))


def scores(path: Path, version: Version, score: Any, revisions: tuple[str, ...] = ("a",)) -> Path:
    """A file of scores of every program, by ``score(program_id)``."""
    rows = list(version.rows("labels", columns=["problem_id", "program_id"]))
    made = [
        {
            "model": "m",
            "model_revision": revisions[i % len(revisions)],
            "problem_id": row["problem_id"],
            "program_id": row["program_id"],
            "score": float(score(row["program_id"])),
            "tokens": 9,
            "cut": False,
            "valid": True,
            "dataset": f"{version.name}@{version.revision}",
        }
        for i, row in enumerate(rows)
    ]
    pq.write_table(pa.Table.from_pylist(made, schema=SCHEMA), path)
    return path


def told(version: Version, rows: Any) -> list[bool]:
    """Whether each answer is a program of its problem that passes."""
    labels = {row["program_id"]: row["passed"] for row in version.rows("labels", columns=["program_id", "passed"])}
    right = {
        (row["problem_id"], row["code"].rstrip()): labels[row["program_id"]]
        for row in version.rows("candidates", columns=["problem_id", "code", "program_id"])
    }
    said = [answer[-1]["content"] for answer in rows["completion"][:]]
    codes = [text.removeprefix("```python\n").removesuffix("\n```") for text in said]
    return [right[key] for key in zip(rows["problem_id"][:], codes, strict=True)]


def test_one_right_program_of_each_problem_that_has_one(version: Version) -> None:
    targets = program_rows(version, "train", "programs", least=None, seed=0)
    rows = targets.rows
    assert all(told(version, rows))
    assert len(set(rows["problem_id"][:])) == len(rows) <= targets.n_groups
    labels = version.rows("labels", split="train", columns=["problem_id", "passed"])
    assert set(rows["problem_id"][:]) == {row["problem_id"] for row in labels if row["passed"]}
    assert rows["completion"][:] != program_rows(version, "train", "programs", least=None, seed=1).rows["completion"][:]
    again = program_rows(version, "train", "programs", least=None, seed=0).rows
    assert rows["completion"][:] == again["completion"][:]


def test_a_verifiers_choice_is_taken_whatever_its_label(version: Version, tmp_path: Path) -> None:
    labels = {row["program_id"]: row["passed"] for row in version.rows("labels", columns=["program_id", "passed"])}
    worst = scores(tmp_path / "scores.parquet", version, lambda name: not labels[name])
    rows = program_rows(version, "train", f"programs:{worst}", least=None, seed=0).rows
    assert not any(told(version, rows)[:3])  # each of these problems has a wrong program
    best = scores(tmp_path / "best.parquet", version, labels.__getitem__)
    kept = program_rows(version, "train", f"programs:{best}", least=0.5, seed=0).rows
    assert all(told(version, kept))


def test_what_cannot_be_is_one_line(version: Version, tmp_path: Path) -> None:
    low = scores(tmp_path / "low.parquet", version, lambda name: 0)
    with pytest.raises(TrainingError, match=r"scores 0\.5 or more: nothing to imitate"):
        program_rows(version, "train", f"programs:{low}", least=0.5, seed=0)
    two = scores(tmp_path / "two.parquet", version, lambda name: 0, ("a", "b"))
    with pytest.raises(QueryError, match="scores of 2 models, which do not compare"):
        program_rows(version, "train", f"programs:{two}", least=None, seed=0)
    with pytest.raises(QueryError, match="cannot read the scores in"):
        program_rows(version, "train", f"programs:{tmp_path / 'none.parquet'}", least=None, seed=0)
    some = tmp_path / "some.parquet"
    pq.write_table(pq.read_table(low).slice(0, 3), some)
    with pytest.raises(QueryError, match=r"has no score for \d+ of \d+ programs in the train split"):
        program_rows(version, "train", f"programs:{some}", least=None, seed=0)
    text = tmp_path / "text.parquet"
    pq.write_table(pa.table({"program_id": ["a"], "score": ["high"]}), text)
    with pytest.raises(QueryError, match="expected what"):
        program_rows(version, "train", f"programs:{text}", least=None, seed=0)
    with pytest.raises(RecipeError, match="with no file after the colon"):
        program_rows(version, "train", "programs:", least=None, seed=0)
    with pytest.raises(RecipeError, match=r"min-score is 0\.5, but programs are chosen by their labels"):
        program_rows(version, "train", "programs", least=0.5, seed=0)


@pytest.mark.slow
def test_the_record_says_which_programs(small_version: Path, version: Version, tmp_path: Path) -> None:
    file = scores(tmp_path / "scores.parquet", version, lambda name: 1)
    done = imitate(
        TrainSettings(
            ref=str(small_version),
            model="micro",
            output=tmp_path / "m",
            preset="micro",
            overrides=("per_device_train_batch_size=4",),
            max_steps=2,
            targets=f"programs:{file}",
            min_score=0.5,
        )
    )
    record = json.loads((done.path / "run.json").read_text())["targets"]
    assert record["from"].startswith("programs:scores.parquet (")
    assert record["from"].endswith("), 0.5 or more")
    assert str(tmp_path) not in (done.path / "run.json").read_text()
    card = (done.path / "README.md").read_text()
    assert "to write programs like chosen ones" in card
    assert f"the best by the scores of scores.parquet ({record['from'].split('(')[1]}" in card
