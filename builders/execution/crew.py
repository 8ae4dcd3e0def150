"""Several workers, each with its sandbox processes: work is given to whichever is free, the most urgent first.

In: problems, and what a worker is to do. Out: the results; ``at_each``: of every program, in the order given, whatever
the number of workers, with a bounded number of them in flight.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count, islice
from queue import PriorityQueue, SimpleQueue
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

from dualset.builders.dataset.records import Problem
from dualset.builders.errors import ExecutionError
from dualset.builders.execution.checker_jail import CheckerJail
from dualset.builders.execution.ladder import Sandbox, level_of
from dualset.builders.execution.plan import Plan, plan
from dualset.builders.execution.run import Worker
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.execution.warm import take, take_back

__all__ = ["Crew", "Program", "at_each"]

T = TypeVar("T")
_AHEAD = 16  # programs a worker that may be in flight before the first of them is taken


class Program(NamedTuple):
    """One distinct code text of one problem."""

    problem_id: str
    program_id: str
    code: str


class Crew:
    """Workers in threads, which only wait on their sandbox processes. The end of a ``with`` waits for what was
    submitted; after an error it ends the workers, whatever they are doing.

    Args:
        problems: by problem_id.
        settings: limits, where a problem has none of its own.
        sandbox: how many workers, and how programs are kept from this machine.
        early_stop: as ``Worker`` has it.

    Raises:
        ExecutionError: a sandbox that cannot be started at this level.
    """

    def __init__(
        self, problems: Mapping[str, Problem], settings: LabelSettings, sandbox: Sandbox, *, early_stop: bool = True
    ) -> None:
        self._problems, self._settings, self._plans = problems, settings, dict[str, Plan]()
        self._level, n = level_of(sandbox.isolation), max(1, sandbox.workers)
        self._checkers = CheckerJail(self._level, settings.packages)
        self._workers = take(n, self._level, settings.packages, early_stop=early_stop)
        self._idle: SimpleQueue[Worker] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._waiting: PriorityQueue[tuple[int, int, Callable[[Worker], Any], Future[Any]]] = PriorityQueue()
        self._numbers = count()
        self._pool = ThreadPoolExecutor(n, thread_name_prefix="label")

    def plan(self, problem_id: str) -> Plan:
        """What is asked of a program of this problem; from the thread that made the crew.

        Raises:
            ExecutionError: a test that cannot be read, or no such problem.
        """
        if problem_id not in self._problems:
            msg = f"problem {problem_id}, whose program is to be run, is not among the problems given"
            raise ExecutionError(msg)
        if problem_id not in self._plans:
            self._plans[problem_id] = plan(self._problems[problem_id], self._settings, self._checkers.ask)
        return self._plans[problem_id]

    def submit(self, work: Callable[[Worker], T], *, after: int = 0) -> Future[T]:
        """Let a worker do something once it is free; from any thread.

        Args:
            work: what is done.
            after: what waits with a smaller number goes first, and of the same number what came first.
        """
        future: Future[T] = Future()
        self._waiting.put((after, next(self._numbers), work, future))
        self._pool.submit(self._do_next)
        return future

    def _do_next(self) -> None:
        *_, work, future = self._waiting.get()
        worker = self._idle.get()
        try:
            future.set_result(work(worker))
        except BaseException as error:  # noqa: BLE001  # whoever waits for the result gets it
            future.set_exception(error)
        finally:
            self._idle.put(worker)
            del work, future  # the error knows this frame: what it holds would stay until the next garbage collection

    def in_order(self, begun: Iterator[Future[T]]) -> Iterator[T]:
        """The results of work that is submitted as this is consumed, so many ahead."""
        waiting = deque(islice(begun, _AHEAD * len(self._workers)))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(islice(begun, 1))

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            self._pool.shutdown()
            take_back(self._workers, self._level, self._settings.packages)
            self._checkers.close()
            return
        staff: list[Worker | CheckerJail] = [*self._workers, self._checkers]
        for each in staff:  # who leaves early does not wait for what is running
            each.stop()
        self._pool.shutdown(cancel_futures=True)
        for each in staff:
            each.close()


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
    with Crew(problems, settings, sandbox, early_stop=early_stop) as crew:

        def begin(program: Program) -> Future[T]:
            if program.problem_id not in problems:
                msg = f"program {program.program_id} belongs to problem {program.problem_id}, which is not there"
                raise ExecutionError(msg)
            its_plan = crew.plan(program.problem_id)
            return crew.submit(lambda worker: work(worker, program, its_plan))

        yield from crew.in_order(map(begin, programs))
