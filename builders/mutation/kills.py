"""Which mutants of a program each test kills.

In: a problem (its tests are the tests to judge), a program and its mutants. Out: a ``Kills``: the program's own
results, and mutants x tests: true where the program passes the test and the mutant does not, false where both pass,
null where the program does not pass the test (``gate.py``) or a run failed on this machine's side. A mutant over a
limit is killed. One that behaves like its program is never killed: which those are, nobody can say.

The program is run first, by itself. Its mutants are then run on the tests that it passes, every test of every mutant,
in units of work (``units.py``) that are spread over the workers; those of programs with a ``while`` loop first, and
each by itself, since one in five may run until its limit: they wait beside one another, and beside what else there is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from dualset.builders.dataset.records import Problem, program_id_of
from dualset.builders.dataset.words import Outcome
from dualset.builders.execution.crew import Crew
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.execution.run import Worker
from dualset.builders.mutation.engine import Mutant
from dualset.builders.mutation.gate import DEFAULTS, Gate, KillSettings, gate
from dualset.builders.mutation.readable import named, readable
from dualset.builders.mutation.sharing import has_while, may_share
from dualset.builders.mutation.units import run_unit, units_of
from dualset.builders.progress import Progress, silent

__all__ = ["Job", "KillSettings", "Kills", "kill_matrices"]

_PROGRAM, _MAY_LAST, _QUICK = range(3)
"""What a free worker takes up first."""


class Job(NamedTuple):
    """A program of a problem, and its mutants."""

    problem_id: str
    code: str
    mutants: Sequence[Mutant]


@dataclass(frozen=True, kw_only=True, slots=True)
class Kills:
    """What came of one program's mutants.

    Attributes:
        problem_id: the problem.
        program_id: the unmutated program.
        mutant_ids: M program_ids, in the order of the mutants.
        test_ids: T test_ids, in the problem's order; tests without ids get theirs, and repeated ones are one.
        passed: T; whether the unmutated program passes the test; null: unknown, or the test cannot be read.
        killed: M x T; whether the test kills the mutant; null where that is unknown or ``passed`` is not true.
        outcomes: M x T; what the mutant did, null where it was not run.
    """

    problem_id: str
    program_id: str
    mutant_ids: tuple[str, ...]
    test_ids: tuple[str, ...]
    passed: tuple[bool | None, ...]
    killed: tuple[tuple[bool | None, ...], ...]
    outcomes: tuple[tuple[Outcome | None, ...], ...]


class _Begun(NamedTuple):
    """A job whose program has been run, and what is being done with its mutants, in their order."""

    job: Job
    gate: Gate
    units: list[Future[list[list[Outcome]]]]


def kill_matrices(
    problems: Mapping[str, Problem],
    jobs: Iterable[Job],
    settings: KillSettings = DEFAULTS,
    *,
    sandbox: Sandbox = ONE,
    progress: Progress = silent,
) -> Iterator[Kills]:
    """Run programs and their mutants on the tests of their problems, and yield who kills whom, in the order given.

    A test that cannot be read (generated ones may be malformed) is unknown for every mutant, and spoils no other.

    Args:
        problems: by problem_id, with the tests to judge; each job's problem is among them.
        jobs: consumed as they are run.
        settings: limits.
        sandbox: how many run at the same time, and how they are kept from this machine.
        progress: told the programs done so far.

    Raises:
        ExecutionError: a problem that is wrong itself (no entry point, an unknown checker), or a sandbox that cannot be
            started at this level.
    """
    total = len(jobs) if isinstance(jobs, (list, tuple)) else 0
    problems = {name: named(problem) for name, problem in problems.items()}
    asked = {name: readable(problem, settings.limits) for name, problem in problems.items()}
    with Crew(asked, settings.limits, sandbox, early_stop=settings.early_stop) as crew:
        begun = crew.in_order(_begin(crew, job, settings) for job in jobs)
        for done, each in enumerate(begun, start=1):
            yield _kills(problems[each.job.problem_id], each)
            progress("mutants", done, total)


def _begin(crew: Crew, job: Job, settings: KillSettings) -> Future[_Begun]:
    its_plan, codes = crew.plan(job.problem_id), [mutant.code for mutant in job.mutants]
    share, urgency = (False, _MAY_LAST) if has_while(job.code) else (may_share(job.code, its_plan.style), _QUICK)

    def begin(worker: Worker) -> _Begun:
        found = gate(worker, its_plan, job.code, settings)
        run = partial(run_unit, asked=found.plan, original=job.code)
        units = units_of(codes, found.plan, share=share)
        return _Begun(job, found, [crew.submit(partial(run, codes=unit), after=urgency) for unit in units])

    return crew.submit(begin, after=_PROGRAM)


def _kills(problem: Problem, begun: _Begun) -> Kills:
    """Put the units together; waits for them."""
    job, passed = begun.job, begun.gate.passed
    tests = [case.test_id for case in begun.gate.plan.cases]
    rows = [dict(zip(tests, row, strict=True)) for unit in begun.units for row in unit.result()]
    test_ids = tuple(test.test_id for test in problem.tests)
    outcomes = tuple(tuple(map(row.get, test_ids)) for row in rows or [{} for _ in job.mutants])
    return Kills(
        problem_id=problem.problem_id,
        program_id=program_id_of(problem.problem_id, job.code),
        mutant_ids=tuple(program_id_of(problem.problem_id, mutant.code) for mutant in job.mutants),
        test_ids=test_ids,
        passed=tuple(map(passed.get, test_ids)),
        killed=tuple(tuple(map(_killed, row)) for row in outcomes),
        outcomes=outcomes,
    )


def _killed(outcome: Outcome | None) -> bool | None:
    return None if outcome in (None, Outcome.INFRA_ERROR) else outcome != Outcome.PASS
