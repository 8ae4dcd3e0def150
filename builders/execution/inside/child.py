"""A program's process: read the job from the driver, compile the program, answer its tests one after the other.

Frames out: ``["syntax", message]`` or ``["loaded"]`` or ``["failed", error]``; then for each test ``["test", report]``
with what it printed or returned as the body; ``["soiled"]`` where the rest should run in a fresh process. What it says
is only a claim about the program's own output: the driver compares it with what only the driver knows.
"""

import builtins
import json
import mmap
import os
import random
import resource
import socket
import sys
import types
from typing import Any, NamedTuple

from dualset.builders.execution.inside import calls, remote, stdio
from dualset.builders.execution.inside.failure import describe
from dualset.builders.execution.inside.frames import pack, read_frame
from dualset.builders.execution.inside.limits import MAXRSS_PER_MIB
from dualset.builders.execution.inside.prelude import PRELUDE, RECURSION_LIMIT
from dualset.builders.execution.inside.watch import MARK, Order

__all__ = ["run"]

_SAFE_FD = 40  # above what programs open, below the limit


class Usage(NamedTuple):
    """CPU seconds so far, and the peak of resident memory in MiB."""

    cpu_s: float
    peak_mib: float


def _usage() -> Usage:
    """From getrusage: with a CPU limit set, the process clock moves only with the scheduler's tick."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return Usage(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / MAXRSS_PER_MIB)


class Reporter:
    """The way back to the driver, with the marks from which CPU time is judged."""

    def __init__(self, job: socket.socket, mark: mmap.mmap) -> None:
        self._send = job.sendall
        self._mark = mark
        self._start = 0.0

    def begin(self) -> None:
        """A test begins now."""
        self._start = _usage().cpu_s
        MARK.pack_into(self._mark, 0, self._start)

    def say(self, *head: Any) -> None:
        """A frame without a body."""
        self._send(pack(list(head)))

    def test(self, status: str, body: bytes = b"", error: Any = None) -> None:
        """A test has ended: ok, or error with its description, or long where the body is cut."""
        usage = _usage()
        cpu_ms = round((usage.cpu_s - self._start) * 1000, 3)
        report = {"status": status, "cpu_ms": cpu_ms, "peak_mib": usage.peak_mib, "error": error}
        self._send(pack(["test", report], body))


def run(order: Order, fds: list[int], mark: mmap.mmap) -> None:
    """Everything between the fork and the end of the process; does not return."""
    job = socket.socket(fileno=os.dup2(fds[0], _SAFE_FD, inheritable=False))
    second = os.dup2(fds[1], _SAFE_FD + 1, inheritable=False) if len(fds) > 1 else None
    frame = read_frame(job)
    if frame is None:
        os._exit(0)
    task = json.loads(frame.body)
    report = Reporter(job, mark)
    _close_others(fds)
    random.seed(0)
    try:
        code = compile(task["code"], "<program>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        report.say("syntax", describe(error))
        os._exit(0)
    _answer(task, code, order, report, second)
    os._exit(0)


def _answer(task: dict[str, Any], code: types.CodeType, order: Order, report: Reporter, second: int | None) -> None:
    if task["prelude"]:
        vars(builtins).update(PRELUDE)
        sys.setrecursionlimit(RECURSION_LIMIT)
    if task["style"] == "stdio":
        assert second is not None
        report.say("loaded")
        stdio.answer(code, task["cases"], report, second, order.file_bytes)
        return
    report.begin()
    _nowhere()
    try:
        names = calls.load(code)
    except BaseException as error:  # noqa: BLE001  # SystemExit too: a program that is to be called has to stay
        report.say("failed", describe(error))
        os._exit(0)
    report.say("loaded")
    if second is not None:
        remote.serve(names, task["wanted"], socket.socket(fileno=second))
        return
    calls.answer(names, task["cases"], report, order.file_bytes)


def _nowhere() -> None:
    """Called programs have no input, and what they print is nobody's business."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115


def _close_others(fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)
