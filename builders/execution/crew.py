"""Several workers, each with its sandbox processes: what is done with every program, in the order given.

In: problems, programs, and what a worker does with one. Out: the results, in order, whatever the number of workers; a
bounded number of programs is in flight.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from queue import SimpleQueue
from typing import NamedTuple, TypeVar

from dualset.builders.dataset.records import Problem
from dualset.builders.errors import ExecutionError
from dualset.builders.execution.checker_jail import CheckerJail
from dualset.builders.execution.ladder import Sandbox, level_of
from dualset.builders.execution.plan import Plan, plan
from dualset.builders.execution.run import Worker
from dualset.builders.execution.settings import LabelSettings

__all__ = ["Program", "at_each"]

T = TypeVar("T")
_AHEAD = 16  # programs a worker that may be in flight before the first of them is taken


class Program(NamedTuple):
    """One distinct code text of one problem."""

    problem_id: str
    program_id: str
    code: str


def at_each(
    problems: Mapping[str, Problem],
    programs: Iterable[Program],
    settings: LabelSettings,
    sandbox: Sandbox,
    work: Callable[[Worker, Program, Plan], T],
    *,
    early_stop: bool = True,
) -> Iterator[T]:
    """Let a worker do something with each program and its problem's plan, and yield what came of it.

    Args:
        problems: by problem_id; each program's problem is among them.
        programs: consumed as they are worked on.
        settings: limits, where the problem has none of its own.
        sandbox: how many workers, and how programs are kept from this machine.
        work: what is done with one.
        early_stop: as ``Worker`` has it.

    Raises:
        ExecutionError: a test that cannot be read, or a sandbox that cannot be started at this level.
    """
    plans: dict[str, Plan] = {}
    level = level_of(sandbox.isolation)
    checkers = CheckerJail(level, settings.packages)
    workers = [Worker(level, settings.packages, early_stop=early_stop) for _ in range(max(1, sandbox.workers))]

    def planned(program: Program) -> Plan:
        if program.problem_id not in problems:
            msg = f"program {program.program_id} belongs to problem {program.problem_id}, which is not there"
            raise ExecutionError(msg)
        if program.problem_id not in plans:
            plans[program.problem_id] = plan(problems[program.problem_id], settings, checkers.ask)
        return plans[program.problem_id]

    yield from _in_order(((program, planned(program)) for program in programs), work, workers, checkers)


def _in_order(
    jobs: Iterator[tuple[Program, Plan]],
    work: Callable[[Worker, Program, Plan], T],
    workers: list[Worker],
    checkers: CheckerJail,
) -> Iterator[T]:
    """Threads only wait on their sandbox processes."""
    idle: SimpleQueue[Worker] = SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def one(program: Program, its_plan: Plan) -> T:
        worker = idle.get()
        try:
            return work(worker, program, its_plan)
        finally:
            idle.put(worker)

    pool = ThreadPoolExecutor(len(workers), thread_name_prefix="label")
    waiting: deque[Future[T]] = deque()
    try:
        waiting.extend(pool.submit(one, *job) for job in islice(jobs, _AHEAD * len(workers)))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(one, *job) for job in islice(jobs, 1))
    finally:
        staff: list[Worker | CheckerJail] = [*workers, checkers]
        for each in staff:  # one that stops early does not wait for what is running
            each.stop()
        pool.shutdown(wait=True, cancel_futures=True)
        for each in staff:
            each.close()
