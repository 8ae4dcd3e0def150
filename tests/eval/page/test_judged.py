"""Judges beside the groups: six are shown, and the page says how many more there are."""

from pathlib import Path

import pytest
from judged_groups import rankings_of, write_rankings
from sample_version import tiny_version

from dualset.eval.page.compose import version_page
from dualset.eval.page.parts import Group


@pytest.mark.parametrize(
    ("judges", "said"),
    [(6, None), (7, "1 more judge is not on this page"), (9, "3 more judges are not on this page")],
)
def test_judges_that_are_left_out_are_counted(tmp_path: Path, judges: int, said: str | None) -> None:
    version = tiny_version(tmp_path)
    told = [row for row in rankings_of({"groups": list(version.rows("groups"))}) if row["model_revision"] == "0123abcd"]
    rows = [row | {"model": f"judge-{n}"} for row in told for n in range(judges)]
    page = version_page(version, {}, [write_rankings(rows, tmp_path / "said.parquet")])
    groups = [part for each in page.sections for part in each.parts if isinstance(part, Group)]
    assert groups
    for group in groups:
        assert "judge-5" in group.judged
        assert "judge-6" not in group.judged
        assert group.judged.endswith(said) if said else "not on this page" not in group.judged
