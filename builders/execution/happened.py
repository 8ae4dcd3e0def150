"""From what a child sent and how it ended to what happened on each test.

In: frames and ends, which a hostile program may have forged. Out: a ``Happened`` for each test. A pass is only ever
given for data that the driver has compared itself, or by a judge.
"""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from dualset.builders.dataset.words import Outcome, Style
from dualset.builders.execution.inside.frames import Frame
from dualset.builders.execution.plan import Case, Plan
from dualset.builders.execution.worker import Ended

__all__ = ["Batch", "Happened", "read_answers", "read_verdict"]

_OUTCOMES = {"error": Outcome.RUNTIME_ERROR, "long": Outcome.OUTPUT_LIMIT}


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


def read_answers(plan: Plan, cases: list[Case], ended: Ended) -> Batch:
    """Turn a child's frames and end into what happened."""
    failed = _before_tests(ended)
    if failed:
        return Batch([], failed)
    tests = [frame for frame in ended.frames if frame.head[0] == "test"][: len(cases)]
    answered = [_test(plan, case, frame) for case, frame in zip(cases, tests, strict=False)]
    soiled = any(frame.head[0] == "soiled" for frame in ended.frames)
    if len(answered) < len(cases) and not (soiled and answered):
        answered.append(_interrupted(plan, cases[len(answered)], ended))
    return Batch(_within_memory(answered, ended, plan.limits.memory_mb), None)


def _within_memory(answered: list[Happened], ended: Ended, limit_mib: float) -> list[Happened]:
    """The answers up to the first test over the limit of memory: the peak that it left says nothing of later tests."""
    for i, happened in enumerate(answered):
        last = i + 1 == len(answered)
        over = (happened.peak_mib or 0.0) > limit_mib or (last and ended.peak_mib > limit_mib)
        if over and happened.outcome != Outcome.TIME_LIMIT:
            return [*answered[:i], replace(happened, outcome=Outcome.MEMORY_LIMIT)]
    return answered


def _before_tests(ended: Ended) -> Happened | None:
    """What holds for all tests, where the program did not get to the first one."""
    first = ended.frames[0] if ended.frames else None
    if first and first.head[0] == "syntax":
        return _raised(first.head[1:2], Outcome.SYNTAX_ERROR)
    if first and first.head[0] == "failed":
        return _raised(first.head[1:2])
    if first and first.head[0] == "loaded":
        return None
    return _end(ended)


def _test(plan: Plan, case: Case, frame: Frame) -> Happened:
    report = frame.head[1] if len(frame.head) > 1 and isinstance(frame.head[1], dict) else {}
    cpu_ms, peak = _number(report.get("cpu_ms")), _number(report.get("peak_mib"))
    status = report.get("status")
    cost: dict[str, Any] = {"cpu_ms": cpu_ms, "peak_mib": peak, "actual": frame.body}
    if cpu_ms is None or cpu_ms > plan.limits.timeout_s * 1000:
        return Happened(outcome=Outcome.TIME_LIMIT, **cost)
    if status == "ok":
        return Happened(outcome=Outcome.PASS if case.right(frame.body) else Outcome.WRONG_ANSWER, **cost)
    return replace(_raised([report.get("error")], _OUTCOMES.get(str(status), Outcome.RUNTIME_ERROR)), **cost)


def _interrupted(plan: Plan, case: Case, ended: Ended) -> Happened:
    """The test that a child was in when it ended; what a program printed before ``os._exit(0)`` still counts."""
    if plan.style == Style.STDIO and ended.exit == 0 and ended.cause is None:
        right = case.right(ended.printed)
        return Happened(outcome=Outcome.PASS if right else Outcome.WRONG_ANSWER, actual=ended.printed)
    return _end(ended)


def _end(ended: Ended) -> Happened:
    """An end that the program did not mean to be an answer."""
    if ended.cause == "stopped":
        return Happened(outcome=Outcome.OUTPUT_LIMIT)
    if ended.cause is not None:
        return Happened(outcome=Outcome.TIME_LIMIT)
    how = f"signal {-ended.exit}" if ended.exit < 0 else f"exit code {ended.exit}"
    return Happened(outcome=Outcome.RUNTIME_ERROR, exception="Exit", message=f"the process ended early: {how}")


def read_verdict(plan: Plan, verdict: Ended, ended: Ended) -> Happened:
    """What a judge found, and how the program it judged ended."""
    failed = _before_tests(ended)
    if failed:
        return failed
    frame = verdict.frames[0] if verdict.frames else None
    how = frame.head[1] if frame else "none"
    if ended.cause and how != "pass":
        return _end(ended)
    if frame is None and verdict.cause:
        return _end(verdict)
    if frame is None:
        return Happened(outcome=Outcome.WRONG_ANSWER, message="the judge ended early")
    cost: dict[str, Any] = {"cpu_ms": round(ended.cpu_s * 1000, 3), "peak_mib": ended.peak_mib}
    if how == "pass":
        outcome = Outcome.MEMORY_LIMIT if ended.peak_mib > plan.limits.memory_mb else Outcome.PASS
        return Happened(outcome=outcome, **cost)
    if how == "gone":
        return _end(ended)
    if how == "broken":
        return _raised(frame.head[2:3], Outcome.INFRA_ERROR)
    raised = _raised(frame.head[2:3], Outcome.WRONG_ANSWER if how == "wrong" else Outcome.RUNTIME_ERROR)
    return replace(raised, **cost)


def _raised(error: list[Any], outcome: Outcome = Outcome.RUNTIME_ERROR) -> Happened:
    """An exception as the child described it; a MemoryError is the limit's doing."""
    told = error[0] if error and isinstance(error[0], dict) else {}
    kind, message, line = told.get("type"), told.get("message"), told.get("line")
    if kind == "MemoryError" and outcome == Outcome.RUNTIME_ERROR:
        outcome = Outcome.MEMORY_LIMIT
    return Happened(
        outcome=outcome,
        exception=kind if isinstance(kind, str) else None,
        message=message if isinstance(message, str) else None,
        line=line if isinstance(line, int) else None,
    )


def _number(value: Any) -> float | None:
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e15
    return float(value) if good else None
