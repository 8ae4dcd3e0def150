"""Are the problems sound? Reference programs must pass their own problems' tests, and wrong programs must fail them.

In: problems and label settings. Out: a ``Report``. Every reference program is run, since each is a claim to be right; a
problem counts as passed if its **first** reference passes, the one that its source shows as the solution. Where it does
not, the tests, the limits or the grader are wrong. Where a program known to be wrong passes (``known_bad.py``), the
tests or the checker accept anything.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dualset.builders.dataset.records import Label, Problem, program_id_of
from dualset.builders.execution.crew import Program
from dualset.builders.execution.known_bad import known_bad
from dualset.builders.execution.label import Labelled, label_programs
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.progress import Progress, silent

__all__ = ["Accepted", "ReferenceFailure", "Report", "check_problems"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReferenceFailure:
    """A reference program that did not pass: which (from 0) of which problem, and its label."""

    problem: Problem
    index: int
    label: Label


class Accepted(NamedTuple):
    """A problem that takes a program for right that is known to be wrong, and the kind of program."""

    problem: Problem
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What came of running references and wrong programs.

    Attributes:
        problems: problems looked at.
        references_passed: problems whose first reference passes all tests.
        references_failed: ids of problems whose first reference does not, or cannot be judged.
        references_unknown: of these, those where it cannot be judged: no tests, a fault, flaky.
        without_reference: ids of problems that have none.
        failures: every reference that did not pass, first or not, in the order of the problems.
        slowest_s: by problem_id, CPU seconds of the slowest test of its slowest passing reference.
        accepted: wrong programs that passed, in the order of the problems.
        wrong_unknown: ids of problems where a wrong program neither passed nor failed.
    """

    problems: int
    references_passed: int
    references_failed: tuple[str, ...]
    references_unknown: tuple[str, ...]
    without_reference: tuple[str, ...]
    failures: tuple[ReferenceFailure, ...]
    slowest_s: Mapping[str, float]
    accepted: tuple[Accepted, ...]
    wrong_unknown: tuple[str, ...]


class _Claim(NamedTuple):
    """A program and what is said of it: the index of a reference, or the kind of a wrong program."""

    problem: Problem
    said: int | str
    code: str


def check_problems(
    problems: Sequence[Problem], settings: LabelSettings, *, sandbox: Sandbox = ONE, progress: Progress = silent
) -> Report:
    """Run every reference program, and programs known to be wrong, on the problems' tests.

    Raises:
        ExecutionError: a test that cannot be read, a checker that is not known, or no sandbox.
    """
    by_id = {problem.problem_id: problem for problem in problems}
    claims = [claim for problem in problems for claim in _claims(problem)]
    programs = [Program(p.problem_id, program_id_of(p.problem_id, code), code) for p, _, code in claims]
    made = label_programs(by_id, programs, settings, sandbox=sandbox, progress=progress)
    return _report(problems, list(zip(claims, made, strict=True)))


def _claims(problem: Problem) -> Iterator[_Claim]:
    yield from (_Claim(problem, i, code) for i, code in enumerate(problem.reference_solutions))
    yield from (_Claim(problem, *each) for each in known_bad(problem))


def _report(problems: Sequence[Problem], ran: Sequence[tuple[_Claim, Labelled]]) -> Report:
    failures = tuple(
        ReferenceFailure(problem=problem, index=said, label=made.label)
        for (problem, said, _), made in ran
        if isinstance(said, int) and not made.label.passed
    )
    first = [failure for failure in failures if failure.index == 0]
    without = tuple(problem.problem_id for problem in problems if not problem.reference_solutions)
    accepted, unknown = _wrong(ran)
    return Report(
        problems=len(problems),
        references_passed=len(problems) - len(first) - len(without),
        references_failed=tuple(failure.problem.problem_id for failure in first),
        references_unknown=tuple(f.problem.problem_id for f in first if f.label.passed is None),
        without_reference=without,
        failures=failures,
        slowest_s=_slowest(ran),
        accepted=accepted,
        wrong_unknown=unknown,
    )


def _wrong(ran: Sequence[tuple[_Claim, Labelled]]) -> tuple[tuple[Accepted, ...], tuple[str, ...]]:
    """The problems that accept a kind of wrong programs, all of that kind; and those where it is not known."""
    verdicts: defaultdict[tuple[str, str], list[bool | None]] = defaultdict(list)
    by_id: dict[str, Problem] = {}
    for (problem, said, _), made in ran:
        if isinstance(said, str) and problem.tests:
            verdicts[problem.problem_id, said].append(made.label.passed)
            by_id[problem.problem_id] = problem
    accepted = tuple(Accepted(by_id[name], kind) for (name, kind), passed in verdicts.items() if all(passed))
    unknown = [name for (name, _), passed in verdicts.items() if None in passed and False not in passed]
    return accepted, tuple(dict.fromkeys(unknown))


def _slowest(ran: Sequence[tuple[_Claim, Labelled]]) -> dict[str, float]:
    """Of passing references, where every test's time is known."""
    slowest: dict[str, float] = {}
    for (problem, said, _), (label, cost) in ran:
        if isinstance(said, int) and label.passed and len(cost.durations_ms) == label.tests_total:
            longest_s = max(cost.durations_ms) / 1000
            slowest[problem.problem_id] = max(longest_s, slowest.get(problem.problem_id, 0.0))
    return slowest
