"""A window of release days: which problems a set holds, and what is said of the others."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.errors import RecipeError, SourceError
from dualset.builders.problems.load import load_problems
from dualset.builders.problems.problem_set import ProblemSet
from dualset.builders.problems.settings import ProblemSettings

DAYS = ["2025-01-31T23:59:59", "2025-02-01T00:00:00", "2025-05-31T23:00:00", "2025-06-01T00:00:00", None]
SPRING = {"since": date(2025, 2, 1), "until": date(2025, 5, 31)}


def problems(folder: Path, days: Sequence[str | None], limit: int | None = None, **window: date) -> ProblemSet:
    rows = [
        {"problem_id": f"p{n}", "statement": str(n), "style": "stdio", "tests": [], "released_at": day}
        for n, day in enumerate(days)
    ]
    path = folder / "problems.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return load_problems(ProblemSettings(source="jsonl", path=str(path), limit=limit, **window))


def test_both_days_are_inside_and_what_is_left_out_is_counted_and_known(tmp_path: Path) -> None:
    found = problems(tmp_path, DAYS, **SPRING)
    assert [p.problem_id for p in found.problems] == ["p1", "p2"]
    assert (found.counts["problems_outside_window"], found.counts["problems_undated"]) == (2, 1)
    assert found.remarks == (
        "2 problems were not released from 2025-02-01 to 2025-05-31 and are left out",
        "1 problems have no release day and are left out",
    )
    assert found.left_out_names == {"p0", "p3", "p4"}, "samples of theirs are known, and left out"


def test_without_a_window_nothing_is_left_out_and_nothing_more_is_counted(tmp_path: Path) -> None:
    found = problems(tmp_path, DAYS)
    assert (len(found), found.counts, found.remarks) == (5, {"problem_rows_repeated": 0}, ())


def test_the_limit_counts_problems_of_the_window(tmp_path: Path) -> None:
    found = problems(tmp_path, DAYS, limit=1, **SPRING)
    assert [p.problem_id for p in found.problems] == ["p1"]
    assert (found.outside, found.undated) == (2, 1)


def test_a_window_without_problems_says_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no problem was released from 2030-01-01: 4 were at other times, 1 have no"):
        problems(tmp_path, DAYS, since=date(2030, 1, 1))


def test_a_window_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        RecipeError, match=r"problems.since is 2025-05-31: expected .* not after problems.until, 2025-02-01"
    ):
        problems(tmp_path, DAYS, since=date(2025, 5, 31), until=date(2025, 2, 1))


def test_days_are_those_of_utc(tmp_path: Path) -> None:
    evening = datetime(2025, 2, 1, 1, tzinfo=UTC).astimezone(tz=None) - timedelta(0)
    late = "2025-01-31T23:30:00-02:00"  # the first of February in UTC
    assert len(problems(tmp_path, [late, evening.isoformat()], **SPRING)) == 2


@given(st.lists(st.dates(date(2025, 1, 1), date(2025, 3, 1)), min_size=1, max_size=12), st.data())
def test_windows_side_by_side_share_no_problem_and_lose_none(days: list[date], data: st.DataObject) -> None:
    cut = data.draw(st.sampled_from(days))
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        texts = [day.isoformat() for day in days]
        later = problems(Path(folder), texts, since=cut)
        names = {p.problem_id for p in later.problems}
        assert names == {f"p{n}" for n, day in enumerate(days) if day >= cut}
        assert names | set(later.left_out_names) == {f"p{n}" for n in range(len(days))}


def test_the_real_livecodebench_windows_by_the_days_in_the_official_outputs(data: Path, tmp_path: Path) -> None:
    """The public problem files lack days; joined with those in the outputs, v5's window is where its preset says."""
    days: dict[str, str] = {}
    for path in sorted((data / "livecodebench/outputs").glob("*.json")):
        days |= {row["question_id"]: row["contest_date"] for row in json.loads(path.read_text())}
    found = {}
    for path in sorted((data / "livecodebench/problems_public_tests").glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        dated = tmp_path / path.name
        dated.write_text("".join(json.dumps(row | {"contest_date": days[row["question_id"]]}) + "\n" for row in rows))
        found[path.stem] = _in_window(dated)
    assert found == {
        "refined_test": 0,
        "refined_test2": 0,
        "refined_test3": 12,
        "refined_test4": 100,
        "refined_test5": 10,  # these rows are the first ten of 167
    }, "12 + 100 + 167 are the 279 problems of v5"


def _in_window(path: Path) -> int:
    window = {"since": date(2024, 8, 1), "until": date(2025, 2, 28)}
    try:
        return len(load_problems(ProblemSettings(source="livecodebench", path=str(path), **window)))
    except SourceError:
        return 0
