"""From what a child sent and how it ended to what happened on each test.

In: records and ends, which a hostile program may have forged. Out: a ``Happened`` for each test. A pass is only ever
given for data that the driver has compared itself, or by a judge.
"""

import signal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from dualset.builders.dataset.words import Outcome, Style
from dualset.builders.execution.checkers import CheckerFault
from dualset.builders.execution.errand import Ran
from dualset.builders.execution.inside.records import (
    FAILED,
    FULL,
    LOADED,
    LONG,
    NEXT,
    OK,
    RAISED,
    SOILED,
    SYNTAX,
    VERDICT,
    Record,
)
from dualset.builders.execution.plan import Case, Plan
from dualset.builders.execution.worker import Ended

__all__ = ["Batch", "Happened", "read_answers", "read_verdicts", "times_add_up", "variants_in"]

_MOST_LINES = 10**8
_TIMED = (LOADED, FAILED, OK, RAISED, LONG)
_UNCLAIMED_S = 0.25  # compiling, the end of a process that used much memory
_OUTCOMES = {OK: Outcome.PASS, RAISED: Outcome.RUNTIME_ERROR, LONG: Outcome.OUTPUT_LIMIT}


@dataclass(frozen=True, kw_only=True, slots=True)
class Happened:
    """What one program did on one test: the outcome, what there is to show of it, and what it cost."""

    outcome: Outcome
    exception: str | None = None
    message: str | None = None
    line: int | None = None
    actual: bytes | None = None
    cpu_ms: float | None = None
    peak_mib: float | None = None


class Batch(NamedTuple):
    """What one child answered: the tests from the first on; or what holds for all of them, as it did not get to one."""

    answered: list[Happened]
    whole: Happened | None


def read_answers(plan: Plan, cases: Sequence[Case], ran: Ran) -> Batch:
    """Turn a child's records and end into what happened."""
    failed = _before_tests(ran)
    if failed:
        return Batch([], failed)
    tests = [record for record in ran.records if record.kind in _OUTCOMES][: len(cases)]
    answered = [_test(plan, case, record) for case, record in zip(cases, tests, strict=False)]
    soiled = ran.ended.exit == FULL or any(record.kind == SOILED for record in ran.records)
    if len(answered) < len(cases) and not (soiled and answered):
        answered.append(_interrupted(plan, cases[len(answered)], ran))
    return Batch(_within_memory(answered, ran.ended, plan.limits.memory_mb), None)


def times_add_up(ran: Ran, timeout_s: float) -> bool:
    """Whether the CPU seconds that a child claims for its tests are about all that it used."""
    claimed = [record.cpu_s for record in ran.records if record.kind in _TIMED]
    if not all(0 <= seconds < 1e9 for seconds in claimed):
        return False
    interrupted = bool(ran.ended.cause or ran.ended.exit)  # the test that it was in has claimed nothing
    return ran.ended.cpu_s - sum(claimed) < _UNCLAIMED_S + timeout_s * (1.5 if interrupted else 0.5)


def variants_in(ran: Ran) -> list[Ran]:
    """The records of several variants, one ``Ran`` each. How the process ended is the last one's doing; the ones before
    went well up to ``NEXT``, and the memory of one is in the peak of those after it.
    """
    parts: list[list[Record]] = [[]]
    for record in ran.records:
        if record.kind == NEXT:
            parts.append([])
        else:
            parts[-1].append(record)
    fine = Ended(0, "", 0.0, 0.0)
    return [Ran(fine, records, b"") for records in parts[:-1]] + [Ran(ran.ended, parts[-1], ran.printed)]


def _within_memory(answered: list[Happened], ended: Ended, limit_mib: float) -> list[Happened]:
    """The answers up to the first test over the limit of memory: the peak that it left says nothing of later tests."""
    for i, happened in enumerate(answered):
        last = i + 1 == len(answered)
        over = (happened.peak_mib or 0.0) > limit_mib or (last and ended.peak_mib > limit_mib)
        if over and happened.outcome != Outcome.TIME_LIMIT:
            return [*answered[:i], replace(happened, outcome=Outcome.MEMORY_LIMIT)]
    return answered


def _before_tests(ran: Ran) -> Happened | None:
    """What holds for all tests, where the program did not get to the first one."""
    first = ran.records[0] if ran.records else None
    if first and first.kind == SYNTAX:
        return _raised(first.error, Outcome.SYNTAX_ERROR)
    if first and first.kind == FAILED:
        return _raised(first.error)
    if first and first.kind == LOADED:
        return None
    return _end(ran.ended)


