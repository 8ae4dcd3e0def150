"""The tests in one text that a model wrote for a problem: one assert or one pair of input and expected output each.

In: a problem and a text. Out: `Test` records in the order written, and for what is none of them a `Reason`. Each is
read alone, so that a malformed one costs nothing but itself. By the problem's style:

``assert``
    every single ``assert`` statement that runs the entry point and whose truth its form does not tell.
``call``
    such an assert that compares one call with literal arguments with a literal: as JSON.
``stdio``
    fenced blocks, two by two: what is read, then what must be printed.

What stands before ``</think>`` is no answer. The problem's own tests are never looked at.
"""

import json
from collections.abc import Iterator
from dataclasses import replace

from dualset.builders.candidates.extract import extract_code
from dualset.builders.dataset.records import Problem, Test, with_test_ids
from dualset.builders.dataset.words import Origin, Style, Visibility
from dualset.builders.generated.asserts import fault_of, normal_form, one_assert
from dualset.builders.generated.calls import Pair, as_call, json_pair
from dualset.builders.generated.fences import fenced_blocks
from dualset.builders.generated.reasons import Reason
from dualset.builders.generated.statements import LONGEST_STATEMENT, statements
from dualset.builders.problems.python_text import MAX_PARSED_CHARS

__all__ = ["LONGEST_PAIR", "LONGEST_TEXT", "MOST_TESTS", "parse_tests", "read_code", "read_pair", "read_tests"]

LONGEST_TEXT = MAX_PARSED_CHARS
"""Characters of a text that are read."""
MOST_TESTS = 1_000
"""Asserts or pairs of one text that are looked at."""
LONGEST_PAIR = 100_000
"""Characters of an input, and of an expected output or value."""

_GENERATED = Test(visibility=Visibility.PRIVATE, origin=Origin.GENERATED)
"""Nobody who writes a program sees it, and nobody vouches for it."""

_THINK, _THINK_END = "<think>", "</think>"


def parse_tests(problem: Problem, text: str) -> list[Test]:
    """The tests that a text holds, in order, repeated ones as often as they are written."""
    return [found for found in read_tests(problem, text) if isinstance(found, Test)]


def read_tests(problem: Problem, text: str, *, cut: bool = False) -> Iterator[Test | Reason]:
    """The tests of a text, and a reason for everything that is none.

    Args:
        problem: style and entry point are looked at, nothing else.
        text: a completion, whole.
        cut: it ended at its token limit: a test that reaches up to its end may lack a digit, and is none.
    """
    if _THINK in text and extract_code(text).kind == "unclosed_think":
        yield Reason.UNCLOSED_THINK
        return
    said = _plain(text[text.rfind(_THINK_END) + len(_THINK_END) :] if _THINK_END in text else text)
    whole = len(said) <= LONGEST_TEXT
    read = _pairs if problem.style is Style.STDIO else _asserts
    number = 0
    for number, found in enumerate(read(problem, said[:LONGEST_TEXT], cut or not whole), start=1):
        if number > MOST_TESTS:
            break
        yield found
    if not whole or number > MOST_TESTS:
        yield Reason.TOO_LONG
    elif not number:
        yield Reason.NO_TEST


def read_code(problem: Problem, code: str) -> Test | Reason:
    """One assert, given as it is, for a problem of style ``assert`` or ``call``."""
    code = _plain(code).strip()
    if len(code) > LONGEST_STATEMENT:
        return Reason.TOO_LONG
    tree = one_assert(code)
    if tree is None:
        return Reason.MALFORMED
    if fault := fault_of(tree.test, problem.entry_point):
        return fault
    if problem.style is Style.CALL:
        pair = as_call(tree.test, problem.entry_point or "")
        return (
            Reason.NOT_JSON if pair is None else _named(replace(_GENERATED, input=pair.input, expected=pair.expected))
        )
    normal = normal_form(tree.test)
    return Reason.MALFORMED if normal is None else _named(replace(_GENERATED, code=normal))


def read_pair(problem: Problem, given: str, expected: str) -> Test | Reason:
    """An input and what is expected for it: text for style ``stdio``, JSON for ``call``."""
    given, expected = _plain(given), _plain(expected)
    if max(len(given), len(expected)) > LONGEST_PAIR:
        return Reason.TOO_LONG
    if problem.style is Style.CALL:
        return _json_test(given, expected)
    if not expected.strip():
        return Reason.EMPTY_EXPECTED
    return _named(replace(_GENERATED, input=_ended(given), expected=_ended(expected)))


def _asserts(problem: Problem, text: str, cut: bool) -> Iterator[Test | Reason]:
    for statement in statements(text):
        if statement.refused:
            yield statement.refused
        elif statement.ends and cut:
            yield Reason.CUT
        else:
            yield read_code(problem, statement.text)


def _pairs(problem: Problem, text: str, cut: bool) -> Iterator[Test | Reason]:
    """Pairs of blocks. An odd number is no pair: every later one would take an output for an input."""
    blocks = fenced_blocks(text)
    texts = blocks.texts
    if blocks.open:
        texts = texts[: len(texts) // 2 * 2]
    elif len(texts) % 2:
        yield Reason.UNPAIRED
        return
    yield from (read_pair(problem, *texts[i : i + 2]) for i in range(0, len(texts), 2))
    if blocks.open:
        yield Reason.CUT


def _json_test(given: str, expected: str) -> Test | Reason:
    try:
        arguments, value = json.loads(given), json.loads(expected)
    except (ValueError, RecursionError):
        return Reason.MALFORMED
    if not isinstance(arguments, list):
        return Reason.MALFORMED
    return _called(json_pair(arguments, value))


def _called(pair: Pair | None) -> Test | Reason:
    return Reason.NOT_JSON if pair is None else _named(replace(_GENERATED, input=pair.input, expected=pair.expected))


def _named(test: Test) -> Test:
    """With its id: the same in every problem and version."""
    return with_test_ids((test,))[0]


def _plain(text: str) -> str:
    """Line ends as Python reads them, and nothing that UTF-8 cannot hold."""
    return text.encode(errors="replace").decode().replace("\r\n", "\n").replace("\r", "\n")


def _ended(text: str) -> str:
    """With one line end at its end, where there is anything."""
    text = text.rstrip()
    return f"{text}\n" if text else ""
