"""Codeforces as open-r1 has it (open-r1/codeforces): official tests as far as the site shows them, limits, checkers.

In: rows with id, title, description, input_format, output_format, examples, official_tests, official_tests_complete,
input_mode, interaction_format, generated_checker, time_limit (s), memory_limit (MB), contest_start, rating, tags. Out:
``stdio`` problems. The site cuts tests above some 400 characters, and those are not there: such a problem has the tag
``incomplete-tests``. An interactive one, and one that reads a file, has no tests and the tag ``unreadable-tests``. Left
out: the 110 GB of generated tests that lie beside, and references (they are in open-r1/codeforces-submissions).
"""

from datetime import UTC, datetime

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Style, Visibility
from dualset.builders.problems.codecontests import columns
from dualset.builders.problems.problem_set import INCOMPLETE_TESTS, UNREADABLE_TESTS
from dualset.builders.problems.rows import Row

__all__ = ["checker_of", "parse_codeforces"]

_CHECKER = """\
python
import contextlib
import io
import sys

SOURCE = {source!r}
NAMES = ("input.txt", "correct_output.txt", "solution_output.txt")


def says(texts):
    files = dict(zip(NAMES, texts))

    def opened(path, mode="r", *rest, **more):
        text = files[str(path)]
        return io.BytesIO(text.encode()) if "b" in mode else io.StringIO(text)

    said = io.StringIO()
    sys.argv = ["checker.py", *NAMES]
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        exec(compile(SOURCE, "checker.py", "exec"), {{"__name__": "__main__", "open": opened}})
    return float((said.getvalue().split() or ["nothing"])[0]) == 1


def check(input, expected, actual):
    try:
        return says((input, expected, actual))
    except Exception:
        if says((input, expected, expected)):
            return False
        raise
"""


def parse_codeforces(row: Row) -> Problem:
    """One row."""
    examples = [_plain(pair) for pair in columns(row, "examples", "input", "output")]
    official = [_plain(pair) for pair in columns(row, "official_tests", "input", "output")]
    unreadable = bool(row.maybe_text("interaction_format")) or (row.maybe_text("input_mode") or "stdio") != "stdio"
    complete = bool(official) and row.data.get("official_tests_complete") is True
    start, rating = row.maybe_int("contest_start", 64), row.maybe_int("rating")
    memory, limit = row.maybe_float("memory_limit"), row.maybe_float("time_limit")
    checker = row.maybe_text("generated_checker")
    return Problem(
        problem_id="",
        source="codeforces",
        source_id=row.text("id"),
        title=row.maybe_text("title"),
        statement=_statement(row, examples),
        style=Style.STDIO,
        tests=() if unreadable else _tests(examples, official),
        difficulty=None if rating is None else str(rating),
        released_at=None if start is None else datetime.fromtimestamp(start, UTC).replace(tzinfo=None),
        tags=(
            *row.texts("tags"),
            *((UNREADABLE_TESTS,) if unreadable else () if complete else (INCOMPLETE_TESTS,)),
        ),
        time_limit_s=limit or None,
        memory_limit_mb=int(memory) if memory else None,
        license="CC-BY-4.0",
        checker=checker_of(checker) if checker and not unreadable else None,
    )


def checker_of(source: str) -> str:
    """A checker program of open-r1's form as ours.

    Theirs is started with the paths of input, right output and answer, and prints 1 or 0; its files are texts here.
    Where it breaks down over an answer, but takes the right output, the answer is wrong; where it does not even take
    that, it decides nothing.
    """
    return _CHECKER.format(source=source)


def _plain(pair: tuple[str, str]) -> tuple[str, str]:
    """Without the site's Windows line ends."""
    given, expected = pair
    return given.replace("\r\n", "\n"), expected.replace("\r\n", "\n")


def _tests(examples: list[tuple[str, str]], official: list[tuple[str, str]]) -> tuple[Test, ...]:
    """The official tests, of which the first are the examples as a rule; the examples where there is none."""
    shown = {given.strip() for given, _ in examples}
    return tuple(
        Test(
            input=given,
            expected=expected,
            visibility=Visibility.PUBLIC if given.strip() in shown else Visibility.PRIVATE,
        )
        for given, expected in official or examples
    )


def _statement(row: Row, examples: list[tuple[str, str]]) -> str:
    parts = [row.maybe_text("title") and f"# {row.text('title')}", row.maybe_text("description")]
    for name, column in (("Input", "input_format"), ("Output", "output_format"), ("Interaction", "interaction_format")):
        text = row.maybe_text(column)
        parts.append(f"## {name}\n{text.strip()}" if text else None)
    for number, (given, expected) in enumerate(examples, start=1):
        parts.append(f"## Example {number}\nInput:\n```\n{given.strip()}\n```\nOutput:\n```\n{expected.strip()}\n```")
    note = row.maybe_text("note")
    parts.append(f"## Note\n{note.strip()}" if note else None)
    return "\n\n".join(part.strip() for part in parts if part)
