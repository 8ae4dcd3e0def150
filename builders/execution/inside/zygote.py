"""The zygote: a small single-threaded Python that forks one child a program, watches it, and reaps what it leaves.

In, on its control socket: one order at a time (limits only) with the descriptors that the child needs. Out: first the
layers of isolation; then for each order how the child ended and what it cost. Program, inputs and results are in files
that only the child reads and writes, so nothing of one program can be found in the memory that the next is forked from.
"""

import builtins
import gc
import importlib
import json
import mmap
import os
import random
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from dualset.builders.execution.inside.compiler import Compiler
from dualset.builders.execution.inside.guard import ASLEEP, EMPTIED, HANDED_OVER, YES, ask
from dualset.builders.execution.inside.jail import Jail, enter
from dualset.builders.execution.inside.limits import address_space_mib, die_with_parent, for_good, limits_of, restrain
from dualset.builders.execution.inside.orphans import end_orphans
from dualset.builders.execution.inside.records import MAXRSS_PER_MIB
from dualset.builders.execution.inside.scratch import Scratch
from dualset.builders.execution.inside.watch import CAUSES, ORDER, REPORT, Order, watch

if TYPE_CHECKING:
    from dualset.builders.execution.inside.main import Start

__all__ = ["prepare"]

_USUAL = ("bisect", "collections", "copy", "functools", "heapq", "itertools", "math", "operator")
_ALSO_USUAL = ("random", "re", "string", "typing")
_USUAL_IN_TESTS = ("copy", "math", "random", "string")
_TRIAL = "trial"
_BLANK = bytes(mmap.PAGESIZE)
_NO_FORK = REPORT.pack(0, CAUSES.index("fork"), 0.0, 0.0)

Run = Callable[[Order, list[int], mmap.mmap], None]


def prepare(start: "Start", control: socket.socket, line: socket.socket) -> Callable[[], None]:
    """Enter the jail and say so; what is returned forks for each order until the driver is gone.

    Raises:
        OSError: the jail cannot be built here.
        ImportError: a package is not installed.
    """
    die_with_parent()
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # which the first process of a namespace never gets
    sys.dont_write_bytecode = True
    if start.packages:
        _import(start)
    _plain_surroundings()
    run = _part(start.kind)
    base_mib = address_space_mib()
    jail = enter(start.level, start.scratch, start.installed)
    if jail.listener is not None:
        socket.send_fds(line, [HANDED_OVER], [jail.listener])
        os.close(jail.listener)
        _try_files(jail.scratch)
    random.seed(0)
    control.sendall(json.dumps({"isolation": jail.layers}).encode() + b"\n")
    return partial(_serve, control, line, run, jail, base_mib, compiles=start.kind != "judge")


def _try_files(scratch: str) -> None:
    """The broker has to be able to read our paths: with some security settings it is not."""
    path = os.path.join(scratch, _TRIAL)
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    os.unlink(path)


def _import(start: "Start") -> None:
    from dualset.builders.execution.inside.packages import allow

    allow(start.packages, start.installed)
    for name in start.packages:
        importlib.import_module(name)


def _part(kind: str) -> Run:
    """What its children do; only that is imported, since each page of memory costs every fork."""
    if kind == "judge":
        for name in _USUAL_IN_TESTS:
            importlib.import_module(name)
        from dualset.builders.execution.inside import judge, rehearsal

        rehearsal.rehearse_judge()
        return judge.run
    for name in _USUAL + _ALSO_USUAL:
        importlib.import_module(name)
    if kind == "prelude":
        importlib.import_module("dualset.builders.execution.inside.stdio")
    from dualset.builders.execution.inside import child, rehearsal

    rehearsal.rehearse(prelude=kind == "prelude")
    return child.run


def _plain_surroundings() -> None:
    """What a program finds: no environment, no arguments, streams that lead nowhere."""
    builtins.exit = builtins.quit = sys.exit  # type: ignore[assignment]  # what ``site`` defines
    os.environ.clear()
    sys.argv[:] = [""]
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115


def _serve(control: socket.socket, line: socket.socket, run: Run, jail: Jail, base_mib: int, *, compiles: bool) -> None:
    mark = mmap.mmap(-1, mmap.PAGESIZE)
    space = socket.CMSG_SPACE(4 * 4)
    private = [control.fileno(), line.fileno()]
    scratch = Scratch(jail.scratch)
    compiler = Compiler(lambda: _give_up(jail, order, [*private, *fds])) if compiles else None
    last = None
    gc.collect()
    gc.freeze()
    while True:
        message, fds, _, _ = socket.recv_fds(control, ORDER.size, space)
        if not message:
            return
        if message != last:
            order, last = Order._make(ORDER.unpack(message)), message
            restrain(limits_of(order, base_mib))  # inherited; children may not change them
        mark[:] = _BLANK  # all of it: a program may have left something there for the next
        if compiler:
            compiler.prepare(fds[0])
        try:
            pid = os.fork()
        except OSError:
            pid = -1
        if pid == 0:
            try:
                _give_up(jail, order, [*private, compiler.fileno()] if compiler else private)
                run(order, fds, mark)
            finally:
                os._exit(0)
        for fd in fds:
            os.close(fd)
        report = _NO_FORK if pid < 0 else _see_to_its_end(pid, order, mark, lambda: ask(line, ASLEEP) == YES)
        if not jail.child_filter:  # in a jail no child can fork
            end_orphans(spare=compiler.pid if compiler else 0)
        control.sendall(report)
        if scratch.empty_again():
            ask(line, EMPTIED)


def _give_up(jail: Jail, order: Order, private: Sequence[int]) -> None:
    """In the child, before anything of the program's: give up what the zygote may do and it may not."""
    for fd in private:
        if fd >= 0:
            os.close(fd)
    if not jail.own_processes:
        os.setsid()
        die_with_parent()
    if jail.child_filter:
        jail.child_filter.put_on()
    else:
        restrain(for_good(order))


def _see_to_its_end(pid: int, order: Order, mark: mmap.mmap, asleep: Callable[[], bool]) -> bytes:
    cause = watch(pid, order, mark, asleep)
    _, status, usage = os.wait4(pid, 0)
    cpu_s, peak_mib = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / MAXRSS_PER_MIB
    return REPORT.pack(os.waitstatus_to_exitcode(status), CAUSES.index(cause), cpu_s, peak_mib)
