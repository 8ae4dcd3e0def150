"""The guard: the process between the driver and the zygote, outside the jail.

It ends the zygote, and with it everything inside, when the driver is gone, however it went; it looks whether a child is
asleep, which nobody inside may read; and at level ``seccomp`` it is the broker that opens files. It runs nothing of a
program's, and reads nothing from one but paths.
"""

import os
import select
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from dualset.builders.execution.inside import tidy
from dualset.builders.execution.inside.kernel import ABI, prctl
from dualset.builders.execution.inside.orphans import end_orphans

if TYPE_CHECKING:
    from dualset.builders.execution.inside.broker import Broker

__all__ = ["ASLEEP", "EMPTIED", "HANDED_OVER", "YES", "ask", "keep"]

ASLEEP, EMPTIED, HANDED_OVER = b"?", b"0", b"!"
"""What the zygote says: is the child asleep; the scratch folder is empty again; here is the broker's descriptor."""
YES, _NO = b"1", b"0"

_LOOK_MS = 1000
_PR_SET_CHILD_SUBREAPER = 36


def ask(line: socket.socket, what: bytes) -> bytes:
    """In the zygote: say something to the guard, and have its answer."""
    line.sendall(what)
    return line.recv(1)


def keep(
    zygote: int,
    driver: int,
    control: socket.socket,
    line: socket.socket,
    scratch: str,
    broker: Callable[[int], "Broker"],
) -> None:
    """Stay until the zygote has ended or has to; then remove the scratch folder.

    Args:
        zygote: its process id.
        driver: the driver's; another parent means that it is gone.
        control: the driver's line to the zygote, watched for the driver's end only.
        line: the zygote's line to the guard.
        scratch: the folder to remove.
        broker: makes the broker for the descriptor that the zygote hands over.
    """
    if ABI:
        prctl(_PR_SET_CHILD_SUBREAPER, 1)  # what the zygote leaves comes to us
    try:
        _watch(zygote, driver, control, line, broker)
    finally:
        with suppress(ProcessLookupError):
            os.kill(zygote, signal.SIGKILL)
        os.waitpid(zygote, 0)
        end_orphans(spare=0)
        with suppress(OSError):
            tidy.empty(scratch)
            os.rmdir(scratch)


def _watch(
    zygote: int,
    driver: int,
    control: socket.socket,
    line: socket.socket,
    broker: Callable[[int], "Broker"],
) -> None:
    poller = select.poll()
    poller.register(control, 0)  # only its hanging up
    poller.register(line, select.POLLIN)
    brokers: dict[int, Broker] = {}
    while True:
        ready = dict(poller.poll(_LOOK_MS))
        if control.fileno() in ready or (not ready and os.getppid() != driver):
            return
        for listener in brokers.keys() & ready.keys():
            brokers[listener].answer()
        if line.fileno() in ready:
            asked, fds, _, _ = socket.recv_fds(line, 1, 1)
            if not asked:
                return
            for listener in fds:
                brokers[listener] = broker(listener)
                poller.register(listener, select.POLLIN)
            if asked == EMPTIED:
                for each in brokers.values():
                    each.begin_count()
            if not fds:
                line.sendall(YES if asked == EMPTIED or _all_asleep(zygote) else _NO)


def _all_asleep(zygote: int) -> bool:
    """Whether no thread of the zygote's children is running, ready to run or waiting for a disk."""
    if not os.path.isdir("/proc/self"):
        return True  # not to be known here: then the clock on the wall counts
    try:
        return all(_state(path) not in "RD" for child in _children(zygote) for path in _threads(child))
    except OSError:  # it has just ended
        return False


def _children(pid: int) -> list[int]:
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as listing:
            return [int(child) for child in listing.read().split()]
    except FileNotFoundError:  # a kernel without this file
        return [each for each in map(int, filter(str.isdigit, os.listdir("/proc"))) if _parent(each) == pid]


def _threads(pid: int) -> list[str]:
    return [f"/proc/{pid}/task/{thread}/stat" for thread in os.listdir(f"/proc/{pid}/task")]


def _parent(pid: int) -> int:
    try:
        return int(_fields(f"/proc/{pid}/stat")[1])
    except OSError:
        return 0


def _state(path: str) -> str:
    return _fields(path)[0]


def _fields(path: str) -> list[str]:
    """From the state on: the name before it may hold anything."""
    with open(path) as stat:
        return stat.read().rpartition(")")[2].split()
