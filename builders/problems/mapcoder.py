"""MapCoder's APPS-150 (arXiv 2405.11403): rows with a description, and tests as text.

In: rows with id, description and test_list. Out: ``stdio`` problems. Many come from Codewars and have starter code, the
head of a function, yet MapCoder asks for programs that read standard input and print, and so do the tests: each
argument is a line, and the result is what ``print`` makes of it. The starter code is left out, because who completes
only that reads no input.
"""

from typing import Any

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Style, Visibility
from dualset.builders.problems.rows import Row

__all__ = ["parse_mapcoder"]


def parse_mapcoder(row: Row) -> Problem:
    """One row."""
    return Problem(
        problem_id="",
        source="mapcoder",
        source_id=row.name("id"),
        statement=row.text("description"),
        style=Style.STDIO,
        tests=tuple(_test(row, item) for item in row.items("test_list")),
        difficulty=row.maybe_text("difficulty"),
        license="MIT",
    )


def _test(row: Row, item: Any) -> Test:
    """The one expected output stands in a list; it is text, or a value of Python."""
    if not isinstance(item, dict):
        raise row.error("'test_list' must hold objects with input and output")
    case = Row(where=row.where, data=item)
    outputs = case.items("output")
    if len(outputs) != 1:
        raise row.error(f"a test has {len(outputs)} outputs, not one")
    return Test(input=case.text("input"), expected=str(outputs[0]), visibility=Visibility.PRIVATE)
