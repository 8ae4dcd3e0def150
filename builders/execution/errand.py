"""One child's life as the driver sees it: files are made for it, it runs, and what it wrote is read.

The task and the records are files in memory, made anew for each child and read when it has ended: nothing that a
program writes, or does not write, makes the driver wait or keep more than was agreed.
"""

import os
import socket
from types import TracebackType
from typing import NamedTuple

from dualset.builders.errors import ExecutionError
from dualset.builders.execution.inside.memory import memory_file
from dualset.builders.execution.inside.records import Record, records_in
from dualset.builders.execution.inside.watch import Order
from dualset.builders.execution.worker import Ended, Zygote

__all__ = ["Errand", "Ran"]


class Ran(NamedTuple):
    """What a child left.

    Attributes:
        ended: how it ended.
        records: what it wrote down, up to the first thing that was no record.
        printed: what standard output held at the end, where it had one.
    """

    ended: Ended
    records: list[Record]
    printed: bytes


class Errand:
    """Begins when it is made, for a child of this zygote; ``finish`` waits for its end.

    Args:
        zygote: whose child it is.
        order: its limits.
        task: what it reads.
        prints: it has standard streams of its own.
        link: its end of the line between a program and its judge.

    Raises:
        Fault: the zygote was lost.
        ExecutionError: there is no room for its files.
    """

    def __init__(
        self, zygote: Zygote, order: Order, task: bytes, *, prints: bool = False, link: socket.socket | None = None
    ) -> None:
        self._zygote, self._order, self._prints = zygote, order, prints
        self._fds: list[int] = []
        try:
            self._make_files(4 if prints else 2, task)
            zygote.begin(order, [*self._fds, *([link.fileno()] if link else [])])
        except BaseException:
            self.close()
            raise

    def _make_files(self, n: int, task: bytes) -> None:
        try:
            for name in ("task", "records", "stdout", "stdin")[:n]:
                self._fds.append(memory_file(name))
            _write(self._fds[0], task)
        except OSError as error:
            msg = f"cannot make a program's files: {error}"
            raise ExecutionError(msg) from error

    @property
    def isolation(self) -> str:
        """The layers of the jail that it runs in."""
        return self._zygote.isolation

    def finish(self) -> Ran:
        """Wait for the child's end.

        Raises:
            Fault: the zygote was lost, or the machine let the child stand still.
        """
        ended = self._zygote.finish(self._order)
        records = records_in(os.pread(self._fds[1], self._order.result_bytes, 0), _most_records(self._order))
        printed = os.pread(self._fds[2], self._order.file_bytes, 0) if self._prints else b""
        return Ran(ended, records, printed)

    def close(self) -> None:
        """Let the files go."""
        for fd in self._fds:
            os.close(fd)
        self._fds = []

    def __enter__(self) -> "Errand":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _most_records(order: Order) -> int:
    """More than any child of ours writes: one that fills the file with empty ones costs no time."""
    return 8 + 4 * round(order.cpu_s / order.timeout_s)


def _write(fd: int, data: bytes) -> None:
    at = 0
    while at < len(data):
        at += os.pwrite(fd, data[at:] if at else data, at)
