"""The gate: what a program does on its problem's tests decides which of them its mutants are run on, and how long.

In: a program, and the plan of its problem. Out: whether it passes each test, and the plan for its mutants: those tests,
and limits that follow what the program took. What everything fails kills nothing, so the other tests are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from dualset.builders.dataset.words import Outcome
from dualset.builders.execution.limits import limits_from
from dualset.builders.execution.plan import Plan
from dualset.builders.execution.run import Worker
from dualset.builders.execution.settings import LabelSettings

__all__ = ["DEFAULTS", "Gate", "KillSettings", "gate"]


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


DEFAULTS = KillSettings()


class Gate(NamedTuple):
    """What the program did, and what its mutants are asked.

    Attributes:
        passed: by test_id, in the plan's order; null: it passes the test in some runs, or nothing is known.
        plan: the tests that it passes, and the mutants' limits.
    """

    passed: dict[str, bool | None]
    plan: Plan


def gate(worker: Worker, its_plan: Plan, code: str, settings: KillSettings) -> Gate:
    """Run the program itself, as often as ``settings.limits.repeat`` says."""
    runs = [worker.run(its_plan, code) for _ in range(max(1, settings.limits.repeat))] if its_plan.cases else []
    agreed = [_agreed([happened.outcome for happened in on_test]) for on_test in zip(*runs, strict=True)]
    passed = {case.test_id: own for case, own in zip(its_plan.cases, agreed, strict=True)}
    slowest_s = max((each.cpu_ms or 0.0 for run in runs for each in run), default=0.0) / 1000
    limits = replace(its_plan.limits, timeout_s=_limit_s(slowest_s, its_plan.limits.timeout_s, settings))
    cases = tuple(case for case in its_plan.cases if passed[case.test_id])
    return Gate(passed, replace(its_plan, cases=cases, limits=limits))


def _agreed(outcomes: Sequence[Outcome]) -> bool | None:
    """Whether a test is passed in every run or in none; a fault tells nothing."""
    told = {outcome == Outcome.PASS for outcome in outcomes if outcome != Outcome.INFRA_ERROR}
    return told.pop() if len(told) == 1 else None


def _limit_s(slowest_s: float, own_s: float, settings: KillSettings) -> float:
    if settings.time_factor is None:
        return own_s
    [limit] = limits_from({"": slowest_s}, factor=settings.time_factor, floor_s=settings.time_floor_s).values()
    return min(own_s, limit)
