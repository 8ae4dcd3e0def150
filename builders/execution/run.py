"""Runs one program on all tests of its problem: what happened on each.

The rules, beyond one child that answers all tests in order:

- A child that ends early decides the test it was in, and the tests after it go to a fresh child. After three tests over
  the time limit the rest counts as over it too, without being run. A program that does not get through its own top level
  has failed every test in the same way, and is not tried again.
- stdio: the first test that fails after others ran in the same child is run again alone. If it then ends differently,
  what the earlier tests left behind had a part in it, and every such failing test is run again alone.
- What is over the limit of time by the child's own CPU clock is over it even where the answer was right.
- A fault of the sandbox is tried again once, and then its tests are ``infra_error``.
"""

import json
import os
import socket
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from dualset.builders.dataset.records import Limits
from dualset.builders.dataset.words import Outcome, Style
from dualset.builders.execution.inside.wire import Frame, pack
from dualset.builders.execution.inside.zygote import Order
from dualset.builders.execution.plan import Case, Plan
from dualset.builders.execution.worker import Ended, Fault, Zygote

__all__ = ["Happened", "Worker"]

_PATIENCE = 3
_WALL_FACTOR, _WALL_FLOOR_S = 10.0, 5.0
_IDLE_FLOOR_S = 1.0
_JUDGE_MIB = 512
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
    """What one child answered: tests from the first on, and what holds for all the rest (None: not known)."""

    answered: list[Happened]
    rest: Happened | None


class Worker:
    """Runs one program at a time; has a zygote for programs, and one for judges once a test needs it."""

    def __init__(self) -> None:
        self._programs = Zygote("program")
        self._judges = Zygote("judge")

    def close(self) -> None:
        """End both zygotes."""
        self._programs.close()
        self._judges.close()

    def run(self, plan: Plan, code: str) -> list[Happened]:
        """What the program did on each test, in the plan's order."""
        direct = [i for i, case in enumerate(plan.cases) if case.send is not None]
        happened = dict(zip(direct, self._answers(plan, code, [plan.cases[i] for i in direct]), strict=True))
        late = sum(h.outcome == Outcome.TIME_LIMIT for h in happened.values())
        for i, case in enumerate(plan.cases):
            if case.send is None:
                happened[i] = (
                    Happened(outcome=Outcome.TIME_LIMIT) if late >= _PATIENCE else self._judged(plan, code, case)
                )
                late += happened[i].outcome == Outcome.TIME_LIMIT
        return [happened[i] for i in range(len(plan.cases))]

    def _answers(self, plan: Plan, code: str, cases: list[Case]) -> list[Happened]:
        done: list[Happened] = []
        alone: set[int] = set()  # the tests that were the first in their child
        while len(done) < len(cases):
            if sum(h.outcome == Outcome.TIME_LIMIT for h in done) >= _PATIENCE:
                done.append(Happened(outcome=Outcome.TIME_LIMIT))
                continue
            alone.add(len(done))
            answered, rest = self._batch(plan, code, cases[len(done) :])
            done += answered
            if rest:
                done += [rest] * (len(cases) - len(done))
        if plan.style == Style.STDIO:
            self._again_alone(plan, code, cases, done, alone)
        return done

    def _again_alone(self, plan: Plan, code: str, cases: list[Case], done: list[Happened], alone: set[int]) -> None:
        for i, before in enumerate(done):
            if i in alone or before.outcome not in (Outcome.WRONG_ANSWER, Outcome.RUNTIME_ERROR):
                continue
            answered, rest = self._batch(plan, code, cases[i : i + 1])
            done[i] = answered[0] if answered else rest or before
            if done[i].outcome == before.outcome and done[i].actual == before.actual:
                return

    def _batch(self, plan: Plan, code: str, cases: list[Case]) -> Batch:
        """Run one child on these tests, from the first on, as far as it gets."""
        order = _order("program", plan.limits, len(cases))
        task = _task(plan, code, [case.send for case in cases])
        out = os.memfd_create("stdout") if plan.style == Style.STDIO else None
        try:
            ended = self._run(order, task, out)
        except Fault as fault:
            return Batch([], Happened(outcome=Outcome.INFRA_ERROR, message=str(fault)))
        finally:
            if out is not None:
                os.close(out)
        return _read(plan, cases, ended)

    def _run(self, order: Order, task: bytes, out: int | None) -> Ended:
        try:
            return self._programs.run(order, task, out=out)
        except Fault:
            if out is not None:
                os.ftruncate(out, 0)
            return self._programs.run(order, task, out=out)

    def _judged(self, plan: Plan, code: str, case: Case) -> Happened:
        try:
            return self._judge(plan, code, case)
        except Fault:
            pass
        try:
            return self._judge(plan, code, case)
        except Fault as fault:
            return Happened(outcome=Outcome.INFRA_ERROR, message=str(fault))

    def _judge(self, plan: Plan, code: str, case: Case) -> Happened:
        """Let a judge's process run the block against the program's process."""
        assert case.block is not None
        order = _order("program", plan.limits, 1)
        bench = _order("judge", plan.limits, 1)._replace(idle_s=None, memory_mib=_JUDGE_MIB)
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self._judges.begin(bench, link=theirs)
            self._programs.begin(order, link=ours)
        self._judges.give(pack([], case.block.encode("utf-8", "surrogatepass")))
        ended = self._programs.finish(order, _task(plan, code, [], case.wanted))
        verdict = self._judges.finish(bench, b"")
        return _read_verdict(plan, verdict, ended)


