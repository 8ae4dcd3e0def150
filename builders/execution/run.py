"""Runs one program on all tests of its problem: what happened on each.

The rules, beyond one child that answers all tests in order:

- A child that ends early decides the test it was in, and the tests after it go to a fresh child. After three tests
  over the limit of time or memory, or fewer that took six CPU seconds by their limits, the rest counts as over it too,
  without being run: endless loops would be most of the work. A program that does not get through its own top level
  has failed every test in the same way, and is not tried again.
- stdio: the first test that fails after others ran in the same child is run again alone. If it then ends differently,
  what the earlier tests left behind had a part in it, and every such failing test is run again alone.
- A child whose claimed times do not add up to what it used has restarted its own clock: then each of its tests is run
  alone, where its whole time is the test's.
- What is over the limit of time by the child's own CPU clock is over it even where the answer was right.
- A fault of the sandbox is tried again once, and then its tests are ``infra_error``.
"""

import marshal
import re
import socket
from collections.abc import Iterable, Sequence

from dualset.builders.dataset.records import Limits
from dualset.builders.dataset.words import Outcome, Style
from dualset.builders.execution.errand import Errand, Ran
from dualset.builders.execution.happened import Batch, Happened, read_answers, read_verdicts, times_add_up, variants_in
from dualset.builders.execution.inside.task import task_bytes
from dualset.builders.execution.inside.watch import Order
from dualset.builders.execution.ladder import Level
from dualset.builders.execution.plan import Case, Plan
from dualset.builders.execution.worker import Fault, Zygote

__all__ = ["Worker"]

_PATIENCE, _PATIENCE_S = 3, 6.0
_ASLEEP_FACTOR, _ASLEEP_FLOOR_S = 10.0, 5.0
_IDLE_FLOOR_S = 1.0
_JUDGE_MIB = 512
_RECORD_BYTES = 8192
_MOST_RESULTS, _SOME = 1 << 24, 1 << 16


