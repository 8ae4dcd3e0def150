"""Workers that outlive their crew: a loop that runs programs in every step starts its sandboxes once.

In: ``with sandboxes_kept():`` around the loop. Out: for each crew the workers that the last one of the same kind left,
as far as there are any; new ones else. Only workers with nothing to do are kept, and what a program did is gone with
its process as ever. Left out: checker programs, whose sandboxes are started for each crew.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

from dualset.builders.execution.ladder import Level
from dualset.builders.execution.run import Worker

__all__ = ["sandboxes_kept", "take", "take_back"]

_lock = Lock()
_shelves: list[dict[tuple[Level, tuple[str, ...]], list[Worker]]] = []
"""One where workers are kept, by what they were made with; else none."""


@contextmanager
def sandboxes_kept() -> Iterator[None]:
    """Keep the sandbox processes that are started within, whatever starts them, until its end; the outermost counts."""
    with _lock:
        if outermost := not _shelves:
            _shelves.append({})
    try:
        yield
    finally:
        if outermost:
            with _lock:
                shelf = _shelves.pop()
            for workers in shelf.values():
                for worker in workers:
                    worker.close()


def take(n: int, level: Level, packages: Sequence[str], *, early_stop: bool) -> list[Worker]:
    """So many workers; each argument as ``Worker`` has it."""
    with _lock:
        kept = _shelves[0].get((level, tuple(packages)), []) if _shelves else []
        taken, kept[:] = kept[:n], kept[n:]
    for worker in taken:
        worker.early_stop = early_stop
    return taken + [Worker(level, packages, early_stop=early_stop) for _ in range(n - len(taken))]


def take_back(workers: Sequence[Worker], level: Level, packages: Sequence[str]) -> None:
    """Keep workers that have nothing to do, or end them."""
    with _lock:
        if _shelves:
            _shelves[0].setdefault((level, tuple(packages)), []).extend(workers)
            return
    for worker in workers:
        worker.close()
