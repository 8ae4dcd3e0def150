"""Watching one child until it has ended, or has to.

CPU time is judged by the child's own clock, from the mark that it leaves in a shared page at the start of each test;
``cpu_s`` bounds the sum for a program that forges its marks. Wall time counts only while every thread of the child is
asleep: on a machine so busy that the child hardly runs, a program that is waiting for its turn is never over time.
"""

import mmap
import os
import select
import signal
import socket
import struct
import time
from typing import NamedTuple

__all__ = ["MARK", "Order", "watch"]

MARK = struct.Struct("=d")
_LOOK_S = 1.0
_SLEEP_PER_CPU = 10  # seconds asleep that a second of work excuses
_STALL = 20  # times the limits, by the wall: the machine is at fault, whatever the reason


class Order(NamedTuple):
    """What the zygote knows of a program.

    Attributes:
        timeout_s: CPU seconds a test.
        cpu_s: CPU seconds in all.
        asleep_s: wall seconds asleep in all, to which each CPU second used adds ten.
        idle_s: wall seconds asleep at a stretch; None: waiting is this process's work.
        memory_mib: MiB of memory.
        file_bytes: bytes of standard output and any other file.
    """

    timeout_s: float
    cpu_s: float
    asleep_s: float
    idle_s: float | None
    memory_mib: int
    file_bytes: int

    @property
    def stall_s(self) -> float:
        """Wall seconds after which nothing more is waited for."""
        return _STALL * (self.cpu_s + self.asleep_s)


class Sleep:
    """How long the child has been asleep, seen at each look."""

    def __init__(self) -> None:
        self._last_look = time.monotonic()
        self._last_cpu = -1.0
        self.stretch_s = 0.0
        self.total_s = 0.0

    def look(self, pid: int, cpu_s: float) -> None:
        """Take note: it has been asleep since the last look if no thread of it wants to run now."""
        now, asleep = time.monotonic(), _all_asleep(pid)
        since = now - self._last_look
        self.total_s += since if asleep else 0.0
        self.stretch_s = self.stretch_s + since if asleep and cpu_s == self._last_cpu else 0.0
        self._last_look, self._last_cpu = now, cpu_s


def watch(pid: int, order: Order, mark: mmap.mmap, control: socket.socket) -> str | None:
    """Wait for the child's end and say why it was killed: cpu, idle, asleep, stalled, stopped; None: it was not."""
    ended = os.pidfd_open(pid)
    poller = select.poll()
    poller.register(ended, select.POLLIN)
    poller.register(control, select.POLLIN)
    begin, sleep, pause = time.monotonic(), Sleep(), min(_LOOK_S, order.timeout_s)
    try:
        while True:
            ready = dict(poller.poll(max(5, int(pause * 1000))))
            if ended in ready:
                return None
            used = _cpu_clock(pid)
            this_test = used - _start_of_test(mark)
            sleep.look(pid, used)
            if ready:
                cause: str | None = "stopped"  # the driver has seen enough, or is gone
            else:
                cause = _cause(order, used, this_test, sleep, time.monotonic() - begin)
            if cause:
                os.kill(pid, signal.SIGKILL)
                return cause
            pause = min(_LOOK_S, order.timeout_s - this_test, order.cpu_s - used)
    finally:
        os.close(ended)


def _cause(order: Order, used: float, this_test: float, sleep: Sleep, wall_s: float) -> str | None:
    if this_test > order.timeout_s or used > order.cpu_s:
        return "cpu"
    if order.idle_s is not None and sleep.stretch_s > order.idle_s:
        return "idle"
    if sleep.total_s > order.asleep_s + _SLEEP_PER_CPU * used:
        return "asleep"
    return "stalled" if wall_s > order.stall_s else None


def _start_of_test(mark: mmap.mmap) -> float:
    start: float = MARK.unpack_from(mark)[0]
    return start if start > 0 else 0.0  # a forged NaN or minus is no start


def _cpu_clock(pid: int) -> float:
    """CPU seconds that a process has used, all its threads together (clock id: see clock_getcpuclockid(3))."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:  # it has just ended
        return 0.0


def _all_asleep(pid: int) -> bool:
    """Whether no thread is running, ready to run or waiting for a disk."""
    try:
        return all(_state(f"/proc/{pid}/task/{thread}/stat") not in "RD" for thread in os.listdir(f"/proc/{pid}/task"))
    except OSError:  # it has just ended
        return False


def _state(path: str) -> str:
    with open(path) as stat:
        return stat.read().rpartition(")")[2].split()[0]
