"""Checker programs: the code of a problem that decides whether an answer is right, run where it can do no harm.

In: the source of a program that defines ``check(input, expected, actual)``, and the three. Out: its answer, a bool, or
a ``CheckerFault`` that says why there is none. Each question is a process of its own, forked from a sandbox that no
judged program ever runs in: what a program says reaches its checker as data, and nothing else of it does.
"""

from collections.abc import Sequence
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any

from dualset.builders.dataset.records import Limits
from dualset.builders.dataset.words import Outcome, Style
from dualset.builders.execution.checkers import CheckerFault
from dualset.builders.execution.happened import Happened
from dualset.builders.execution.ladder import Level
from dualset.builders.execution.plan import Case, Plan
from dualset.builders.execution.run import Worker

__all__ = ["CheckerJail"]

_ENTRY = "check"
_LIMITS = Limits(timeout_s=10.0, memory_mb=1024, output_kb=1 << 16)  # what it is asked about is a file too
_ANSWERS = {b"true": True, b"false": False}


class CheckerJail:
    """Sandboxes for checker programs, one a thread that asks, each started when it is first needed.

    Args:
        level: of isolation, that of the programs judged.
        packages: installed packages that checker programs may import.
    """

    def __init__(self, level: Level, packages: Sequence[str] = ()) -> None:
        self._level, self._packages = level, packages
        self._workers: list[Worker] = []
        self._idle: SimpleQueue[Worker] = SimpleQueue()
        self._lock = Lock()
        self._stopped = False

    def ask(self, source: str, arguments: list[Any]) -> bool:
        """What ``check`` answers to input, expected and actual; called from any thread.

        Raises:
            CheckerFault: the checker raised, ran over its limits (10 CPU seconds, 1 GiB) or returned no bool.
        """
        case = Case(test_id=_ENTRY, send=(_ENTRY, arguments, {}, None), right=_ANSWERS.__contains__)
        worker = self._worker()
        try:
            [happened] = worker.run(Plan(style=Style.CALL, entry_point=_ENTRY, cases=(case,), limits=_LIMITS), source)
        finally:
            self._idle.put(worker)
        return _answer(happened)

    def _worker(self) -> Worker:
        try:
            return self._idle.get_nowait()
        except Empty:
            worker = Worker(self._level, self._packages)
        with self._lock:
            self._workers.append(worker)
            if self._stopped:
                worker.stop()
        return worker

    def stop(self) -> None:
        """Let questions that other threads have asked fail now, and answer no more."""
        with self._lock:
            self._stopped = True
            for worker in self._workers:
                worker.stop()

    def close(self) -> None:
        """End the sandboxes."""
        for worker in self._workers:
            worker.close()


def _answer(happened: Happened) -> bool:
    if happened.outcome == Outcome.PASS and happened.actual is not None:
        return _ANSWERS[happened.actual]
    if happened.outcome == Outcome.WRONG_ANSWER:
        seen = (happened.actual or b"")[:60].decode("ascii", "replace")
        msg = f"the checker returned {seen} and not True or False"
        raise CheckerFault(msg)
    line = f"line {happened.line}" if happened.line is not None else None
    told = ": ".join(part for part in (happened.exception, line, happened.message) if part)
    msg = f"the checker did not decide: {happened.outcome}{': ' if told else ''}{told}"
    raise CheckerFault(msg)
