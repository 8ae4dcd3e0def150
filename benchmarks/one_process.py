"""A process of its own for a program, waited for by its descriptor: ``subprocess.run(timeout=...)`` looks at growing
intervals, up to 50 ms, so that a process of 9 ms takes 15.

In: a command line, a limit by the wall, and what is on standard input. Out: how it ended, and what it printed. Linux.
"""

import os
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from select import select
from typing import NamedTuple

__all__ = ["Ended", "run_process"]


class Ended(NamedTuple):
    """The exit code, None where it was over the limit; and what it printed, where it was given something to read."""

    code: int | None
    printed: str


def run_process(command: Sequence[str], timeout_s: float, given: str | None = None) -> Ended:
    """Run it until it ends, or for so many seconds.

    Args:
        command: with its arguments.
        timeout_s: wall seconds; after them it is killed.
        given: its standard input, by a file in memory as its output; None: both lead nowhere.
    """
    with ExitStack() as stack:
        streams = [subprocess.DEVNULL] * 2
        if given is not None:
            streams = [os.memfd_create(name) for name in ("in", "out")]
            for fd in streams:
                stack.callback(os.close, fd)
            os.pwrite(streams[0], given.encode(), 0)
        process = subprocess.Popen(command, stdin=streams[0], stdout=streams[1], stderr=subprocess.DEVNULL)
        ends = os.pidfd_open(process.pid)
        stack.callback(os.close, ends)
        in_time = bool(select([ends], [], [], timeout_s)[0])
        if not in_time:
            process.kill()
        code = process.wait()
        printed = b"" if given is None else os.pread(streams[1], os.fstat(streams[1]).st_size, 0)
        return Ended(code if in_time else None, printed.decode("utf-8", "replace"))
