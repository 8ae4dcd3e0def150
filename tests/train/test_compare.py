"""Runs are compared by their records: what should be the same and is not is named, and then it is not clean."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dualset.builders.errors import TrainingError
from dualset.cli import cli
from dualset.train.compare import compare
from dualset.train.folder import FORMAT
from dualset.train.imitate import imitate
from dualset.train.lineage import chain
from dualset.train.rank import rank
from dualset.train.settings import TrainSettings

RECORD: dict[str, Any] = {
    "format": FORMAT,
    "kind": "rank",
    "base_model": {"name": "org/base", "revision": "a" * 40},
    "dataset": {
        **{"revision": "b" * 64, "split": "train", "rows": 50, "dropped": 2},
        **{"groups": 50, "groups_digest": "cafe", "rows_per_step": 16},
    },
    "metrics": {},
    "reward": "pairwise_accuracy",
    "settings": {"seed": 0},
    "versions": {"trl": "1.16.0"},
    "steps": 90,
    "finished": "2026-01-01T00:00:00+00:00",
}


def run(folder: Path, name: str, **more: Any) -> Path:
    (folder / name).mkdir()
    (folder / name / "run.json").write_text(json.dumps(RECORD | more))
    return folder / name


def imitated(folder: Path, name: str = "sft", **data: Any) -> Path:
    targets = {"from": "own", "groups": 50, "right": 40}
    return run(folder, name, kind="imitate", reward=None, targets=targets, dataset=RECORD["dataset"] | data)


def test_runs_that_differ_in_what_is_compared_only_are_clean(tmp_path: Path) -> None:
    found = compare([run(tmp_path, "dust"), imitated(tmp_path, rows=40), run(tmp_path, "two", settings={"seed": 1})])
    assert found.differences == ()
    assert [(r["run"], r["kind"], r["by"], r["rows"], r["seed"]) for r in found.runs] == [
        ("dust", "rank", "pairwise_accuracy", 50, 0),
        ("sft", "imitate", "own", 40, 0),
        ("two", "rank", "pairwise_accuracy", 50, 1),
    ]


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (
            {"base_model": {"name": "org/base", "revision": "c" * 40}},
            "base model: dust org/base@aaaaaaaaaaaa, other org",
        ),
        ({"dataset": RECORD["dataset"] | {"revision": "d" * 64}}, "dataset revision: dust bbbbbbbbbbbb, other dddd"),
        ({"dataset": RECORD["dataset"] | {"split": "test"}}, "split: dust train, other test"),
        ({"dataset": RECORD["dataset"] | {"rows_per_step": 4}}, "groups or problems seen: dust 1440, other 360"),
        (
            {"dataset": RECORD["dataset"] | {"groups_digest": "beef"}},
            "groups of bbbbbbbbbbbb: dust 50 (cafe; 2 too long), ",
        ),
        (
            {"dataset": RECORD["dataset"] | {"groups_digest": None}},
            "groups of bbbbbbbbbbbb: dust 50 (cafe; 2 too long), ",
        ),
        ({"versions": {"trl": "1.15.0"}}, "versions: dust trl 1.16.0, other trl 1.15.0"),
    ],
)
def test_what_should_be_the_same_is_named(tmp_path: Path, more: dict[str, Any], named: str) -> None:
    folders = [run(tmp_path, "dust"), run(tmp_path, "other", **more)]
    [said] = compare(folders).differences
    assert said.startswith(named)
    told = CliRunner().invoke(cli, ["train", "compare", *map(str, folders)])
    assert told.exit_code == 1
    assert f"not the same: {named}" in told.stderr
    assert "not a clean comparison" in told.stderr


def test_the_command_prints_a_table_or_json(tmp_path: Path) -> None:
    folders = [str(run(tmp_path, "dust")), str(imitated(tmp_path))]
    shown = CliRunner().invoke(cli, ["train", "compare", *folders])
    assert shown.exit_code == 0
    assert shown.stdout.splitlines()[0].split()[:3] == ["run", "kind", "by"]
    told = json.loads(CliRunner().invoke(cli, ["train", "compare", *folders, "--json"]).stdout)
    assert told["clean"] is True
    assert [r["kind"] for r in told["runs"]] == ["rank", "imitate"]


def test_generating_sees_problems_and_not_groups(tmp_path: Path) -> None:
    problems = RECORD["dataset"] | {"rows": 400, "dropped": 0}
    assert compare([run(tmp_path, "a"), run(tmp_path, "b", kind="generate", dataset=problems)]).differences == ()


def test_what_is_no_finished_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="1 run given"):
        compare([run(tmp_path, "a")])
    with pytest.raises(TrainingError, match="b holds an unfinished run"):
        compare([tmp_path / "a", run(tmp_path, "b", finished=None)])
    with pytest.raises(TrainingError, match="c holds no run of dualset"):
        compare([tmp_path / "a", tmp_path / "c"])


def chained(folder: Path, name: str, *before: dict[str, Any], **more: Any) -> Path:
    """A run whose base was made by runs before it."""
    first = {"origin": RECORD["base_model"], "before": list(before)}
    return run(folder, name, base_model={"name": "models/before", "revision": "e" * 64}, **first, **more)


def stage(**more: Any) -> dict[str, Any]:
    return chain(RECORD | {"steps": 30} | more)[0]


def test_a_chain_is_compared_as_one_run_from_its_first_base(tmp_path: Path) -> None:
    sft = stage(kind="imitate", reward=None, targets={"from": "labels", "groups": 50})
    found = compare([run(tmp_path, "dust"), chained(tmp_path, "both", sft, steps=60)])
    assert found.differences == ()
    assert (found.runs[1]["kind"], found.runs[1]["by"], found.runs[1]["steps"]) == (
        "imitate, rank",
        "labels, pairwise_accuracy",
        90,
    )


def test_rounds_count_as_the_version_they_began_with(tmp_path: Path) -> None:
    other = RECORD["dataset"] | {"revision": "d" * 64, "parents": ["b" * 64], "rows": 44}
    refresh = chained(tmp_path, "refresh", stage(), dataset=other, steps=60)
    found = compare([run(tmp_path, "dust"), refresh])
    assert found.differences == ()
    assert (found.runs[1]["revision"], found.runs[1]["versions"], found.runs[1]["rows"]) == ("b" * 12, 2, 50)


def test_a_chain_that_went_on_with_other_data_is_not_clean(tmp_path: Path) -> None:
    other = RECORD["dataset"] | {"revision": "d" * 64, "parents": []}
    strayed = chained(tmp_path, "strayed", stage(), dataset=other, steps=60)
    [said] = compare([run(tmp_path, "dust"), strayed]).differences
    assert said == "versions of one chain: strayed bbbbbbbbbbbb then dddddddddddd, which was not made from it"


def test_filtered_groups_are_a_difference_wherever_in_a_chain(tmp_path: Path) -> None:
    filtered = RECORD["dataset"] | {"rows": 30, "groups": 30, "groups_digest": "f00d", "silent": 20, "keep_silent": 0.0}
    expected = "50 (cafe; 2 too long), fewer 30 (f00d; 2 too long, 0% of the silent ones kept)"
    [said] = compare([run(tmp_path, "dust"), run(tmp_path, "fewer", dataset=filtered)]).differences
    assert said == f"groups of bbbbbbbbbbbb: dust {expected}"
    written = stage(kind="generate", reward="execution", steps=30)
    later = chained(tmp_path, "later", written, dataset=filtered, steps=60)
    [said] = compare([tmp_path / "dust", later]).differences
    assert said.startswith("groups of bbbbbbbbbbbb: dust 50 (cafe")


def test_fewer_steps_are_fewer_groups_seen(tmp_path: Path) -> None:
    differences = compare([run(tmp_path, "dust"), run(tmp_path, "other", steps=60)]).differences
    assert differences == ("optimizer steps: dust 90, other 60", "groups or problems seen: dust 1440, other 960")


@pytest.mark.parametrize(
    "broken", [{"steps": None}, {"base_model": {}}, {"before": "x"}, {"before": [{}]}, {"dataset": 1}]
)
def test_a_record_that_lacks_what_is_read_is_none(tmp_path: Path, broken: dict[str, Any]) -> None:
    with pytest.raises(TrainingError, match="no run of dualset"):
        compare([run(tmp_path, "dust"), run(tmp_path, "broken", **broken)])


@pytest.mark.slow
def test_a_real_chain_is_recorded(small_version: Path, constant_model: Path, tiny_model: Path, tmp_path: Path) -> None:
    def settings(model: Path, name: str, *more: str) -> TrainSettings:
        return TrainSettings(
            ref=str(small_version),
            model=str(model),
            output=tmp_path / name,
            preset="micro",
            max_steps=1,
            overrides=more,
        )

    first = imitate(settings(constant_model, "sft", "per_device_train_batch_size=4"))
    small = ("generation_batch_size=8", "per_device_train_batch_size=8", "num_generations=2")
    last = rank(settings(first.path, "both", *small, "max_completion_length=12"))
    record = json.loads((last.path / "run.json").read_text())
    assert record["origin"]["name"] == constant_model.name
    assert [each["kind"] for each in chain(record)] == ["imitate", "rank"]
    assert compare([first.path, last.path]).differences[0] == "optimizer steps: sft 1, both 2"
    (first.path / "model.safetensors").write_bytes((tiny_model / "model.safetensors").read_bytes())
    other = rank(settings(first.path, "other", *small, "max_completion_length=12"))
    assert json.loads((other.path / "run.json").read_text())["before"] == []  # those are not the run's weights
    with pytest.raises(TrainingError, match="would write over"):
        rank(replace(settings(last.path, "both", *small), overwrite=True))
    assert (last.path / "model.safetensors").exists()
    card = (last.path / "README.md").read_text()
    assert f"| 1 | imitate | labels | small@{small_version.name[:12]} | 1 |" in card