def _test(plan: Plan, case: Case, record: Record) -> Happened:
    cpu_ms, peak = _number(record.cpu_s * 1000), _number(record.peak_mib)
    cost: dict[str, Any] = {"cpu_ms": cpu_ms, "peak_mib": peak, "actual": record.body}
    if cpu_ms is None or cpu_ms > plan.limits.timeout_s * 1000:
        return Happened(outcome=Outcome.TIME_LIMIT, **cost)
    if record.kind == OK:
        return _compared(case, **cost)
    return replace(_raised(record.error, _OUTCOMES[record.kind]), **cost)


def _interrupted(plan: Plan, case: Case, ran: Ran) -> Happened:
    """The test that a child was in when it ended; what a program printed before ``os._exit(0)`` still counts."""
    if plan.style == Style.STDIO and ran.ended.exit == 0 and not ran.ended.cause:
        return _compared(case, ran.printed)
    return _end(ran.ended)


def _compared(case: Case, actual: bytes, **cost: Any) -> Happened:
    """What the test's rule says of the answer; a checker program that does not decide leaves it unknown."""
    try:
        right = case.right(actual)
    except CheckerFault as fault:
        return Happened(outcome=Outcome.INFRA_ERROR, message=str(fault), actual=actual, **cost)
    return Happened(outcome=Outcome.PASS if right else Outcome.WRONG_ANSWER, actual=actual, **cost)


def _end(ended: Ended) -> Happened:
    """An end that the program did not mean to be an answer."""
    if ended.cause or ended.exit == -signal.SIGXCPU:
        return Happened(outcome=Outcome.TIME_LIMIT)
    if ended.exit == -signal.SIGXFSZ:
        return Happened(outcome=Outcome.OUTPUT_LIMIT)
    how = f"signal {-ended.exit}" if ended.exit < 0 else f"exit code {ended.exit}"
    return Happened(outcome=Outcome.RUNTIME_ERROR, exception="Exit", message=f"the process ended early: {how}")


def read_verdicts(plan: Plan, judge: Ran, program: Ran) -> Batch:
    """What a judge found, test by test, as far as it got; the last where the program or the judge ended early."""
    failed = _before_tests(program)
    if failed:
        return Batch([], failed)
    verdicts = [record for record in judge.records if record.kind == VERDICT and isinstance(record.error, list)]
    tests = [record for record in program.records if record.kind == OK]
    happened: list[Happened] = []
    for i, verdict in enumerate(verdicts):
        how, told = verdict.error
        if how == "gone":
            return Batch([*happened, _end(program.ended)], None)
        happened.append(_judged(plan, how, told, tests[i] if i < len(tests) else None))
    if judge.ended.cause:
        happened.append(_end(judge.ended))
    elif not happened or judge.ended.exit:
        happened.append(Happened(outcome=Outcome.WRONG_ANSWER, message="the judge ended early"))
    return Batch(happened, None)


def _judged(plan: Plan, how: str, told: Any, test: Record | None) -> Happened:
    if how == "broken":
        return _raised(told, Outcome.INFRA_ERROR)
    cpu_ms, peak = (_number(test.cpu_s * 1000), _number(test.peak_mib)) if test else (None, None)
    cost: dict[str, Any] = {"cpu_ms": cpu_ms, "peak_mib": peak}
    if cpu_ms is not None and cpu_ms > plan.limits.timeout_s * 1000:
        return Happened(outcome=Outcome.TIME_LIMIT, **cost)
    if how == "pass":
        over = (peak or 0.0) > plan.limits.memory_mb
        return Happened(outcome=Outcome.MEMORY_LIMIT if over else Outcome.PASS, **cost)
    return replace(_raised(told, Outcome.WRONG_ANSWER if how == "wrong" else Outcome.RUNTIME_ERROR), **cost)


def _raised(error: Any, outcome: Outcome = Outcome.RUNTIME_ERROR) -> Happened:
    """An exception as the child described it; a MemoryError is the limit's doing."""
    told = error if isinstance(error, dict) else {}
    kind, message, line = told.get("type"), told.get("message"), told.get("line")
    if kind == "MemoryError" and outcome == Outcome.RUNTIME_ERROR:
        outcome = Outcome.MEMORY_LIMIT
    return Happened(
        outcome=outcome,
        exception=kind if isinstance(kind, str) else None,
        message=message if isinstance(message, str) else None,
        line=line if type(line) is int and 0 < line < _MOST_LINES else None,
    )


def _number(value: float) -> float | None:
    return round(value, 3) if 0 <= value < 1e15 else None
