"""Runs one program on all tests of its problem: what happened on each.

The rules, beyond one child that answers all tests in order:

- A child that ends early decides the test it was in, and the tests after it go to a fresh child. After three tests
  over the limit of time or memory, or fewer that took six CPU seconds by their limits, the rest counts as over it too,
  without being run: endless loops would be most of the work. A program that does not get through its own top level
  has failed every test in the same way, and is not tried again.
- stdio: the first test that fails after others ran in the same child is run again alone. If it then ends differently,
  what the earlier tests left behind had a part in it, and every such failing test is run again alone.
- What is over the limit of time by the child's own CPU clock is over it even where the answer was right.
- A fault of the sandbox is tried again once, and then its tests are ``infra_error``.
"""

import json
import os
import socket
from collections.abc import Iterable
from typing import Any

from dualset.builders.dataset.records import Limits
from dualset.builders.dataset.words import Outcome, Style
from dualset.builders.execution.conversation import Fault
from dualset.builders.execution.happened import Batch, Happened, read_answers, read_verdict
from dualset.builders.execution.inside.frames import pack
from dualset.builders.execution.inside.watch import Order
from dualset.builders.execution.ladder import Level
from dualset.builders.execution.plan import Case, Plan
from dualset.builders.execution.worker import Ended, Zygote

__all__ = ["Worker"]

_PATIENCE, _PATIENCE_S = 3, 6.0
_ASLEEP_FACTOR, _ASLEEP_FLOOR_S = 10.0, 5.0
_IDLE_FLOOR_S = 1.0
_JUDGE_MIB = 512


class Worker:
    """Runs one program at a time; has a zygote for programs, and one for judges once a test needs it."""

    def __init__(self, level: Level) -> None:
        self._programs = Zygote("program", level)
        self._judges = Zygote("judge", level)

    @property
    def isolation(self) -> str:
        """The level of the jail that its programs run in; empty before the first."""
        return self._programs.isolation

    def stop(self) -> None:
        """Let a run that another thread is in fail now, and run nothing more."""
        self._programs.stop()
        self._judges.stop()

    def close(self) -> None:
        """End both zygotes."""
        self._programs.close()
        self._judges.close()

    def run(self, plan: Plan, code: str) -> list[Happened]:
        """What the program did on each test, in the plan's order."""
        direct = [i for i, case in enumerate(plan.cases) if case.send is not None]
        answers, whole = self._answers(plan, code, [plan.cases[i] for i in direct])
        happened = dict(zip(direct, answers, strict=True))
        for i, case in enumerate(plan.cases):
            if case.send is None:
                spent = _out_of_patience(happened.values(), plan.limits)
                happened[i] = whole or spent or self._judged(plan, code, case)
        return [happened[i] for i in range(len(plan.cases))]

    def _answers(self, plan: Plan, code: str, cases: list[Case]) -> tuple[list[Happened], Happened | None]:
        """What happened on each of these tests; and what holds for every test, where the program does not load."""
        done: list[Happened] = []
        alone: set[int] = set()  # the tests that were the first in their child
        while len(done) < len(cases):
            spent = _out_of_patience(done, plan.limits)
            if spent:
                done.append(spent)
                continue
            alone.add(len(done))
            answered, whole = self._batch(plan, code, cases[len(done) :])
            if whole and not done:
                return [whole] * len(cases), whole
            done += [whole] * (len(cases) - len(done)) if whole else answered
        if plan.style == Style.STDIO:
            self._again_alone(plan, code, cases, done, alone)
        return done, None

    def _again_alone(self, plan: Plan, code: str, cases: list[Case], done: list[Happened], alone: set[int]) -> None:
        for i, before in enumerate(done):
            if i in alone or before.outcome not in (Outcome.WRONG_ANSWER, Outcome.RUNTIME_ERROR):
                continue
            answered, whole = self._batch(plan, code, cases[i : i + 1])
            done[i] = whole or answered[0]
            if done[i].outcome == before.outcome and done[i].actual == before.actual:
                return

    def _batch(self, plan: Plan, code: str, cases: list[Case]) -> Batch:
        """Run one child on these tests, from the first on, as far as it gets."""
        order = _order(plan.limits, len(cases))
        task = _task(plan, code, [case.send for case in cases])
        out = os.memfd_create("stdout") if plan.style == Style.STDIO else None
        try:
            ended = self._run(order, task, out)
        except Fault as fault:
            return Batch([], Happened(outcome=Outcome.INFRA_ERROR, message=str(fault)))
        finally:
            if out is not None:
                os.close(out)
        return read_answers(plan, cases, ended)

    def _run(self, order: Order, task: bytes, out: int | None) -> Ended:
        """Twice at most: a zygote that was lost is started again."""
        try:
            return self._programs.begin(order, out=out).finish(task)
        except Fault:
            if out is not None:
                os.ftruncate(out, 0)
            return self._programs.begin(order, out=out).finish(task)

    def _judged(self, plan: Plan, code: str, case: Case) -> Happened:
        try:
            return self._judge(plan, code, case)
        except Fault:
            self.close()
        try:
            return self._judge(plan, code, case)
        except Fault as fault:
            self.close()
            return Happened(outcome=Outcome.INFRA_ERROR, message=str(fault))

    def _judge(self, plan: Plan, code: str, case: Case) -> Happened:
        """Let a judge's process run the block against the program's process."""
        assert case.block is not None
        order = _order(plan.limits, 1)
        ours, theirs = socket.socketpair()
        with ours, theirs:
            judge = self._judges.begin(order._replace(idle_s=None, memory_mib=_JUDGE_MIB), link=theirs)
            program = self._programs.begin(order, link=ours)
        judge.give(pack([plan.entry_point], case.block.encode("utf-8", "surrogatepass")))
        ended = program.finish(_task(plan, code, [], case.wanted))
        return read_verdict(plan, judge.finish(), ended)


def _out_of_patience(happened: Iterable[Happened], limits: Limits) -> Happened | None:
    """After enough tests over the limit of time or memory, what the rest counts as."""
    patience = min(_PATIENCE, max(1, int(_PATIENCE_S / limits.timeout_s)))
    over = [h.outcome for h in happened if h.outcome in (Outcome.TIME_LIMIT, Outcome.MEMORY_LIMIT)]
    return Happened(outcome=over[-1]) if len(over) >= patience else None


def _order(limits: Limits, n_tests: int) -> Order:
    return Order(
        timeout_s=limits.timeout_s,
        cpu_s=limits.timeout_s * max(1, n_tests),
        asleep_s=_ASLEEP_FACTOR * limits.timeout_s + _ASLEEP_FLOOR_S,
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
