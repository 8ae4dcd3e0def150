"""The judge and the program: what a test may hand over, and what a program may not put into a test."""

import pytest
from sandbox_programs import asserts, label, label_all

from dualset.builders.dataset.words import Outcome
from dualset.builders.execution.asserts import read_assert

ADDS_NAMES = """
import sys
Link = sys.modules["dualset.builders.execution.inside.remote"].Link
plain = Link._send
def send(self, operation, number=0, value=None):
    if operation == "ok" and isinstance(value, dict):
        value |= {"range": lambda *a: (), "abs": lambda x: -1, "isinstance": lambda *a: True, "all": lambda x: True}
    return plain(self, operation, number, value)
Link._send = send
def f(x):
    return 0
"""


@pytest.mark.parametrize(
    "test",
    [
        "for i in range(3): assert f(i) == i + 1000",
        "x = f(1)\nassert abs(x - 5) < 1e-6",
        "assert isinstance(f(1), str)",
        "assert all(f(i) == 7 for i in [1, 2])",
    ],
)
def test_a_program_adds_no_names_to_a_test(test: str) -> None:
    assert read_assert(test, "f") is None
    assert label(asserts(test), ADDS_NAMES).passed is False


def test_a_program_that_ends_in_the_middle_ends_so_for_the_first_as_for_all() -> None:
    """The compiler starts with the first program, and must not hold the line to its judge."""
    problem = asserts("for i in [1]: assert f(i) == 1")
    made = label_all([(str(i), problem, f"import os\ndef f(x): os._exit({i + 3})") for i in range(3)])
    assert [its.outcome for its in made.values()] == [Outcome.RUNTIME_ERROR] * 3


@pytest.mark.parametrize("test", ["assert f([1, 2, 3])", "assert f([1, 2]) == 1", "pass\nassert f([1, 2, 3])"])
def test_a_plain_function_goes_before_a_method_of_solution(test: str) -> None:
    code = "class Solution:\n    def f(self, xs, n): return n - 1\ndef f(xs): return Solution().f(xs, len(xs))\n"
    assert label(asserts(test), code).passed is True


@pytest.mark.parametrize(
    ("test", "result"),
    [
        ("assert f() == {frozenset([1, 2])}", "{frozenset([2, 1])}"),
        ("assert f() == {frozenset([1]): 2}", "{frozenset([1]): 2}"),
        ("pass\nassert f({frozenset([1])}) == 1", "len(given[0])"),
        ("assert f(range(3)) == [0, 1, 2]", "list(given[0])"),
        ("pass\nassert f() == range(3)", "range(3)"),
        ("assert f() > {1}", "set(range(5000))"),
        ("assert f() != {1}", "set(range(5000))"),
    ],
)
def test_values_that_are_handed_over(test: str, result: str) -> None:
    made = label(asserts(test), f"def f(*given):\n    return {result}\n")
    assert made.passed is True, made.first_failure


@pytest.mark.parametrize("form", ["{{{}}}", "set([{}])", "frozenset(({}))"])
def test_a_set_of_colliding_constants_is_left_to_the_judge(form: str) -> None:
    members = ", ".join(str(i * (2**61 - 1)) for i in range(3000))
    assert read_assert(f"assert f(1) == {form.format(members)}") is None
    assert read_assert(f"assert f(1) == {form.format('1, 2')}") is not None
