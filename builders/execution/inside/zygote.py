"""The zygote: a small single-threaded Python that forks one child a program, watches it, and reaps what it leaves.

In, on its control socket: one order at a time (limits only) with the descriptors that the child needs. Out: first the
layers of isolation; then for each order how the child ended and what it cost. Program, inputs and results are in files
that only the child reads and writes, so nothing of one program can be found in the memory that the next is forked from.
"""

import gc
import importlib
import json
import mmap
import os
import random
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from dualset.builders.execution.inside import child, judge, rehearsal
from dualset.builders.execution.inside.jail import Jail, enter
from dualset.builders.execution.inside.limits import address_space_mib, die_with_parent, limits_of, restrain
from dualset.builders.execution.inside.packages import allow
from dualset.builders.execution.inside.records import MAXRSS_PER_MIB
from dualset.builders.execution.inside.tidy import empty
from dualset.builders.execution.inside.watch import CAUSES, MARK, ORDER, REPORT, Order, watch

if TYPE_CHECKING:
    from dualset.builders.execution.inside.main import Start

__all__ = ["live"]

_ORPHAN_ROUNDS = 2000
_NO_FORK = REPORT.pack(0, CAUSES.index("fork"), 0.0, 0.0)

Run = Callable[[Order, list[int], mmap.mmap], None]


def live(start: "Start", control: socket.socket, line: socket.socket) -> None:
    """Prepare, enter the jail, and fork for each order until the driver is gone.

    Raises:
        OSError: the jail cannot be built here.
        ImportError: a package is not installed.
    """
    die_with_parent()
    allow(start.packages, start.installed)
    for name in start.packages:
        importlib.import_module(name)
    _plain_surroundings()
    run = child.run if start.kind == "program" else judge.run
    if start.kind == "program":
        rehearsal.rehearse()
    base_mib = address_space_mib()
    jail = enter(start.level, start.scratch, start.installed)
    tempfile.tempdir = jail.scratch
    if jail.listener is not None:
        socket.send_fds(line, [b"!"], [jail.listener])
        os.close(jail.listener)
    random.seed(0)
    control.sendall(json.dumps({"isolation": jail.layers}).encode() + b"\n")
    _serve(control, line, run, jail, base_mib)


def _plain_surroundings() -> None:
    """What a program finds: no environment, no arguments, streams that lead nowhere."""
    os.environ.clear()
    sys.argv[:] = [""]
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115


def _serve(control: socket.socket, line: socket.socket, run: Run, jail: Jail, base_mib: int) -> None:
    mark = mmap.mmap(-1, mmap.PAGESIZE)
    space = socket.CMSG_SPACE(4 * 4)

    def asleep() -> bool:
        line.sendall(b"?")
        return line.recv(1) == b"1"

    gc.collect()
    gc.freeze()
    while True:
        message, fds, _, _ = socket.recv_fds(control, ORDER.size, space)
        if not message:
            return
        order = Order._make(ORDER.unpack(message))
        limits = limits_of(order, base_mib)
        MARK.pack_into(mark, 0, 0.0)
        try:
            pid = os.fork()
        except OSError:
            pid = -1
        if pid == 0:
            try:
                control.close()
                line.close()
                os.setsid()
                restrain(limits)
                die_with_parent()
                if jail.child_filter:
                    jail.child_filter.put_on()
                run(order, fds, mark)
            finally:
                os._exit(0)
        for fd in fds:
            os.close(fd)
        control.sendall(_NO_FORK if pid < 0 else _see_to_its_end(pid, order, mark, asleep))
        if os.listdir(jail.scratch):
            empty(jail.scratch)  # if that fails, this zygote ends, and the driver starts another in another folder


def _see_to_its_end(pid: int, order: Order, mark: mmap.mmap, asleep: Callable[[], bool]) -> bytes:
    cause = watch(pid, order, mark, asleep)
    _, status, usage = os.wait4(pid, 0)
    _reap_orphans()
    cpu_s, peak_mib = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / MAXRSS_PER_MIB
    return REPORT.pack(os.waitstatus_to_exitcode(status), CAUSES.index(cause), cpu_s, peak_mib)


def _reap_orphans() -> None:
    """Kill and reap what the child has left behind, which is ours now. In a jail there is nothing: none can fork."""
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
    with open(f"/proc/self/task/{me}/children") as listing:
        return [int(pid) for pid in listing.read().split()]
