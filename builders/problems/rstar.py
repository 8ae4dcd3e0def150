"""rStar-Coder's problems with tests (microsoft/rStar-Coder, arXiv 2505.21297): seed_testcase, synthetic_rl_testcase.

In: rows with question_id, question, inputs and outputs (JSON lists as text) and, of seed problems, starter_code,
is_synthesized, func_name and class_name. Out: ``call`` problems where a function is named, else ``stdio``. Tests that
the authors made are ``generated``: of a synthetic problem even their answers are what most of a model's programs said.
Left out: references; those of the seed problems are in seed_sft (``is_passed``). Some rows' tests are torn: such a
problem has none, and the tag ``unreadable-tests``.
"""

import json
from typing import Any

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Origin, Style, Visibility
from dualset.builders.errors import SourceError
from dualset.builders.problems.problem_set import UNREADABLE_TESTS
from dualset.builders.problems.python_text import entry_point_of
from dualset.builders.problems.rows import Row

__all__ = ["parse_rstar"]


def parse_rstar(row: Row) -> Problem:
    """One row."""
    starter, name = row.maybe_text("starter_code") or "", row.maybe_text("func_name") or None
    owner = row.maybe_text("class_name")
    tests = _tests(row, called=name is not None)
    return Problem(
        problem_id="",
        source="rstar-coder",
        source_id=row.name("question_id"),
        statement=row.text("question"),
        style=Style.CALL if name else Style.STDIO,
        starter_code=starter or None,
        entry_point=(f"{owner}().{name}" if owner else entry_point_of(starter, name)) if name else None,
        tests=tests or (),
        tags=(UNREADABLE_TESTS,) if tests is None else (),
        license="CC-BY-4.0",
    )


def _tests(row: Row, *, called: bool) -> tuple[Test, ...] | None:
    """The tests, or None where what the row holds is none: torn JSON, lists that do not fit each other."""
    for column in ("inputs", "outputs"):
        row.text(column)
    try:
        inputs, outputs = _list(row, "inputs"), _list(row, "outputs")
        made = _list(row, "is_synthesized") if row.maybe_text("is_synthesized") else [True] * len(inputs)
        trios = zip(inputs, outputs, made, strict=True)
        return tuple(_test(row, given, expected, called, generated=bool(mark)) for given, expected, mark in trios)
    except (SourceError, ValueError):
        return None


def _list(row: Row, column: str) -> list[Any]:
    value = row.json(column)
    if not isinstance(value, list):
        raise row.error(f"{column!r} must be the JSON text of a list")
    return value


def _test(row: Row, given: Any, expected: Any, called: bool, *, generated: bool) -> Test:
    origin = Origin.GENERATED if generated else Origin.OFFICIAL
    if not called:
        return Test(input=_text(given), expected=_text(expected), visibility=Visibility.PRIVATE, origin=origin)
    arguments = _value(given)
    if not isinstance(arguments, list):
        raise row.error("the input of a function must be a list of its arguments")
    return Test(
        input=json.dumps(arguments),
        expected=json.dumps(_value(expected)),
        visibility=Visibility.PRIVATE,
        origin=origin,
    )


def _text(value: Any) -> str:
    """Standard input and output are texts, or lists of lines as in APPS."""
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def _value(value: Any) -> Any:
    """A function's values are JSON, or JSON within a text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
