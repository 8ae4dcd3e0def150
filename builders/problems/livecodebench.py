"""LiveCodeBench's format: code_generation_lite as the Hub has it, and the same rows with public tests only.

In: rows with question_id, question_title, question_content, starter_code, public_test_cases and, on the Hub,
private_test_cases, contest_date, platform and metadata. Out: problems of style ``stdio``, or ``call`` where the tests
are functional: their input is one JSON value a line, one line an argument.
"""

import json
from typing import Any

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Style, Visibility
from dualset.builders.problems.packed_tests import unpack_tests
from dualset.builders.problems.python_text import entry_point_of
from dualset.builders.problems.rows import Row

__all__ = ["parse_livecodebench"]


def parse_livecodebench(row: Row) -> Problem:
    """One row. A problem without tests is a problem: nothing can be said about its programs."""
    public = [(item, Visibility.PUBLIC) for item in _cases(row, row.json("public_test_cases"))]
    private = [(item, Visibility.PRIVATE) for item in _cases(row, _private(row))]
    starter = row.maybe_text("starter_code") or ""
    kinds = {item.text("testtype") for item, _ in public + private} or {"functional" if starter.strip() else "stdin"}
    if kinds not in ({"stdin"}, {"functional"}):
        raise row.error(f"its tests are of the types {', '.join(sorted(kinds))}: expected either stdin or functional")
    style = Style.STDIO if kinds == {"stdin"} else Style.CALL
    platform = row.maybe_text("platform")
    return Problem(
        problem_id="",
        source="livecodebench",
        source_id=row.name("question_id"),
        title=row.maybe_text("question_title"),
        statement=row.text("question_content"),
        style=style,
        starter_code=starter or None,
        entry_point=entry_point_of(starter, _function_name(row)) if style is Style.CALL else None,
        tests=tuple(_test(item, visibility, style) for item, visibility in public + private),
        difficulty=row.maybe_text("difficulty"),
        released_at=row.maybe_time("contest_date"),
        tags=(platform,) if platform else (),
    )


def _private(row: Row) -> Any:
    packed = row.maybe_text("private_test_cases")
    if not packed:
        return []
    if packed.lstrip().startswith("["):
        return row.json("private_test_cases")
    try:
        return json.loads(unpack_tests(packed))
    except (ValueError, RecursionError) as error:
        raise row.error(f"'private_test_cases' cannot be decoded ({error})") from error


def _cases(row: Row, value: Any) -> list[Row]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise row.error("its tests must be a JSON list of objects with input, output and testtype")
    return [Row(where=f"{row.where}, test {number}", data=item) for number, item in enumerate(value, start=1)]


def _test(item: Row, visibility: Visibility, style: Style) -> Test:
    given, expected = item.text("input"), item.text("output")
    if style is Style.STDIO:
        return Test(input=given, expected=expected, visibility=visibility)
    lines = [line for line in given.split("\n") if line.strip()]
    for line in (*lines, expected):
        try:
            json.loads(line)
        except ValueError as error:
            raise item.error(f"a functional test holds {line[:60]!r}, which is not JSON") from error
    return Test(input=f"[{', '.join(lines)}]", expected=expected.strip(), visibility=visibility)


def _function_name(row: Row) -> str | None:
    metadata = row.json("metadata") if row.maybe_text("metadata") else {}
    name = metadata.get("func_name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else None
