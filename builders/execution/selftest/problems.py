"""The small problems that the corpus is written for, by name; and how to make such a problem.

A test's text may hold ``{VAULT}``, a secret made anew for each program: only the driver knows it, so a program that
passes ``UNTOLD`` has found the expected value somewhere.
"""

from collections.abc import Mapping
from dataclasses import replace

from dualset.builders.dataset.records import Problem, Test, with_test_ids
from dualset.builders.dataset.words import Style
from dualset.builders.execution.settings import LabelSettings

__all__ = ["PROBLEMS", "QUICK", "asserts", "call", "filled", "problem", "stdio"]

QUICK = LabelSettings(timeout_s=0.5, memory_mb=64, output_kb=256)
"""Limits small enough for a corpus whose programs go to their limits."""


def problem(style: str, *tests: Test, entry_point: str | None = None, **columns: object) -> Problem:
    """A problem of nothing but tests."""
    return Problem(
        problem_id="p",
        source="jsonl",
        source_id="p",
        statement="",
        style=Style(style),
        entry_point=entry_point,
        tests=with_test_ids(tests),
        **columns,  # type: ignore[arg-type]
    )


def stdio(*pairs: tuple[str, str], **columns: object) -> Problem:
    """Tests of text in, text out."""
    tests = [Test(input=given, expected=wanted) for given, wanted in pairs]
    return problem("stdio", *tests, entry_point=None, **columns)


def call(*pairs: tuple[str, str], entry_point: str = "f", **columns: object) -> Problem:
    """Tests of arguments in, result out, both JSON."""
    tests = [Test(input=given, expected=wanted) for given, wanted in pairs]
    return problem("call", *tests, entry_point=entry_point, **columns)


def asserts(*blocks: str) -> Problem:
    """Tests that are code; the entry point is ``f``."""
    return problem("assert", *[Test(code=block) for block in blocks], entry_point="f")


def filled(its: Problem, values: Mapping[str, str]) -> Problem:
    """The problem with what its tests leave open filled in."""

    def fill(text: str | None) -> str | None:
        for name, value in values.items():
            text = text and text.replace(name, value)
        return text

    tests = [replace(t, input=fill(t.input), expected=fill(t.expected), code=fill(t.code)) for t in its.tests]
    return replace(its, tests=with_test_ids(tuple(tests)))


_ADD = stdio(("1 2\n", "3\n"), ("30 -4\n", "26\n"), ("0 0\n", "0\n"))
_TOTAL = call(("[[1, 2, 3]]", "6"), ("[[]]", "0"), ("[[5]]", "5"))
_NEXT = asserts("assert f(1) == 2", "for i in range(5):\n    assert f(i) == i + 1", "assert f(-1) == 0")
_TOLERANT = "assert abs(f(1.0) - 2.0) < 1e-6"

PROBLEMS = {
    # print the sum of two numbers
    "ADD": _ADD,
    # f(xs) is the sum of xs
    "TOTAL": _TOTAL,
    # f(x) is x + 1; the second test needs a judge
    "NEXT": _NEXT,
    "NEXT_BY_TOLERANCE": asserts(_TOLERANT, _NEXT.tests[1].code or "", "assert math.isclose(f(3.0), 4.0)"),
    # the same with one test, for programs that go to a limit in each
    **{f"ONE_{name}": replace(its, tests=its.tests[:1]) for name, its in (("ADD", _ADD), ("TOTAL", _TOTAL))},
    "ONE_NEXT": replace(_NEXT, tests=_NEXT.tests[1:2]),
    # the same with time to meet another limit first
    "SLOW_ADD": replace(_ADD, tests=_ADD.tests[:1], time_limit_s=10.0),
    "SLOW_TOTAL": replace(_TOTAL, tests=_TOTAL.tests[:1], time_limit_s=10.0),
    # print the numbers from 1 to n, one a line
    "LINES": stdio(("3\n", "1\n2\n3\n"), ("1\n", "1\n"), ("5\n", "1\n2\n3\n4\n5\n")),
    # print the negative numbers; there are none
    "SILENT": stdio(("1 2\n", ""), ("7\n", "\n"), ("\n", "")),
    # print a / b to six digits
    "RATIO": stdio(("1 3\n", "0.333333\n"), ("2 4\n", "0.5\n"), ("-7 2\n", "-3.5\n"), checker="float:1e-6"),
    # f(xs) is xs sorted
    "SORTED": call(("[[3, 1, 2]]", "[1, 2, 3]"), ("[[]]", "[]"), ("[[2, 2]]", "[2, 2]")),
    # f(x) is whether x is even
    "EVEN": call(("[2]", "true"), ("[3]", "false"), ("[0]", "true")),
    # f(word) is the word in capitals
    "CAPITALS": call(('["ab"]', '"AB"'), ('[""]', '""'), ('["x y"]', '"X Y"')),
    # f(g, x) is g applied twice to x
    "TWICE": asserts("assert f(lambda x: x * 3, 2) == 18", "seen = []\nassert f(seen.append, 7) is None\nassert seen"),
    # the answer is told, and not told
    "TOLD": stdio(("{VAULT}\n", "{VAULT}\n")),
    "TOLD_CALL": call(('["{VAULT}"]', '"{VAULT}"')),
    "TOLD_JUDGED": asserts("for word in ['{VAULT}']:\n    assert f(word) == word"),
    "UNTOLD": stdio(("\n", "{VAULT}\n")),
    "UNTOLD_CALL": call(("[]", '"{VAULT}"')),
    "UNTOLD_JUDGED": asserts("for word in ['{VAULT}']:\n    assert f() == word"),
    "UNTOLD_LENT": asserts("word = '{VAULT}'\nassert f(lambda it: [it, word][0]) == word"),
}
"""By the name that the corpus calls them by."""
