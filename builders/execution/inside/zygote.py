"""The zygote: a small single-threaded Python that forks one child a program, watches it, and reaps what it leaves.

In, on its control socket: one order at a time (limits only) with the descriptors that the child needs: the job socket
and, for stdio, the file that becomes standard output. Out: first the level of isolation; then for each order a line
that says how the child ended and its memory. Program, inputs and results pass from the driver to the child and back
without entering this process, so nothing of one program can be found in the memory that the next is forked from.
"""

import gc
import json
import mmap
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

from dualset.builders.execution.inside.limits import MAXRSS_PER_MIB, MIB, forgo_privileges, restrain
from dualset.builders.execution.inside.syscalls import Filter, make_filter
from dualset.builders.execution.inside.tidy import empty
from dualset.builders.execution.inside.watch import MARK, Order, watch

__all__ = ["serve"]

_ORPHAN_ROUNDS = 2000
_PARENT_CHECK_MS = 2000


Run = Callable[[Order, list[int], mmap.mmap], None]


def serve(control: socket.socket, scratch: str, level: str, run: Run) -> None:
    """Fork for each order until the driver is gone."""
    forgo_privileges()
    os.chdir(scratch)
    mark = mmap.mmap(-1, mmap.PAGESIZE)
    base_mib = _address_space_mib()
    driver = os.getppid()
    if level in ("namespaces", "landlock"):
        msg = f"{level}: not built yet"
        raise OSError(msg)
    call_filter = _working(make_filter()) if level != "none" else None
    control.sendall(json.dumps({"isolation": "seccomp" if call_filter else "none"}).encode() + b"\n")
    gc.collect()
    gc.freeze()
    while _readable(control, driver):
        message, fds, _, _ = socket.recv_fds(control, 4096, 4)
        if not message:
            return
        order = Order(*json.loads(message))
        mark[: MARK.size] = MARK.pack(0.0)
        report = _run_child(order, fds, mark, base_mib, control, call_filter, run)
        for fd in fds:
            os.close(fd)
        control.sendall(json.dumps(report).encode() + b"\n")
        empty(scratch)  # if that fails, this zygote ends, and the driver starts another in another folder


def _readable(control: socket.socket, driver: int) -> bool:
    poller = select.poll()
    poller.register(control, select.POLLIN)
    while not poller.poll(_PARENT_CHECK_MS):
        if os.getppid() != driver:
            return False
    return True


def _working(call_filter: Filter | None) -> Filter | None:
    """The filter, if a throw-away child can put it on."""
    if call_filter is None:
        return None
    pid = os.fork()
    if pid == 0:
        os._exit(0 if call_filter.set() else 1)
    return call_filter if os.waitpid(pid, 0)[1] == 0 else None


def _run_child(
    order: Order,
    fds: list[int],
    mark: mmap.mmap,
    base_mib: int,
    control: socket.socket,
    call_filter: Filter | None,
    run: Run,
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
            if call_filter and not call_filter.set():
                os._exit(72)
            run(order, fds, mark)
        finally:
            os._exit(70)
    cause = watch(pid, order, mark, control)
    _, status, usage = os.wait4(pid, 0)
    _reap_orphans()
    return {
        "exit": os.waitstatus_to_exitcode(status),
        "cause": cause,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss / MAXRSS_PER_MIB,
    }


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
    os._exit(73)  # cannot be got rid of: let the driver start a new zygote


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


def _address_space_mib() -> int:
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[0]) * mmap.PAGESIZE // MIB + 1
    except FileNotFoundError:
        return 64
