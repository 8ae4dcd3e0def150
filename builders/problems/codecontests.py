"""Contest problems as a statement and its tests: the CodeContests and Codeforces files of agentica-project/rllm.

In: rows with problem and tests, either ``{"inputs": [...], "outputs": [...]}`` or a list of ``{"input", "output"}``.
Out: ``stdio`` problems. The rows have no names, so they are called by their place in the file.
"""

from typing import Any

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Style, Visibility
from dualset.builders.problems.rows import Row

__all__ = ["parse_codecontests"]


def parse_codecontests(row: Row) -> Problem:
    """One row."""
    return Problem(
        problem_id="",
        source="codecontests",
        source_id=row.where,
        statement=row.text("problem"),
        style=Style.STDIO,
        tests=tuple(_test(row, given, expected) for given, expected in _pairs(row)),
    )


def _pairs(row: Row) -> list[tuple[Any, Any]]:
    tests = row.data.get("tests")
    if isinstance(tests, dict):
        columns = Row(where=row.where, data=tests)
        inputs, outputs = columns.items("inputs"), columns.items("outputs")
        if len(inputs) != len(outputs):
            raise row.error(f"has {len(inputs)} inputs but {len(outputs)} outputs")
        return list(zip(inputs, outputs, strict=True))
    if not all(isinstance(item, dict) for item in row.items("tests")):
        raise row.error("'tests' must hold objects with input and output")
    return [(item.get("input"), item.get("output")) for item in row.items("tests")]


def _test(row: Row, given: Any, expected: Any) -> Test:
    if not isinstance(given, str) or not isinstance(expected, str):
        raise row.error("the input and output of a test must be texts")
    return Test(input=given, expected=expected, visibility=Visibility.PRIVATE)
