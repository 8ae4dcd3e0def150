"""Labels: each distinct program is run once (or ``repeat`` times) on its problem's tests, and the verdict written down.

In: problems, programs, limits. Out: a ``Label`` and an ``Observation`` for each program, in the order given. A program
that fails is data. ``passed`` is null, never false, where the problem has no tests, where the sandbox or the problem's
own checker failed, and where runs of one program differ (it is flaky).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile
from typing import NamedTuple

from dualset.builders.dataset.records import Failure, Label, Observation, Problem
from dualset.builders.dataset.words import Outcome
from dualset.builders.execution.crew import Program, at_each
from dualset.builders.execution.happened import Happened
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.execution.plan import Plan
from dualset.builders.execution.run import Worker
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.execution.show import shown
from dualset.builders.progress import Progress, silent

__all__ = ["GRADER_VERSION", "Labelled", "label_programs"]

GRADER_VERSION = "5"
"""Part of the key under which a build keeps finished labels: raise it when a verdict could change."""

_MAY_VARY = re.compile(r"\b(?:random|urandom|secrets|uuid\d?|time|datetime|getpid|environ|threading)\b|\b(?:id|hash)\(")
"""Programs that may print something else each time: what they print is not part of a version unless it is stable."""


class Labelled(NamedTuple):
    """The verdict and what it cost."""

    label: Label
    observation: Observation


def label_programs(
    problems: Mapping[str, Problem],
    programs: Iterable[Program],
    settings: LabelSettings,
    *,
    sandbox: Sandbox = ONE,
    progress: Progress = silent,
) -> Iterator[Labelled]:
    """Run each program once a repeat and yield its label, in the order given, whatever the number of workers.

    Args:
        problems: by problem_id; each program's problem is among them.
        programs: distinct programs; consumed as they are run.
        settings: limits, where the problem has none of its own, and repeats.
        sandbox: how many run at the same time, and how they are kept from this machine.
        progress: told the programs done so far.

    Raises:
        ExecutionError: a test that cannot be read, or a sandbox that cannot be started at this level.
    """
    total = len(programs) if isinstance(programs, (list, tuple)) else 0

    def work(worker: Worker, program: Program, its_plan: Plan) -> Labelled:
        return _label(worker, program, its_plan, settings)

    for done, labelled in enumerate(
        at_each(problems, programs, settings, sandbox, work, early_stop=settings.early_stop), start=1
    ):
        yield labelled
        progress("label", done, total)


def _label(worker: Worker, program: Program, its_plan: Plan, settings: LabelSettings) -> Labelled:
    if not its_plan.cases:
        return Labelled(_verdict(program, its_plan, [[]], None, 0), _cost(program, [], "none: not run"))
    runs = [worker.run(its_plan, program.code) for _ in range(max(1, settings.repeat))]
    flaky = _flaky(runs)
    runs.sort(key=_faulty, reverse=not flaky)  # what the label shows: a fault first, so that it is tried again
    if len(runs) == 1 and _MAY_VARY.search(program.code) and any(h.outcome != Outcome.PASS for h in runs[0]):
        runs.append(worker.run(its_plan, program.code))  # only to see whether it says the same
    verdict = _verdict(program, its_plan, runs, flaky, max(1, settings.repeat))
    return Labelled(verdict, _cost(program, runs[0], worker.isolation))


def _faulty(run: list[Happened]) -> bool:
    return any(h.outcome == Outcome.INFRA_ERROR for h in run)


def _flaky(runs: list[list[Happened]]) -> bool | None:
    """Whether the runs differ; null where fewer than two can tell: a fault of the machine tells nothing."""
    told = [tuple(h.outcome for h in run) for run in runs if not _faulty(run)]
    return len(set(told)) > 1 if len(told) > 1 else None


def _verdict(program: Program, its_plan: Plan, ran: list[list[Happened]], flaky: bool | None, runs: int) -> Label:
    run, again = ran[0], ran[-1]
    outcomes = tuple(h.outcome for h in run)
    failing = [i for i, outcome in enumerate(outcomes) if outcome != Outcome.PASS]
    unknown = not run or flaky or Outcome.INFRA_ERROR in outcomes
    first = failing[0] if failing else None
    return Label(
        program_id=program.program_id,
        problem_id=program.problem_id,
        passed=None if unknown else not failing,
        outcome=None if not run else Outcome.PASS if first is None else outcomes[first],
        tests_passed=len(outcomes) - len(failing),
        tests_total=len(its_plan.cases),
        outcomes=outcomes,
        first_failure=None if first is None else _failure(its_plan.cases[first].test_id, run[first], again[first]),
        runs=runs,
        flaky=flaky,
        limits=its_plan.limits,
    )


def _failure(test_id: str, happened: Happened, again: Happened) -> Failure:
    """What is known of a failure; texts that another run of the program says differently are left out."""
    message, actual = _message(happened), _actual(happened)
    return Failure(
        test_id=test_id,
        outcome=happened.outcome,
        exception=shown(happened.exception),
        message=message if message == _message(again) else None,
        actual=actual if actual == _actual(again) else None,
    )


def _message(happened: Happened) -> str | None:
    message = shown(happened.message)
    if happened.line is None:
        return message
    return f"line {happened.line}: {message}" if message else f"line {happened.line}"


def _actual(happened: Happened) -> str | None:
    if happened.outcome != Outcome.WRONG_ANSWER or happened.actual is None:
        return None
    return shown(happened.actual.decode("utf-8", "replace"))


def _cost(program: Program, run: list[Happened], isolation: str) -> Observation:
    measured = takewhile(lambda ms: ms is not None, (h.cpu_ms for h in run))
    durations = tuple(ms for ms in measured if ms is not None)
    peaks = [h.peak_mib for h in run if h.peak_mib is not None]
    return Observation(
        program_id=program.program_id,
        problem_id=program.problem_id,
        isolation=isolation,
        durations_ms=durations,
        peak_memory_mb=max(peaks, default=None),
    )