def _order(kind: str, limits: Limits, n_tests: int) -> Order:
    return Order(
        kind=kind,
        timeout_s=limits.timeout_s,
        cpu_s=limits.timeout_s * max(1, n_tests),
        wall_s=_WALL_FACTOR * limits.timeout_s + _WALL_FLOOR_S,
        idle_s=limits.timeout_s + _IDLE_FLOOR_S,
        memory_mib=limits.memory_mb,
        file_bytes=limits.output_kb * 1024,
    )


def _task(plan: Plan, code: str, cases: list[Any], wanted: tuple[str, ...] = ()) -> bytes:
    task = {
        "style": plan.style,
        "code": code,
        "cases": cases,
        "wanted": wanted,
        "prelude": plan.style != Style.ASSERT,
    }
    return pack([], json.dumps(task).encode("ascii"))


def _read(plan: Plan, cases: list[Case], ended: Ended) -> Batch:
    """Turn a child's frames and end into what happened."""
    failed = _before_tests(ended)
    if failed:
        return Batch([], failed)
    tests = [frame for frame in ended.frames if frame.head[0] == "test"][: len(cases)]
    answered = [_test(plan, case, frame) for case, frame in zip(cases, tests, strict=False)]
    soiled = any(frame.head[0] == "soiled" for frame in ended.frames)
    if len(answered) < len(cases) and not (soiled and answered):
        answered.append(_interrupted(plan, cases[len(answered)], ended))
    if answered and ended.peak_mib > plan.limits.memory_mb and all(_within(plan, h) for h in answered):
        answered[-1] = replace(answered[-1], outcome=Outcome.MEMORY_LIMIT)
    return Batch(answered, None)


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


def _read_verdict(plan: Plan, verdict: Ended, ended: Ended) -> Happened:
    failed = _before_tests(ended)
    if failed:
        return failed
    frame = verdict.frames[0] if verdict.frames else None
    how = frame.head[1] if frame else "none"
    if ended.cause and how != "pass":
        return _end(ended)
    if frame is None:
        return (
            _end(verdict) if verdict.cause else Happened(outcome=Outcome.WRONG_ANSWER, message="the judge ended early")
        )
    if how == "pass":
        over = ended.peak_mib > plan.limits.memory_mb
        return Happened(outcome=Outcome.MEMORY_LIMIT if over else Outcome.PASS, peak_mib=ended.peak_mib)
    if how == "gone":
        return _end(ended)
    if how == "broken":
        return _raised(frame.head[2:3], Outcome.INFRA_ERROR)
    return _raised(frame.head[2:3], Outcome.WRONG_ANSWER if how == "wrong" else Outcome.RUNTIME_ERROR)


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


def _within(plan: Plan, happened: Happened) -> bool:
    return happened.outcome not in (Outcome.MEMORY_LIMIT, Outcome.TIME_LIMIT)


def _number(value: Any) -> float | None:
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e15
    return float(value) if good else None
