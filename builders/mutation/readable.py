"""A problem with those of its tests that can be read: generated ones may be malformed, have no ids, or be repeated.

In: a problem. Out: the problem with ids, and with the readable ones of its tests.
"""

from dataclasses import replace

from dualset.builders.dataset.records import Problem, Test, with_test_ids
from dualset.builders.dataset.words import Style
from dualset.builders.errors import ExecutionError
from dualset.builders.execution.plan import plan
from dualset.builders.execution.settings import LabelSettings

__all__ = ["named", "readable"]

_PLAIN = {
    Style.STDIO: Test(input="", expected=""),
    Style.CALL: Test(input="[]", expected="null"),
    Style.ASSERT: Test(code="assert True"),
}
"""Tests that can be read whatever the problem."""


def named(problem: Problem) -> Problem:
    """Tests that were just written may have no ids yet; of repeated ones the first stays."""
    ids = {test.test_id for test in problem.tests}
    fine = "" not in ids and len(ids) == len(problem.tests)
    return problem if fine else replace(problem, tests=with_test_ids(problem.tests))


def readable(problem: Problem, limits: LabelSettings) -> Problem:
    """The problem with those of its tests that can be read.

    Raises:
        ExecutionError: the problem is wrong itself (no entry point, an unknown checker).
    """
    try:
        plan(problem, limits)
    except ExecutionError:
        plan(replace(problem, tests=(_PLAIN[problem.style],)), limits)  # raises where it is the problem's own fault
        return replace(problem, tests=tuple(test for test in problem.tests if _can_be_read(problem, test, limits)))
    return problem


def _can_be_read(problem: Problem, test: Test, limits: LabelSettings) -> bool:
    try:
        plan(replace(problem, tests=(test,)), limits)
    except ExecutionError:
        return False
    return True
