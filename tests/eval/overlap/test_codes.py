"""When two programs are the same one, and which are too small to say anything."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from overlap_version import problem, version_of

from dualset.eval.overlap.codes import form_of
from dualset.eval.overlap.same_codes import MIN_NODES, CodeIndex, Program, programs

SIEVE = """
def sieve(n):
    composite = [False] * (n + 1)
    for p in range(2, n + 1):
        if not composite[p]:
            for multiple in range(p * p, n + 1, p):
                composite[multiple] = True
    return [p for p in range(2, n + 1) if not composite[p]]
"""
DRESSED = '''
import math
from typing import List
LIMIT: int = 5

def helper(x):
    return math.sqrt(x)

class Node:
    pass

def sieve(n: int) -> List[int]:
    """All primes up to n."""
    composite: list = [False] * (n+1)   # nothing is crossed out yet
    for p in range( 2, n+1 ):
        if not composite[p]:
            for multiple in range(p*p, n+1, p): composite[multiple] = True

    return ([p for p in range(2, n+1)
             if not composite[p]])

assert sieve(3) == [2, 3]
'''


def test_comments_layout_annotations_imports_and_unused_helpers_do_not_count() -> None:
    assert form_of(SIEVE, "sieve") == form_of(DRESSED, "sieve")


@pytest.mark.parametrize(
    ("before", "after"),
    [("range(2, n + 1)", "range(3, n + 1)"), ("composite", "crossed"), ("not composite", "composite")],
)
def test_constants_names_and_structure_count(before: str, after: str) -> None:
    assert form_of(SIEVE, "sieve") != form_of(SIEVE.replace(before, after), "sieve")


def test_what_is_reached_counts_through_any_number_of_steps() -> None:
    one = "K = 3\ndef a(x):\n    return b(x)\ndef b(x):\n    return c(x) + K\ndef c(x):\n    return x\n"
    assert form_of(one, "a") != form_of(one.replace("K = 3", "K = 4"), "a")
    assert form_of(one, "a") != form_of(one.replace("    return x\n", "    return -x\n"), "a")
    assert form_of(one, "c") == form_of("def c(x): return x", "c")


def test_a_script_is_what_it_runs() -> None:
    script = "def f(x):\n    return x * 2\ndef unused(): pass\nn = int(input())\nprint(f(n))\n"
    assert form_of(script, None) == form_of(script.replace("def unused(): pass\n", ""), None)
    assert form_of(script, None) != form_of(script.replace("print(f(n))", "print(f(f(n)))"), None)
    assert form_of("if True:\n    import sys\nprint(1)", None) != form_of("print(1)", None)


def test_an_entry_point_that_is_bound_in_another_way_or_nowhere() -> None:
    assert form_of("f = lambda x: x + 1\nprint(f(2))", "f") == form_of("f = lambda x: x+1", "f")
    nowhere = form_of("def g(x): return x", "f")
    assert nowhere is not None
    assert nowhere == form_of("def g(x): return x", "f")
    assert nowhere.nodes == 6


@pytest.mark.parametrize("code", ["print 1", "def f(:", "\x00", "int main() { return 0; }", "(" * 5000, "x" * 300_000])
def test_what_is_not_python_has_no_form(code: str) -> None:
    assert form_of(code, None) is None


@pytest.mark.parametrize("code", ["x = " + "-" * 3000 + "1", "x = " + "+".join(["1"] * 5000), "\ud800", "", "# no"])
def test_odd_texts_do_no_harm(code: str) -> None:
    form = form_of(code, None)
    assert form is None or form.nodes >= 1


def lookup(index: CodeIndex, code: str, entry_point: str | None = None) -> dict[str, dict[int, set[bytes]]]:
    return index.find(iter([Program("theirs", code, entry_point, None)]))


def of(*codes: str, entry_point: str | None = None, starter: str | None = None) -> CodeIndex:
    given = [Program(f"p{i}", code, entry_point, starter) for i, code in enumerate(codes)]
    return CodeIndex(iter(given), {each.problem_id: i for i, each in enumerate(given)})


def test_programs_are_found_by_their_form() -> None:
    index = of(SIEVE, "broken(", entry_point="sieve")
    assert (index.n_forms, index.n_trivial, index.n_unparsed) == (1, 0, 1)
    assert {train: set(found) for train, found in lookup(index, DRESSED, "sieve").items()} == {"theirs": {0}}
    assert lookup(index, DRESSED.replace("False", "0"), "sieve") == {}


@pytest.mark.parametrize(
    "code",
    [
        "a, b = map(int, input().split())\nprint(a + b)",
        "n = int(input())\na = list(map(int, input().split()))\nprint(sum(a))",
        "def add(x, y):\n    return x + y",
        "class Solution:\n    def size(self, items):\n        return len(items)",
        "# YOUR CODE HERE",
    ],
)
def test_trivial_programs_do_not_count(code: str) -> None:
    """``# YOUR CODE HERE`` is the answer to 15 problems of LiveCodeBench by its five models."""
    index = of(code)
    assert (index.n_forms, index.n_trivial) == (0, 1)
    assert lookup(index, code) == {}


def test_the_limit_is_where_it_is_said_to_be() -> None:
    terms = next(k for k in range(1, 40) if (f := form_of("print(" + " + x" * k + ")", None)) and f.nodes >= MIN_NODES)
    for k, counted in ((terms - 1, 0), (terms, 1)):
        code = "print(" + " + x" * k + ")"
        form = form_of(code, None)
        assert form is not None
        assert (form.nodes >= MIN_NODES) == bool(counted)
        assert of(code).n_forms == counted


@pytest.mark.parametrize("starter", [SIEVE, SIEVE + "\n\ndef solve(n):\n    "])
def test_the_starter_code_alone_does_not_count(starter: str) -> None:
    index = of(SIEVE if starter == SIEVE else starter + "pass", starter=starter)
    assert (index.n_forms, index.n_trivial) == (0, 1)


NAMES = st.sampled_from(["a", "b", "ﬁle", "straße", "x1", "_", "K", "total"])
LINES = st.lists(st.tuples(NAMES, NAMES, NAMES), min_size=1, max_size=4)


@given(st.lists(LINES, max_size=6), LINES)
def test_the_filter_before_parsing_loses_nothing(ours: list[list[tuple[str, str, str]]], theirs: list) -> None:
    def code(lines: list[tuple[str, str, str]]) -> str:
        return "\n".join(f"{a} = f'{{{b}!r}}' + {c}.{a}({b}={c}, key=lambda {b}: [{a}, {c}, {b}])" for a, b, c in lines)

    index = of(*map(code, ours))
    expected = {
        i
        for i, each in enumerate(ours)
        if _counts(code(each)) and form_of(code(each), None) == form_of(code(theirs), None)
    }
    assert set(lookup(index, code(theirs)).get("theirs", {})) == expected


def _counts(code: str) -> bool:
    form = form_of(code, None)
    return form is not None and form.nodes >= MIN_NODES


def test_programs_are_references_and_distinct_candidates(home: Path) -> None:
    problems = [problem("p1", "one", entry_point="f", reference_solutions=("r = 1",)), problem("p2", "two")]
    version = version_of(home, "v", problems, {"p1": ["a", "b", "a"], "p2": ["a"]})
    found = [(each.problem_id, each.code, each.entry_point) for each in programs(version, None)]
    assert found == [("p1", "r = 1", "f"), ("p1", "a", "f"), ("p1", "b", "f"), ("p2", "a", None)]
    assert not list(programs(version, "test"))
