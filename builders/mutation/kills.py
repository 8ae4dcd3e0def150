"""Which mutants of a program each test kills.

In: a problem (its tests are the tests to judge), a program and its mutants. Out: a ``Kills``: the program's own
results, and mutants x tests: true where the program passes the test and the mutant does not, false where both pass,
null where the program does not pass the test (the gate: what everything fails kills nothing) or a run failed on this
machine's side. A mutant over a limit is killed. One that behaves like its program is never killed: which those are,
nobody can say.

The program is run first, by itself. Mutants are then run only on the tests that it passes, several in one process (the
sandbox's variants), every test of every mutant. In each such process the program itself comes last: where it no longer
passes what it passed alone, a mutant has left something behind, and that batch is run again one by one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from dualset.builders.dataset.records import Problem, Test, program_id_of, with_test_ids
from dualset.builders.dataset.words import Outcome, Style
from dualset.builders.errors import ExecutionError
from dualset.builders.execution.crew import Program, at_each
from dualset.builders.execution.happened import Happened
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.execution.limits import limits_from
from dualset.builders.execution.plan import Plan, plan
from dualset.builders.execution.run import Worker
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.mutation.engine import Mutant
from dualset.builders.mutation.sharing import may_share
from dualset.builders.progress import Progress, silent

__all__ = ["Job", "KillSettings", "Kills", "kill_matrices"]

_BATCH = 16  # mutants that share a process
_PLAIN = {
    Style.STDIO: Test(input="", expected=""),
    Style.CALL: Test(input="[]", expected="null"),
    Style.ASSERT: Test(code="assert True"),
}
"""Tests that can be read whatever the problem."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KillSettings:
    """What mutants are held to.

    Attributes:
        limits: the program's own limits, where the problem has none; ``limits.repeat`` runs of it, and a test on which
            they differ is unknown.
        time_factor: a mutant may take so many times the CPU seconds of the program's slowest test, rounded up to 1, 2
            or 5 times a power of ten, and never more than the program; None: as long as the program.
        time_floor_s: and so many CPU seconds at least.
        early_stop: after enough tests over the limit of time or memory the rest of a mutant's counts as over it too,
            unseen (as for labels). False: every test is run.
    """

    limits: LabelSettings = field(default_factory=LabelSettings)
    time_factor: float | None = 10.0
    time_floor_s: float = 0.2
    early_stop: bool = False


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


def kill_matrices(
    problems: Mapping[str, Problem],
    jobs: Iterable[Job],
    settings: KillSettings = KillSettings(),
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
    problems = {name: _named(problem) for name, problem in problems.items()}
    readable = {name: _readable(problem, settings.limits) for name, problem in problems.items()}
    waiting: dict[str, Job] = {}

    def programs() -> Iterator[Program]:
        for i, job in enumerate(jobs):
            waiting[str(i)] = job
            yield Program(job.problem_id, str(i), job.code)

    def work(worker: Worker, program: Program, its_plan: Plan) -> Kills:
        job = waiting.pop(program.program_id)
        return _kills(worker, problems[job.problem_id], its_plan, job, settings)

    made = at_each(readable, programs(), settings.limits, sandbox, work, early_stop=settings.early_stop)
    for done, kills in enumerate(made, start=1):
        yield kills
        progress("mutants", done, total)


def _named(problem: Problem) -> Problem:
    """Tests that were just written may have no ids yet; of repeated ones the first stays."""
    ids = {test.test_id for test in problem.tests}
    named = "" not in ids and len(ids) == len(problem.tests)
    return problem if named else replace(problem, tests=with_test_ids(problem.tests))


def _readable(problem: Problem, limits: LabelSettings) -> Problem:
    """The problem with those of its tests that can be read."""
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


def _kills(worker: Worker, problem: Problem, its_plan: Plan, job: Job, settings: KillSettings) -> Kills:
    ran = _program(worker, its_plan, job.code, max(1, settings.limits.repeat))
    passed = {case.test_id: own for case, own in zip(its_plan.cases, ran.passed, strict=True)}
    gated = tuple(case for case in its_plan.cases if passed[case.test_id])
    limited = replace(its_plan.limits, timeout_s=_limit_s(ran.slowest_s, its_plan.limits.timeout_s, settings))
    codes = [mutant.code for mutant in job.mutants]
    happened = _mutants(worker, replace(its_plan, cases=gated, limits=limited), job.code, codes) if gated else []
    by_test = [dict(zip((case.test_id for case in gated), row, strict=True)) for row in happened] or [{} for _ in codes]
    test_ids = tuple(test.test_id for test in problem.tests)
    outcomes = tuple(tuple(map(row.get, test_ids)) for row in by_test)
    return Kills(
        problem_id=problem.problem_id,
        program_id=program_id_of(problem.problem_id, job.code),
        mutant_ids=tuple(program_id_of(problem.problem_id, code) for code in codes),
        test_ids=test_ids,
        passed=tuple(map(passed.get, test_ids)),
        killed=tuple(tuple(map(_killed, row)) for row in outcomes),
        outcomes=outcomes,
    )


def _killed(outcome: Outcome | None) -> bool | None:
    return None if outcome in (None, Outcome.INFRA_ERROR) else outcome != Outcome.PASS


class _Own(NamedTuple):
    """What the unmutated program did: whether it passes each test, and the CPU seconds of the slowest."""

    passed: list[bool | None]
    slowest_s: float


def _program(worker: Worker, its_plan: Plan, code: str, repeat: int) -> _Own:
    if not its_plan.cases:
        return _Own([], 0.0)
    runs = [worker.run(its_plan, code) for _ in range(repeat)]
    passed = [_agreed([happened.outcome for happened in on_test]) for on_test in zip(*runs, strict=True)]
    return _Own(passed, max((each.cpu_ms or 0.0 for run in runs for each in run), default=0.0) / 1000)


def _agreed(outcomes: Sequence[Outcome]) -> bool | None:
    """Whether a test is passed in every run or in none; a fault tells nothing."""
    told = {outcome == Outcome.PASS for outcome in outcomes if outcome != Outcome.INFRA_ERROR}
    return told.pop() if len(told) == 1 else None


def _limit_s(slowest_s: float, own_s: float, settings: KillSettings) -> float:
    if settings.time_factor is None:
        return own_s
    [limit] = limits_from({"": slowest_s}, factor=settings.time_factor, floor_s=settings.time_floor_s).values()
    return min(own_s, limit)


def _mutants(worker: Worker, gated: Plan, original: str, codes: Sequence[str]) -> list[list[Outcome]]:
    """What each mutant does on each test that its program passes."""
    made: list[list[Outcome]] = []
    shares = may_share(original, gated.style)
    for at in range(0, len(codes), _BATCH):
        batch = codes[at : at + _BATCH]
        happened: list[list[Happened]] = []
        if shares:
            *happened, own = worker.run_variants(gated, [*batch, original])
            if any(each.outcome != Outcome.PASS for each in own):
                happened = []
        made += _outcomes(happened or [worker.run(gated, code) for code in batch])
    return made


def _outcomes(happened: Iterable[Sequence[Happened]]) -> list[list[Outcome]]:
    return [[each.outcome for each in row] for row in happened]
