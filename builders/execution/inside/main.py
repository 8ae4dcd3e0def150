"""The start of a sandbox process: it becomes the guard, and forks the zygote.

Run by ``worker.py`` as ``python -P -s -S -c ...`` with an environment of a few settings for Python itself. What the
zygote imports is imported after the fork, so the guard stays small.
"""

import os

# the hooks of random, threading and logging cost 350 us a child
os.register_at_fork = lambda **hooks: None

import json  # noqa: E402
import signal  # noqa: E402
import socket  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import TYPE_CHECKING, NamedTuple  # noqa: E402

from dualset.builders.execution.inside import guard  # noqa: E402

if TYPE_CHECKING:
    from dualset.builders.execution.inside.broker import Broker

__all__ = ["Start", "main"]


class Start(NamedTuple):
    """What the driver says at the start.

    Attributes:
        kind: ``program``, ``prelude`` (programs that are given one) or ``judge``: which part the children play.
        level: of isolation.
        root: the folder that this package is imported from, which programs do not see.
        scratch: a folder made for this sandbox.
        packages: names of installed packages that programs may import.
        installed: folders in which these lie.
    """

    kind: str
    level: str
    root: str
    scratch: str
    packages: list[str]
    installed: list[str]


def main(control_fd: int, said: str) -> None:
    """Become a guard with its zygote; returns when the driver is gone."""
    start = Start(**json.loads(said))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # who ignores it, and hands that on, cannot wait for children
    driver = os.getppid()
    control = socket.socket(fileno=control_fd)
    ours, theirs = socket.socketpair()
    sys.path[:] = [path for path in sys.path if path and path != start.root and os.path.isdir(path)]
    try:
        zygote = _fork(start.level)
    except OSError as error:
        _complain(control, error)
        return
    if zygote:
        theirs.close()
        guard.keep(zygote, driver, control, ours, start.scratch, lambda listener: _broker(listener, start))
        return
    ours.close()
    try:
        serve = _zygote(start, control, theirs)
    except Exception as error:  # noqa: BLE001  # whatever it is, the driver has to be told
        _complain(control, error)
        os._exit(1)
    serve()
    os._exit(0)


def _fork(level: str) -> int:
    if level == "namespaces":
        from dualset.builders.execution.inside import namespaces

        namespaces.leave_users_and_processes()
    return os.fork()


def _complain(control: socket.socket, error: Exception) -> None:
    control.sendall(json.dumps({"error": getattr(error, "strerror", None) or str(error)}).encode() + b"\n")


def _zygote(start: Start, control: socket.socket, line: socket.socket) -> Callable[[], None]:
    from dualset.builders.execution.inside import zygote

    return zygote.prepare(start, control, line)


def _broker(listener: int, start: Start) -> "Broker":
    from dualset.builders.execution.inside import broker, jail

    return broker.Broker(listener, jail.readable(start.installed), jail.DEVICES, start.scratch)
