"""Do the reference programs pass their own problems' tests? If not, the tests, the limits or the grader are wrong.

In: problems and label settings. Out: a ``ReferenceReport``. Every reference program is run, since each is a claim to be
right; a problem counts as passed if its **first** reference passes, the one that its source shows as the solution.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dualset.builders.dataset.records import Label, Problem, program_id_of
from dualset.builders.execution.label import Program, label_programs
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.progress import Progress, silent

__all__ = ["ReferenceFailure", "ReferenceReport", "check_references"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReferenceFailure:
    """A reference program that did not pass: which (from 0) of which problem, and its label."""

    problem: Problem
    index: int
    label: Label


@dataclass(frozen=True, kw_only=True, slots=True)
class ReferenceReport:
    """What came of running the references.

    Attributes:
        problems: problems looked at.
        references_passed: problems whose first reference passes all tests.
        references_failed: ids of problems whose first reference does not, or cannot be judged.
        without_reference: ids of problems that have none.
        failures: every reference that did not pass, first or not, in the order of the problems.
    """

    problems: int
    references_passed: int
    references_failed: tuple[str, ...]
    without_reference: tuple[str, ...]
    failures: tuple[ReferenceFailure, ...]


def check_references(
    problems: Sequence[Problem], settings: LabelSettings, *, sandbox: Sandbox = ONE, progress: Progress = silent
) -> ReferenceReport:
    """Run every reference program of the problems on their tests."""
    by_id = {problem.problem_id: problem for problem in problems}
    claims = [(problem, i, code) for problem in problems for i, code in enumerate(problem.reference_solutions)]
    programs = [
        Program(problem.problem_id, program_id_of(problem.problem_id, code), code) for problem, _, code in claims
    ]
    labels = label_programs(by_id, programs, settings, sandbox=sandbox, progress=progress)
    failures = tuple(
        ReferenceFailure(problem=problem, index=i, label=label)
        for (problem, i, _), (label, _) in zip(claims, labels, strict=True)
        if not label.passed
    )
    failed = tuple(f.problem.problem_id for f in failures if f.index == 0)
    without = tuple(problem.problem_id for problem in problems if not problem.reference_solutions)
    return ReferenceReport(
        problems=len(problems),
        references_passed=len(problems) - len(failed) - len(without),
        references_failed=failed,
        without_reference=without,
        failures=failures,
    )
