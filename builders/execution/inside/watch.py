"""Watching one child until it has ended, or has to.

CPU time is judged by the child's own clock, from the mark that it leaves in a shared page at the start of each test;
``cpu_s`` bounds the sum for a program that forges its marks. Wall time counts only while every thread of the child is
asleep: on a machine so busy that the child hardly runs, a program that is waiting for its turn is never over time.
"""

import mmap
import os
import select
import signal
import struct
import time
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["CAUSES", "MARK", "ORDER", "REPORT", "Order", "cpu_clock", "watch"]

MARK = struct.Struct("=d")
ORDER = struct.Struct("=ddddqqqq")
REPORT = struct.Struct("=iidd")
"""What the zygote says of an ended child: exit code (minus the signal), index of the cause, CPU seconds, peak MiB."""
CAUSES = ("", "cpu", "idle", "asleep", "stalled", "fork")
"""Why a child was killed; empty: it was not; fork: there never was one."""

_LOOK_S = 1.0
_SLEEP_PER_CPU = 10  # seconds asleep that a second of work excuses
_STALL = 20  # times the limits, by the wall: the machine is at fault, whatever the reason
_DYING_S = 60.0
_TICK_S = 0.005  # where the kernel cannot wake us at a process's end


class Order(NamedTuple):
    """What the zygote knows of a program.

    Attributes:
        timeout_s: CPU seconds a test.
        cpu_s: CPU seconds in all.
        asleep_s: wall seconds asleep in all, to which each CPU second used adds ten.
        idle_s: wall seconds asleep at a stretch; infinite where waiting is this process's work.
        memory_mib: MiB of memory.
        file_bytes: bytes of standard output, or of a result.
        result_bytes: bytes of all results of one process together.
        write_bytes: bytes of any file that it writes.
    """

    timeout_s: float
    cpu_s: float
    asleep_s: float
    idle_s: float
    memory_mib: int
    file_bytes: int
    result_bytes: int
    write_bytes: int

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

    def look(self, asleep: bool, cpu_s: float) -> None:
        """Take note: it has been asleep since the last look if no thread of it wants to run now."""
        now = time.monotonic()
        since = now - self._last_look
        self.total_s += since if asleep else 0.0
        self.stretch_s = self.stretch_s + since if asleep and cpu_s == self._last_cpu else 0.0
        self._last_look, self._last_cpu = now, cpu_s


def watch(pid: int, order: Order, mark: mmap.mmap, asleep: Callable[[], bool]) -> str:
    """Wait for the child's end, and say why it was killed (see ``CAUSES``).

    Args:
        pid: the child.
        order: its limits.
        mark: the page in which it notes the CPU time at which a test began.
        asleep: whether no thread of it wants to run now.
    """
    wait = _waiting(pid)
    pause = min(_LOOK_S, order.timeout_s)
    if wait(pause):
        return ""
    begin, sleep = time.monotonic(), Sleep()
    while True:
        used = cpu_clock(pid) or _start_of_test(mark)  # without a clock of the child's, what it says is its progress
        this_test = used - _start_of_test(mark)
        sleep.look(asleep(), used)
        cause = _cause(order, used, this_test, sleep, time.monotonic() - begin)
        if cause:
            os.kill(pid, signal.SIGKILL)
            wait(_DYING_S)
            return cause
        pause = min(_LOOK_S, order.timeout_s - this_test, order.cpu_s - used)
        if wait(max(_TICK_S, pause)):
            return ""


def _waiting(pid: int) -> Callable[[float], bool]:
    """A function that waits some seconds and says whether the child has ended; it is not reaped."""
    if not hasattr(os, "pidfd_open"):
        return lambda seconds: _wait_by_looking(pid, seconds)
    ended = os.pidfd_open(pid)
    poller = select.poll()
    poller.register(ended, select.POLLIN)

    def wait(seconds: float) -> bool:
        if poller.poll(seconds * 1000):
            os.close(ended)
            return True
        return False

    return wait


def _wait_by_looking(pid: int, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not _has_ended(pid, min(_TICK_S, seconds)):
        if time.monotonic() > until:
            return False
    return True


def _has_ended(pid: int, seconds: float) -> bool:
    if hasattr(os, "waitid"):
        time.sleep(seconds)
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
    queue = select.kqueue()  # type: ignore[attr-defined]  # macOS
    try:
        event = select.kevent(  # type: ignore[attr-defined]
            pid,
            filter=select.KQ_FILTER_PROC,  # type: ignore[attr-defined]
            flags=select.KQ_EV_ADD,  # type: ignore[attr-defined]
            fflags=select.KQ_NOTE_EXIT,  # type: ignore[attr-defined]
        )
        return bool(queue.control([event], 1, seconds))
    except ProcessLookupError:
        return True
    finally:
        queue.close()


def _cause(order: Order, used: float, this_test: float, sleep: Sleep, wall_s: float) -> str:
    if this_test > order.timeout_s or used > order.cpu_s:
        return "cpu"
    if sleep.stretch_s > order.idle_s:
        return "idle"
    if sleep.total_s > order.asleep_s + _SLEEP_PER_CPU * used:
        return "asleep"
    return "stalled" if wall_s > order.stall_s else ""


def _start_of_test(mark: mmap.mmap) -> float:
    start: float = MARK.unpack_from(mark)[0]
    return start if start > 0 else 0.0  # a forged NaN or minus is no start


def cpu_clock(pid: int) -> float:
    """CPU seconds that a process has used, all its threads together (clock id: see clock_getcpuclockid(3))."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:  # it has just ended, or this system has no such clock (RLIMIT_CPU then is what ends it)
        return 0.0
