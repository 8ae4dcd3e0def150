"""The checks before training: each refusal says the numbers and what to change."""

from pathlib import Path

import pytest
from datasets import Dataset

from dualset.builders.errors import TrainingError
from dualset.train.folder import FORMAT, check_folder, open_folder, write_record
from dualset.train.rows import check_enough, keep_fitting


def test_rows_that_do_not_fit_stop_the_run_unless_they_are_to_be_left_out() -> None:
    rows = Dataset.from_dict({"n": [0, 1, 2]})
    with pytest.raises(
        TrainingError, match=r"1 of 3 rows are longer than 10 tokens \(context; longest 11\): leave them"
    ):
        keep_fitting(rows, [10, 11, 3], 10, drop_long=False, why="context")
    kept = keep_fitting(rows, [10, 11, 3], 10, drop_long=True, why="context")
    assert (kept.rows["n"][:], kept.n_dropped, kept.longest) == ([0, 2], 1, 10)
    assert keep_fitting(rows, [10, 11, 3], None, drop_long=False, why="").n_dropped == 0


def test_leaving_out_every_row_is_not_an_answer() -> None:
    with pytest.raises(TrainingError, match="none fits"):
        keep_fitting(Dataset.from_dict({"n": [0]}), [11], 10, drop_long=True, why="context")


def test_too_few_rows_say_how_many_are_needed() -> None:
    check_enough(4, 4, "one step", "x=4")
    with pytest.raises(TrainingError, match=r"3, but one step needs 4: .* \(--set x=3\)"):
        check_enough(3, 4, "one step", "x=3")


def test_a_finished_run_is_written_over_only_when_asked(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    open_folder(folder, overwrite=False)
    data = {"revision": "r", "split": "train", "rows": 1, "dropped": 0}
    record = {"format": FORMAT, "kind": "rank", "settings": {}, "base_model": {"name": "x", "revision": None}}
    write_record(folder, record | {"dataset": data, "finished": None})
    open_folder(folder, overwrite=False)  # an unfinished one is in nobody's way
    write_record(folder, record | {"dataset": data, "finished": "2026-01-01", "steps": 1, "metrics": {}})
    with pytest.raises(TrainingError, match="finished on 2026-01-01: add --overwrite"):
        open_folder(folder, overwrite=False)
    open_folder(folder, overwrite=True)
    assert not list(folder.iterdir())


def test_what_is_no_run_is_never_removed(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("...")
    for overwrite in (False, True):
        with pytest.raises(TrainingError, match="holds no run"):
            open_folder(tmp_path, overwrite=overwrite)
    (tmp_path / "run.json").write_text('{"somebody": "elses"}')
    with pytest.raises(TrainingError, match="holds no run"):
        check_folder(tmp_path, overwrite=True)
    assert (tmp_path / "thesis.tex").exists()
