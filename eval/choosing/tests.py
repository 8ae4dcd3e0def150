"""Tests to choose by: those that a problem's statement shows, generated ones, or those of a file.

In: a pool of problems and a word or path. Out: for each problem that has any, its tests and how often each was written.
The tests that decide whether a program is right are never chosen by unless the statement shows them.
"""

from collections.abc import Mapping
from typing import NamedTuple

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Visibility
from dualset.builders.errors import RecipeError
from dualset.eval.choosing.ways import by_tests
from dualset.eval.settings import EvalSettings

__all__ = ["Tests", "tests_to_choose_by"]


class Tests(NamedTuple):
    """Distinct tests of one problem, and for each how often it was written."""

    tests: tuple[Test, ...]
    counts: tuple[int, ...]


def _public(problems: Mapping[str, Problem]) -> dict[str, Tests]:
    """The tests that statements show.

    Raises:
        RecipeError: no problem shows one.
    """
    found = {}
    for problem_id, problem in problems.items():
        shown = tuple(test for test in problem.tests if test.visibility == Visibility.PUBLIC)
        if shown:
            found[problem_id] = Tests(shown, (1,) * len(shown))
    if not found:
        msg = "none of these problems shows a test in its statement (visibility public): name others with --tests"
        raise RecipeError(msg)
    return found


def tests_to_choose_by(problems: Mapping[str, Problem], settings: EvalSettings) -> dict[str, Tests]:
    """The tests that the settings name; none where nothing is chosen by tests.

    Raises:
        RecipeError: there are none.
    """
    if not by_tests(settings.choose_by):
        return {}
    return _public(problems)
