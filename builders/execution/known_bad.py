"""Programs that are wrong whatever the problem: where one passes, the tests or the checker accept anything.

In: a problem. Out: the programs, by kind:

- ``empty``: no code at all;
- ``constant``: the same answer to everything. Two programs with different answers, of which one at most can be right:
  tests that take both for right ask nothing;
- ``first_line``: right but for the end: of each expected text the first line, where some have more; for tests that
  call a function, of each expected list the first element.

Left out: the first element for assert tests, whose expectations are code.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Style
from dualset.builders.execution.asserts import names_read
from dualset.builders.execution.compare import lines_of

__all__ = ["KnownBad", "known_bad"]

_TEXTS = ("dualset", "0")
_VALUES = ("'dualset'", "None")
_LONGEST = 10_000
_PRINT = """\
import hashlib, sys
answers = {answers!r}
print(answers[hashlib.sha256(sys.stdin.buffer.read()).hexdigest()])
"""
_LOOK_UP = """\
import hashlib, json
answers = {answers!r}
def look_up(args):
    return json.loads(answers[hashlib.sha256(json.dumps(args, sort_keys=True).encode()).hexdigest()])
"""


class KnownBad(NamedTuple):
    """A wrong program and what is wrong with it. Of several of a kind, one at most may pass."""

    kind: str
    code: str


def known_bad(problem: Problem) -> Iterator[KnownBad]:
    """The wrong programs for a problem."""
    yield KnownBad("empty", "")
    if problem.style == Style.STDIO:
        yield from (KnownBad("constant", f"print({text!r})\n") for text in _TEXTS)
        if any(len(lines_of(test.expected or "")) > 1 for test in problem.tests):
            yield KnownBad("first_line", _first_lines(problem))
        return
    yield from (KnownBad("constant", _returning(_entries(problem), value)) for value in _VALUES)
    if problem.style == Style.CALL and (code := _first_elements(problem)):
        yield KnownBad("first_line", code)


def _first_lines(problem: Problem) -> str:
    answers = {}
    for test in problem.tests:
        given = (test.input or "").encode("utf-8", "surrogateescape")
        answers[hashlib.sha256(given).hexdigest()] = lines_of(test.expected or "")[0][:_LONGEST]
    return _PRINT.format(answers=answers)


def _first_elements(problem: Problem) -> str | None:
    """None where no test expects a list of several elements."""
    pairs = [_pair(test) for test in problem.tests]
    if not any(isinstance(expected, list) and len(expected) > 1 for _, expected in pairs):
        return None
    answers = {}
    for given, expected in pairs:
        answer = json.dumps(expected[:1] if isinstance(expected, list) else expected)
        key = hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()
        answers[key] = answer if len(answer) <= _LONGEST else "null"
    return _LOOK_UP.format(answers=answers) + _returning(_entries(problem), "look_up(list(args))")


def _pair(test: Test) -> tuple[Any, Any]:
    """Input and expectation; nothing where they cannot be read, which running the problem will say."""
    try:
        return json.loads(test.input or ""), json.loads(test.expected or "")
    except (ValueError, RecursionError):
        return None, None


def _entries(problem: Problem) -> list[str]:
    """What the tests call; where the problem does not say, every name in them that may be the program's."""
    if problem.entry_point:
        return [problem.entry_point]
    return sorted({name for test in problem.tests for name in names_read(test.code or "")})


def _returning(entries: list[str], value: str) -> str:
    """A program whose every entry point, ``f`` or ``Class().method``, returns the value of an expression."""
    made = []
    for entry in entries:
        head, _, method = entry.partition("().")
        if method:
            made.append(f"class {head}:\n    def {method}(self, *args, **named):\n        return {value}\n")
        else:
            made.append(f"def {head}(*args, **named):\n    return {value}\n")
    return "".join(made)
