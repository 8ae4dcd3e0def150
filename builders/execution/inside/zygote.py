"""The zygote: a small single-threaded Python that forks one child a program, watches it, and reaps what it leaves.

In, on its control socket: one order a line (limits only) with the descriptors that the child needs: the job socket and
for stdio the file that becomes standard output. Out: one report a line: how the child ended, its CPU time and memory.
Program, inputs and results pass from the driver to the child and back without entering this process, so nothing of one
program can be found in the memory that the next is forked from.

CPU time is judged by the child's own clock, from the mark that it leaves in a shared page at the start of each test;
``cpu_s`` bounds the sum for a program that forges its marks. Wall time is a far backstop, so load does not change
labels; a process that uses no CPU at all for the time of a test is asleep, and is stopped as over time.
"""

import gc
import json
import mmap
import os
import select
import signal
import socket
import struct
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from dualset.builders.execution.inside.limits import MAXRSS_PER_MIB, MIB, forgo_privileges, restrain

__all__ = ["MARK", "Order", "serve"]

MARK = struct.Struct("=d")
_ORPHAN_ROUNDS = 2000
_SLOWEST = 10  # a tenth of a core: what a working process gets at the least on a loaded machine
_PARENT_CHECK_MS = 2000


class Order(NamedTuple):
    """What the zygote knows of a program.

    Attributes:
        kind: program or judge.
        timeout_s: CPU seconds a test.
        cpu_s: CPU seconds in all.
        wall_s: wall seconds in all, to which each CPU second used adds ten.
        idle_s: wall seconds without any CPU use; None: waiting is this process's work.
        memory_mib: MiB of memory.
        file_bytes: bytes of standard output and any other file.
    """

    kind: str
    timeout_s: float
    cpu_s: float
    wall_s: float
    idle_s: float | None
    memory_mib: int
    file_bytes: int


Run = Callable[[Order, list[int], mmap.mmap], None]


def serve(control: socket.socket, scratch: str, run: Run) -> None:
    """Fork for each order until the driver is gone."""
    forgo_privileges()
    os.chdir(scratch)
    mark = mmap.mmap(-1, mmap.PAGESIZE)
    base_mib = _address_space_mib()
    driver = os.getppid()
    gc.collect()
    gc.freeze()
    while _readable(control, driver):
        message, fds, _, _ = socket.recv_fds(control, 4096, 4)
        if not message:
            return
        order = Order(*json.loads(message))
        mark[: MARK.size] = MARK.pack(0.0)
        report = _run_child(order, fds, mark, base_mib, control, run)
        for fd in fds:
            os.close(fd)
        _tidy(scratch)
        control.sendall(json.dumps(report).encode() + b"\n")


def _readable(control: socket.socket, driver: int) -> bool:
    poller = select.poll()
    poller.register(control, select.POLLIN)
    while not poller.poll(_PARENT_CHECK_MS):
        if os.getppid() != driver:
            return False
    return True


def _run_child(
    order: Order, fds: list[int], mark: mmap.mmap, base_mib: int, control: socket.socket, run: Run
) -> dict[str, Any]:
    zygote = os.getpid()
    try:
        pid = os.fork()
    except OSError as error:
        return {"fault": f"fork: {error.strerror}"}
    if pid == 0:
        try:
            control.close()
            restrain(zygote, base_mib, order.cpu_s, order.memory_mib, order.file_bytes)
            run(order, fds, mark)
        finally:
            os._exit(70)
    cause = _watch(pid, order, mark, control)
    _, status, usage = os.wait4(pid, 0)
    _reap_orphans()
    return {
        "exit": os.waitstatus_to_exitcode(status),
        "cause": cause,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss / MAXRSS_PER_MIB,
    }


def _watch(pid: int, order: Order, mark: mmap.mmap, control: socket.socket) -> str | None:
    """Wait until the child has ended or must end; say why it was killed."""
    ended = os.pidfd_open(pid)
    poller = select.poll()
    poller.register(ended, select.POLLIN)
    poller.register(control, select.POLLIN)
    begin = last_change = time.monotonic()
    last_cpu = 0.0
    pause = min(order.timeout_s, order.idle_s or order.timeout_s)
    try:
        while True:
            ready = dict(poller.poll(max(5, int(pause * 1000))))
            if ended in ready:
                return None
            now, used = time.monotonic(), _cpu_clock(pid)
            if used != last_cpu:
                last_cpu, last_change = used, now
            this_test = used - _start_of_test(mark)
            cause = None
            if ready:
                cause = "stopped"  # the driver has seen enough, or is gone
            elif this_test > order.timeout_s or used > order.cpu_s:
                cause = "cpu"
            elif order.idle_s is not None and now - last_change > order.idle_s:
                cause = "idle"
            elif now - begin > order.wall_s + _SLOWEST * used:
                cause = "wall"
            if cause:
                os.kill(pid, signal.SIGKILL)
                return cause
            pause = min(1.0, order.timeout_s - this_test, order.cpu_s - used)
    finally:
        os.close(ended)


def _start_of_test(mark: mmap.mmap) -> float:
    start: float = MARK.unpack_from(mark)[0]
    return start if start > 0 else 0.0  # a forged NaN or minus is no start


def _cpu_clock(pid: int) -> float:
    """CPU seconds that a process has used, all its threads together (clock id: see clock_getcpuclockid(3))."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:  # it has just ended
        return 0.0


def _reap_orphans() -> None:
    """Kill and reap what the child has left behind: its orphans have become our children."""
    for _ in range(_ORPHAN_ROUNDS):
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            for orphan in _children():
                os.kill(orphan, signal.SIGKILL)
            time.sleep(0.0005)
    os._exit(72)  # cannot be got rid of: let the driver start a new zygote


def _children() -> list[int]:
    me = os.getpid()
    try:
        with open(f"/proc/self/task/{me}/children") as listing:
            return [int(pid) for pid in listing.read().split()]
    except FileNotFoundError:
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _parent(pid) == me]


def _parent(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return int(stat.read().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _tidy(folder: str) -> None:
    """Nothing that one program wrote is there for the next."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                os.chmod(entry.path, 0o700)
                _tidy(entry.path)
                os.rmdir(entry.path)
            else:
                os.unlink(entry.path)


def _address_space_mib() -> int:
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[0]) * mmap.PAGESIZE // MIB + 1
    except FileNotFoundError:
        return 64
