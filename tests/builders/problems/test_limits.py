"""A file of time limits: read strictly, written whole, and the same after a round trip."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.errors import SourceError
from dualset.builders.problems.limits import with_limits, write_limits
from dualset.builders.problems.load import load_problems
from dualset.builders.problems.problem_set import ProblemSet
from dualset.builders.problems.settings import ProblemSettings


def problems(folder: Path, limit: int | None = None) -> ProblemSet:
    rows = [
        {"problem_id": name, "statement": name, "style": "stdio", "tests": [], "time_limit_s": 7.0} for name in "abc"
    ]
    path = folder / "problems.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return load_problems(ProblemSettings(source="jsonl", path=str(path), limit=limit))


def test_the_file_goes_before_the_source_and_leaves_the_rest(tmp_path: Path) -> None:
    write_limits({"c": 2.0, "a": 0.5}, tmp_path / "limits.jsonl")
    assert (tmp_path / "limits.jsonl").read_text() == (
        '{"problem_id": "a", "time_limit_s": 0.5}\n{"problem_id": "c", "time_limit_s": 2.0}\n'
    )
    limited = with_limits(problems(tmp_path), tmp_path / "limits.jsonl")
    assert [(p.problem_id, p.time_limit_s) for p in limited.problems] == [("a", 0.5), ("b", 7.0), ("c", 2.0)]
    assert limited.named("a") == limited.problems[0], "the set's index knows the limits too"


def test_limits_of_problems_beyond_the_recipes_limit_are_no_mistake(tmp_path: Path) -> None:
    write_limits({"a": 1.0, "c": 2.0}, tmp_path / "limits.jsonl")
    limited = with_limits(problems(tmp_path, limit=1), tmp_path / "limits.jsonl")
    assert [p.time_limit_s for p in limited.problems] == [1.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"problem_id": "x", "time_limit_s": 1}', "limits.jsonl line 1: no problem 'x'"),
        ('{"problem_id": "a", "time_limit_s": 0}', "must be seconds above 0, not 0.0"),
        ('{"problem_id": "a", "time_limit_s": -1}', "must be seconds above 0, not -1.0"),
        ('{"problem_id": "a", "time_limit_s": "1"}', "must be a finite number"),
        ('{"problem_id": "a", "time_limit_s": 1e999}', "must be a finite number"),
        ('{"problem_id": "a"}', "must be seconds above 0, not None"),
        ('{"time_limit_s": 1}', "no 'problem_id'"),
        ('{"problem_id": "a", "time_limit": 1}', "unknown column 'time_limit': did you mean 'time_limit_s'?"),
        ('{"problem_id": "a", "time_limit_s": 1}\n{"problem_id": "a", "time_limit_s": 2}', "a second limit for 'a'"),
        ('{"problem_id": "a", "time_li', "not JSON"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "limits.jsonl"
    path.write_text(text + "\n")
    with pytest.raises(SourceError) as caught:
        with_limits(problems(tmp_path), path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="--write-limits"):
        with_limits(problems(tmp_path), tmp_path / "limits.jsonl")


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "limits.jsonl").mkdir()
    with pytest.raises(SourceError, match="cannot write the limits"):
        write_limits({"a": 1.0}, tmp_path / "limits.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["limits.jsonl"]


@given(limits=st.dictionaries(st.sampled_from("abc"), st.floats(min_value=1e-6, max_value=1e9)))
def test_limits_are_the_same_after_a_round_trip(
    tmp_path_factory: pytest.TempPathFactory, limits: dict[str, float]
) -> None:
    folder = tmp_path_factory.mktemp("limits")
    write_limits(limits, folder / "limits.jsonl")
    read = with_limits(problems(folder), folder / "limits.jsonl")
    assert {p.problem_id: p.time_limit_s for p in read.problems} == {"a": 7.0, "b": 7.0, "c": 7.0} | limits
