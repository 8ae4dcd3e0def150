"""What reward models see, on the page of a version."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sample_version import tiny_version

from dualset.builders.dataset.store import Version
from dualset.eval.page.compose import version_page
from dualset.eval.page.page import html
from dualset.eval.page.parts import Figure, Page, Section, Table
from dualset.sql.scores import SCHEMA


def scores(version: Version, path: Path, models: int) -> Path:
    """Right programs score 1, wrong ones 0: every model is always right."""
    labels = list(version.rows("labels", columns=["problem_id", "program_id", "passed"]))
    rows = [
        {"model": f"rm-{number}", "model_revision": "0123456789abcdef", "score": float(bool(label["passed"]))}
        | {"problem_id": label["problem_id"], "program_id": label["program_id"], "tokens": 9, "cut": False}
        | {"valid": True, "dataset": f"{version.name}@{version.revision}"}
        for number in range(models)
        for label in labels
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path)
    return path


def section(page: Page) -> Section:
    [found] = [each for each in page.sections if each.anchor == "reward-models"]
    return found


def test_each_model_has_its_auc_its_near_misses_and_its_calibration(tmp_path: Path) -> None:
    version = tiny_version(tmp_path)
    page = version_page(version, {}, scores=[scores(version, tmp_path / "s.parquet", 1)])
    auc, near, sure = section(page).parts
    assert isinstance(auc, Figure)
    assert isinstance(near, Table)
    assert isinstance(sure, Figure)
    assert auc.numbers.rows[0][0] == "all"
    assert {row[-1] for row in auc.numbers.rows} == {1.0}
    assert {row[3] for row in near.rows} == {1.0}
    [bin_] = sure.numbers.rows
    assert bin_[3:] == (0.7311, 1.0)  # sigmoid of 1
    assert "rm-0@0123456789ab" in html(page)


def test_models_that_are_left_out_are_counted(tmp_path: Path) -> None:
    version = tiny_version(tmp_path)
    page = version_page(version, {}, scores=[scores(version, tmp_path / "s.parquet", 8)])
    assert "2 more models are not on this page" in section(page).said


def test_without_scores_there_is_no_section(tmp_path: Path) -> None:
    assert "reward-models" not in [each.anchor for each in version_page(tiny_version(tmp_path), {}).sections]
