"""Tests to choose by: those that a problem's statement shows, or generated ones that the version holds.

In: a version, its problems, settings. Out: for each problem that has any, its tests and how often each was written; and
where the version holds what programs did on them, that. The tests that decide whether a program is right are never
chosen by unless the statement shows them.
"""

from collections.abc import Mapping
from typing import NamedTuple

from dualset.builders.consensus.labels import unpacked
from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.version import Version
from dualset.builders.dataset.words import Outcome, Visibility
from dualset.builders.errors import RecipeError
from dualset.builders.execution.observe import Observed
from dualset.builders.generated.stored import stored_tests
from dualset.eval.choosing.ways import by_tests
from dualset.eval.settings import GENERATED, PUBLIC, EvalSettings

__all__ = ["Tests", "source_of", "stored_observations", "tests_to_choose_by"]


class Tests(NamedTuple):
    """Distinct tests of one problem, and for each how often it was written.

    ``known``: what programs did on them, by program_id, as the version says it; their answers are not in it.
    """

    tests: tuple[Test, ...]
    counts: tuple[int, ...]
    known: Mapping[str, Observed] = {}


def tests_to_choose_by(version: Version, problems: Mapping[str, Problem], settings: EvalSettings) -> dict[str, Tests]:
    """The tests that the settings name, generated ones where they name none and the version has some.

    Raises:
        RecipeError: there are none.
    """
    source = source_of(version, settings)
    if source is None:
        return {}
    if source == PUBLIC:
        return _public(problems)
    if "generated_tests" not in version.tables:
        msg = f"{version.name}@{version.revision[:12]} holds no generated tests: build it with a  tests:  section"
        raise RecipeError(msg)
    return _generated(version, problems)


def source_of(version: Version, settings: EvalSettings) -> str | None:
    """The word for the tests that are chosen by; None: nothing is."""
    if not by_tests(settings.choose_by):
        return None
    return settings.tests or (GENERATED if "generated_tests" in version.tables else PUBLIC)


def _public(problems: Mapping[str, Problem]) -> dict[str, Tests]:
    found = {}
    for problem_id, problem in problems.items():
        shown = tuple(test for test in problem.tests if test.visibility == Visibility.PUBLIC)
        if shown:
            found[problem_id] = Tests(shown, (1,) * len(shown))
    if not found:
        msg = (
            "none of these problems shows a test in its statement (visibility public), and the version holds no "
            "generated ones: there is nothing to choose by"
        )
        raise RecipeError(msg)
    return found


def _generated(version: Version, problems: Mapping[str, Problem]) -> dict[str, Tests]:
    stored = {name: found for name, found in stored_tests(version).items() if name in problems}
    known = stored_observations(version, {name: [test.test_id for test in its.tests] for name, its in stored.items()})
    return {name: Tests(its.tests, its.counts, known.get(name, {})) for name, its in stored.items()}


def stored_observations(version: Version, tests: Mapping[str, list[str]]) -> dict[str, dict[str, Observed]]:
    """What the version's matrices say of programs on these tests (ids in order), by problem and program.

    A test that the matrix left out is a fault of the machine for every program; a program left out is not there.
    """
    found: dict[str, dict[str, Observed]] = {}
    for row in version.rows("matrices"):
        if row["problem_id"] not in tests:
            continue
        matrix = unpacked(row)
        columns = {test_id: i for i, test_id in enumerate(matrix.columns)}
        places = [columns.get(test_id) for test_id in tests[row["problem_id"]]]
        found[row["problem_id"]] = {
            program_id: Observed(
                program_id,
                tuple(
                    Outcome.INFRA_ERROR if at is None else Outcome.PASS if cells[at] else Outcome.WRONG_ANSWER
                    for at in places
                ),
                (None,) * len(places),
            )
            for program_id, cells in zip(matrix.rows, matrix.passed_NM.tolist(), strict=True)
        }
    return found