class Worker:
    """Runs one program at a time, with zygotes of several kinds, each started once it is needed.

    Args:
        level: of isolation.
        packages: installed packages that programs may import; a zygote that has imported them is kept for those that
            mention one.
        early_stop: after enough tests over the limit of time or memory the rest counts as over it too. False: every
            test is run.
    """

    def __init__(self, level: Level, packages: Sequence[str] = (), *, early_stop: bool = True) -> None:
        self._level, self._packages, self.early_stop = level, tuple(packages), early_stop
        self._zygotes: dict[tuple[str, bool], Zygote] = {}
        self._stopped = False
        self._mention = re.compile(rf"\b(?:{'|'.join(map(re.escape, packages))})\b") if packages else None
        self.isolation = ""
        """The layers of the jail that its programs run in; empty before the first."""

    def stop(self) -> None:
        """Let a run that another thread is in fail now, and run nothing more."""
        self._stopped = True
        for zygote in list(self._zygotes.values()):
            zygote.stop()

    def close(self) -> None:
        """End the zygotes."""
        for zygote in self._zygotes.values():
            zygote.close()

    def run(self, plan: Plan, code: str) -> list[Happened]:
        """What the program did on each test, in the plan's order."""
        direct = [i for i, case in enumerate(plan.cases) if case.send is not None]
        blocks = [i for i, case in enumerate(plan.cases) if case.send is None]
        answers, whole = self._answers(plan, code, [plan.cases[i] for i in direct]) if direct else ([], None)
        verdicts = self._verdicts(plan, code, [plan.cases[i] for i in blocks], answers, whole)
        happened = dict(zip([*direct, *blocks], [*answers, *verdicts], strict=True))
        return [happened[i] for i in range(len(plan.cases))]

    def run_variants(self, plan: Plan, codes: Sequence[str]) -> list[list[Happened]]:
        """What several variants of one program did, each as :meth:`run` would tell it: mutants, say.

        They share one process as far as that goes well. One that does not get through all tests, or leaves something
        behind, is run by itself, and those after it share another process. Variants are by one author: what one could
        leave for the next is theirs to tell (for programs that do not trust each other, ``run`` each).
        """
        done: list[list[Happened]] = []
        can_share = all(case.send is not None for case in plan.cases)
        while len(done) < len(codes):
            if can_share and len(codes) - len(done) > 1:
                done += self.run_together(plan, codes[len(done) :])
            if len(done) < len(codes):
                done.append(self.run(plan, codes[len(done)]))
        return done

    def run_together(self, plan: Plan, codes: Sequence[str]) -> list[list[Happened]]:
        """What variants did in one process: the first one and those after it, up to one that did not answer every test.

        Whoever asks knows that no test of the plan needs a judge.
        """
        try:
            ran = self._run(plan, codes, plan.cases)
        except Fault:
            return []
        done: list[list[Happened]] = []
        if not times_add_up(ran, plan.limits.timeout_s):
            return done
        for part in variants_in(ran)[: len(codes)]:
            answered, whole = read_answers(plan, plan.cases, part)
            if whole is None and (len(answered) < len(plan.cases) or any(_over(each) for each in answered)):
                break
            done.append([whole] * len(plan.cases) if whole else answered)
        return done

    def _answers(self, plan: Plan, code: str, cases: list[Case]) -> tuple[list[Happened], Happened | None]:
        """What happened on each of these tests; and what holds for every test, where the program does not load."""
        done: list[Happened] = []
        alone: set[int] = set()  # the tests that were the first in their child
        while len(done) < len(cases):
            spent = self._out_of_patience(done, plan.limits)
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

    def _batch(self, plan: Plan, code: str, cases: Sequence[Case]) -> Batch:
        """Run one child on these tests, from the first on, as far as it gets."""
        try:
            ran = self._run(plan, [code], cases)
            if len(cases) > 1 and not times_add_up(ran, plan.limits.timeout_s):
                cases = cases[:1]
                ran = self._run(plan, [code], cases)
            return read_answers(plan, cases, ran)
        except Fault as fault:
            return Batch([], _infra_error(fault))

    def _run(self, plan: Plan, codes: Sequence[str], cases: Sequence[Case]) -> Ran:
        """Twice at most: a zygote that was lost is started again."""
        task = _task(plan, codes, cases)
        order = _order(plan.limits, len(cases) * len(codes), len(task))
        for _ in range(2):
            try:
                with Errand(
                    self._zygote_for(plan, "\n".join(codes)), order, task, prints=plan.style == Style.STDIO
                ) as errand:
                    ran = errand.finish()
                    self.isolation = self.isolation or errand.isolation
                    return ran
            except Fault as error:
                fault = error
        raise fault

    def _zygote_for(self, plan: Plan, code: str) -> Zygote:
        return self._zygote("program" if plan.style == Style.ASSERT else "prelude", code)

    def _zygote(self, kind: str, code: str) -> Zygote:
        warm = self._mention is not None and bool(self._mention.search(code))
        if (kind, warm) not in self._zygotes:
            self._zygotes[kind, warm] = Zygote(kind, self._level, self._packages if warm else ())
        zygote = self._zygotes[kind, warm]
        if self._stopped:
            zygote.stop()
        return zygote

    def _verdicts(
        self, plan: Plan, code: str, blocks: list[Case], before: Sequence[Happened], whole: Happened | None
    ) -> list[Happened]:
        """What a judge finds on each of these tests."""
        done: list[Happened] = []
        while len(done) < len(blocks):
            settled = whole or self._out_of_patience([*before, *done], plan.limits)
            if settled:
                done.append(settled)
                continue
            judged, whole = self._judged(plan, code, blocks[len(done) :])
            done += [] if whole else judged
        return done

    def _out_of_patience(self, happened: Iterable[Happened], limits: Limits) -> Happened | None:
        """After enough tests over the limit of time or memory, what the rest counts as."""
        patience = min(_PATIENCE, max(1, int(_PATIENCE_S / limits.timeout_s)))
        over = [h.outcome for h in happened if h.outcome in (Outcome.TIME_LIMIT, Outcome.MEMORY_LIMIT)]
        return Happened(outcome=over[-1]) if self.early_stop and len(over) >= patience else None

    def _judged(self, plan: Plan, code: str, blocks: Sequence[Case]) -> Batch:
        """Let a judge's process run the blocks against one process of the program; twice at most, as above."""
        for _ in range(2):
            try:
                judge, program = self._judge(plan, code, blocks)
                if len(blocks) > 1 and not times_add_up(program, plan.limits.timeout_s):
                    judge, program = self._judge(plan, code, blocks[:1])
                return read_verdicts(plan, judge, program)
            except Fault as error:
                fault = error
                self.close()
        return Batch([], _infra_error(fault))

    def _judge(self, plan: Plan, code: str, blocks: Sequence[Case]) -> tuple[Ran, Ran]:
        """What the judge and the program left."""
        order = _order(plan.limits, len(blocks), len(code))
        order = order._replace(idle_s=order.asleep_s)  # the program waits while the judge works
        task = marshal.dumps((plan.entry_point, [(case.block, case.wanted) for case in blocks]))
        ours, theirs = socket.socketpair()
        with ours, theirs:
            judging = order._replace(idle_s=float("inf"), memory_mib=_JUDGE_MIB)
            blocks_text = "\n".join(case.block or "" for case in blocks)
            judge = Errand(self._zygote("judge", blocks_text), judging, task, link=theirs)
            with judge:
                program = Errand(self._zygote_for(plan, code), order, _task(plan, [code], ()), link=ours)
                theirs.close()
                ours.close()
                with program:
                    ran = program.finish()
                    self.isolation = self.isolation or program.isolation
                    return judge.finish(), ran


def _infra_error(fault: Fault) -> Happened:
    return Happened(outcome=Outcome.INFRA_ERROR, message=str(fault))


def _order(limits: Limits, n_tests: int, n_given: int) -> Order:
    tests, output = max(1, n_tests), limits.output_kb * 1024
    results = min(tests * (output + _RECORD_BYTES) + _SOME, max(output + _SOME, _MOST_RESULTS))
    return Order(
        timeout_s=limits.timeout_s,
        cpu_s=limits.timeout_s * tests,
        asleep_s=_ASLEEP_FACTOR * limits.timeout_s + _ASLEEP_FLOOR_S,
        idle_s=limits.timeout_s + _IDLE_FLOOR_S,
        memory_mib=limits.memory_mb,
        file_bytes=output,
        result_bytes=results,
        write_bytes=-(-max(results, 2 * n_given) // _SOME) * _SOME,  # inputs and compiled texts are written too
    )


def _over(happened: Happened) -> bool:
    return happened.outcome in (Outcome.TIME_LIMIT, Outcome.MEMORY_LIMIT, Outcome.OUTPUT_LIMIT)


def _task(plan: Plan, codes: Sequence[str], cases: Sequence[Case]) -> bytes:
    rest = (str(plan.style), plan.style != Style.ASSERT, [case.send for case in cases])
    return task_bytes(codes, marshal.dumps(rest))
