"""Contest problems as a statement and its tests: CodeContests as the Hub has it, and agentica-project/rllm's files.

In: rows of deepmind/code_contests (arXiv 2203.07814: name, description, public_tests, private_tests, generated_tests,
solutions, limits); or rows with problem and tests, either ``{"inputs": [...], "outputs": [...]}`` or a list of
``{"input", "output"}``, which have no names and are called by their place in the file. Out: ``stdio`` problems. One
that reads a file of its own stays without tests, because programs are given standard input here.
"""

from collections.abc import Iterator
from typing import Any

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Origin, Style, Visibility
from dualset.builders.problems.problem_set import UNREADABLE_TESTS
from dualset.builders.problems.rows import Row

__all__ = ["columns", "parse_codecontests"]

_KINDS = (
    ("public_tests", Visibility.PUBLIC, Origin.OFFICIAL),
    ("private_tests", Visibility.PRIVATE, Origin.OFFICIAL),
    ("generated_tests", Visibility.PRIVATE, Origin.GENERATED),
)
_SITES = ("", "codechef", "codeforces", "hackerearth", "codejam", "atcoder", "aizu")
_PYTHON_3 = 3
_MOST_REFERENCES = 3


def parse_codecontests(row: Row) -> Problem:
    """One row."""
    if "description" in row.data:
        return _from_the_hub(row)
    return Problem(
        problem_id="",
        source="codecontests",
        source_id=row.where,
        statement=row.text("problem"),
        style=Style.STDIO,
        tests=tuple(
            Test(input=given, expected=expected, visibility=Visibility.PRIVATE)
            for given, expected in columns(row, "tests", "inputs", "outputs")
        ),
    )


def _from_the_hub(row: Row) -> Problem:
    """The references are the first three right programs in Python 3; a limit of 0 and a rating of 0 are unknown."""
    in_a_file = any(row.maybe_text(column) for column in ("input_file", "output_file"))
    site = row.maybe_int("source") or 0
    rating, memory = row.maybe_int("cf_rating"), row.maybe_int("memory_limit_bytes", 64)
    return Problem(
        problem_id="",
        source="codecontests",
        source_id=row.text("name"),
        title=row.text("name"),
        statement=row.text("description"),
        style=Style.STDIO,
        tests=() if in_a_file else tuple(_tests(row)),
        reference_solutions=tuple(_python(row)),
        difficulty=str(rating) if rating else None,
        tags=(
            *(_SITES[site : site + 1] if site > 0 else ()),
            *filter(None, row.texts("cf_tags")),
            *((UNREADABLE_TESTS,) if in_a_file else ()),
        ),
        time_limit_s=_seconds(row),
        memory_limit_mb=memory // 2**20 if memory and memory >= 2**20 else None,
        license="CC-BY-4.0",
    )


def _tests(row: Row) -> Iterator[Test]:
    for column, visibility, origin in _KINDS:
        for given, expected in columns(row, column, "input", "output"):
            yield Test(input=given, expected=expected, visibility=visibility, origin=origin)


def columns(row: Row, column: str, one: str, other: str) -> list[tuple[str, str]]:
    """Pairs of texts: a struct of two lists, a list of structs with input and output, or nothing where it is null."""
    value = row.data.get(column)
    if value is None and column != "tests":
        return []
    if isinstance(value, dict):
        table = Row(where=row.where, data=value)
        pairs = [table.items(one), table.items(other)]
        if len(pairs[0]) != len(pairs[1]):
            raise row.error(f"has {len(pairs[0])} inputs but {len(pairs[1])} outputs")
        return [_pair(row, given, expected) for given, expected in zip(*pairs, strict=True)]
    if not all(isinstance(item, dict) for item in row.items(column)):
        raise row.error(f"{column!r} must hold objects with input and output")
    return [_pair(row, item.get("input"), item.get("output")) for item in row.items(column)]


def _pair(row: Row, given: Any, expected: Any) -> tuple[str, str]:
    if not isinstance(given, str) or not isinstance(expected, str):
        raise row.error("the input and output of a test must be texts")
    return given, expected


def _python(row: Row) -> list[str]:
    """The first programs in Python 3 that the contest's judge took."""
    value = row.data.get("solutions")
    if value is None:
        return []
    if isinstance(value, dict):
        table = Row(where=row.where, data=value)
        told = list(zip(table.items("language"), table.items("solution"), strict=False))
    else:
        told = [(item.get("language"), item.get("solution")) for item in row.items("solutions")]
    return [code for language, code in told if language == _PYTHON_3 and isinstance(code, str)][:_MOST_REFERENCES]


def _seconds(row: Row) -> float | None:
    """The limit, which protobuf has as seconds and nanos."""
    value = row.data.get("time_limit")
    if not isinstance(value, dict):
        return None
    limit = Row(where=row.where, data=value)
    seconds, nanos = limit.maybe_int("seconds", 64) or 0, limit.maybe_int("nanos", 64) or 0
    return (seconds + nanos / 1e9) or None
