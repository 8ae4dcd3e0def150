"""Our own format: the columns of the problems table, of which problem_id, statement, style and tests are required.

In: rows of JSON. A test of style ``stdio`` has text ``input`` and ``expected``; ``call`` has JSON text, ``input`` an
array of positional arguments and ``expected`` a value; ``assert`` has ``code``. Out: problems that keep the id they
were given; test ids are made anew. Unknown columns are refused, so that a misspelt one is not lost.
"""

import json
from dataclasses import fields
from enum import StrEnum
from typing import Any

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Origin, Split, Style, Visibility
from dualset.builders.errors import did_you_mean
from dualset.builders.problems.rows import Row

__all__ = ["parse_jsonl"]

_COLUMNS = {field.name for field in fields(Problem)}
_TEST_COLUMNS = {field.name for field in fields(Test)}
_NEEDED = {Style.STDIO: ("input", "expected"), Style.CALL: ("input", "expected"), Style.ASSERT: ("code",)}


def parse_jsonl(row: Row) -> Problem:
    """One row, every column checked."""
    _known(row, _COLUMNS)
    style = Style(_word(row, "style", Style))
    problem_id = row.text("problem_id")
    if not problem_id.strip():
        raise row.error("'problem_id' is empty")
    entry_point = row.maybe_text("entry_point")
    if style is Style.CALL and not entry_point:
        raise row.error("style 'call' needs an 'entry_point': the function that the tests call")
    return Problem(
        problem_id=problem_id,
        source=row.maybe_text("source") or "jsonl",
        source_id=row.maybe_text("source_id") or problem_id,
        split=Split(_word(row, "split", Split)) if row.data.get("split") is not None else None,
        title=row.maybe_text("title"),
        statement=row.text("statement"),
        style=style,
        starter_code=row.maybe_text("starter_code"),
        entry_point=entry_point,
        tests=tuple(_test(row, number, item, style) for number, item in enumerate(row.items("tests"), start=1)),
        reference_solutions=row.texts("reference_solutions"),
        difficulty=row.maybe_text("difficulty"),
        released_at=row.maybe_time("released_at"),
        tags=row.texts("tags"),
        time_limit_s=row.maybe_float("time_limit_s"),
        memory_limit_mb=row.maybe_int("memory_limit_mb"),
        license=row.maybe_text("license"),
        checker=row.maybe_text("checker"),
    )


def _test(row: Row, number: int, item: Any, style: Style) -> Test:
    where = f"{row.where}, test {number}"
    test = Row(where=where, data=item if isinstance(item, dict) else {})
    if not isinstance(item, dict):
        raise test.error("must be a JSON object")
    _known(test, _TEST_COLUMNS)
    for column in ("input", "expected", "code"):
        if column in _NEEDED[style]:
            test.text(column)
        elif test.data.get(column) is not None:
            raise test.error(f"style {style.value!r} has no {column!r}")
    if style is Style.CALL:
        _json_call(test)
    return Test(
        input=test.maybe_text("input"),
        expected=test.maybe_text("expected"),
        code=test.maybe_text("code"),
        visibility=Visibility(_word(test, "visibility", Visibility, Visibility.PUBLIC)),
        origin=Origin(_word(test, "origin", Origin, Origin.OFFICIAL)),
    )


def _json_call(test: Row) -> None:
    """Both texts of a call test are JSON, the input an array."""
    test.json("expected")
    arguments = test.json("input")
    if not isinstance(arguments, list):
        raise test.error(
            f"'input' must be a JSON array of the arguments, such as [1, \"a\"], not {json.dumps(arguments)}"
        )


def _known(row: Row, columns: set[str]) -> None:
    for name in row.data:
        if name not in columns:
            raise row.error(f"unknown column {name!r}: {did_you_mean(name, columns)}")


def _word(row: Row, key: str, words: type[StrEnum], default: str | None = None) -> str:
    value = row.maybe_text(key) if default is not None else row.text(key)
    if value is None:
        return str(default)
    if value not in list(words):
        raise row.error(f"{key!r} is {value!r}: {did_you_mean(value, [str(word) for word in words])}")
    return value
