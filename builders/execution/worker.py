"""The driver's end of the sandbox: a zygote process, and one child of it at a time.

In: an order (limits) and a task (program and tests). Out: the frames that the child sent and how it ended. Nothing that
a program does makes the driver wait beyond its limits, read more than was agreed, or fail: a zygote that is lost is
started again once for a task, and then the task is an infrastructure fault.
"""

import json
import os
import select
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import dualset
from dualset.builders.errors import ExecutionError
from dualset.builders.execution.inside.wire import Frame, unpack
from dualset.builders.execution.inside.zygote import Order

__all__ = ["ISOLATION", "Ended", "Fault", "Zygote"]

ISOLATION = "rlimits"
"""The level of the jail that programs run in, recorded with each label. One level so far: limits, own session, death
with the driver. Namespaces, Landlock and system-call filters will be further levels, built once in the zygote."""

_ROOT = str(Path(dualset.__file__).resolve().parent.parent)
_START = """\
import sys
sys.path.insert(0, {root!r})
from dualset.builders.execution.inside.main import main
main({root!r}, {control}, {scratch!r}, {kind!r}, {packages!r})
"""
_ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}
_CHUNK = 1 << 18
_GRACE_MS = 30_000  # what the zygote may need beyond the program's own limits


class Ended(NamedTuple):
    """How a child ended.

    Attributes:
        frames: what it sent, up to the first thing that was no frame.
        exit: its exit code; minus the signal where one killed it.
        cause: why the zygote killed it: cpu, idle, wall, stopped; None: it ended by itself.
        peak_mib: its peak resident memory.
        printed: what standard output held at the end, where the task had one.
    """

    frames: list[Frame]
    exit: int
    cause: str | None
    peak_mib: float
    printed: bytes = b""


class Fault(Exception):
    """The sandbox failed, not the program."""


class Zygote:
    """A zygote process of one kind, program or judge; started when it is first needed, ended by ``close``."""

    def __init__(self, kind: str = "program") -> None:
        self._kind = kind
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._scratch = ""

    def run(self, order: Order, task: bytes, link: socket.socket | None = None, out: int | None = None) -> Ended:
        """Run one child to its end.

        Raises:
            Fault: the zygote was lost, also when started anew.
        """
        self.begin(order, link, out)
        return self.finish(order, task, out)

    def begin(self, order: Order, link: socket.socket | None = None, out: int | None = None) -> None:
        """Order a child; it waits for its task."""
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._start()
        assert self._control is not None
        self._job, theirs = socket.socketpair()
        with theirs:
            fds = [theirs.fileno(), *([link.fileno()] if link else []), *([out] if out is not None else [])]
            try:
                socket.send_fds(self._control, [json.dumps(order).encode()], fds)
            except OSError as error:
                self._job.close()
                raise self._lost() from error

    def give(self, task: bytes) -> None:
        """Give the child its task now, whole: for a judge, which reads before it does anything else."""
        self._job.settimeout(_GRACE_MS / 1000)
        try:
            self._job.sendall(task)
        except OSError as error:
            raise self._lost() from error

    def finish(self, order: Order, task: bytes, out: int | None = None) -> Ended:
        """Give the child its task and wait for its end."""
        with self._job as job:
            job.setblocking(False)
            received, report = self._converse(job, memoryview(task), order)
        if "fault" in report:
            msg = str(report["fault"])
            raise Fault(msg)
        printed = b"" if out is None else os.pread(out, order.file_bytes, 0)
        return Ended(_frames(received), report["exit"], report["cause"], report["peak_mib"], printed)

    def _converse(self, job: socket.socket, task: memoryview, order: Order) -> tuple[bytearray, dict[str, Any]]:
        """Write the task and read frames until the zygote reports the child's end."""
        assert self._control is not None
        control, received, enough = self._control, bytearray(), _enough(order)
        poller = select.poll()
        poller.register(control, select.POLLIN)
        poller.register(job, select.POLLIN | select.POLLOUT)
        limit_ms = int(1000 * (order.wall_s + 10 * order.cpu_s)) + _GRACE_MS
        line = b""
        while not line.endswith(b"\n"):
            events = dict(poller.poll(limit_ms))
            if not events:
                raise self._lost()
            happened = events.get(job.fileno(), 0)
            if happened & select.POLLIN and not _receive(job, received):
                poller.unregister(job)
            elif happened & select.POLLOUT:
                task = _send(job, task)
                if not task:
                    poller.modify(job, select.POLLIN)
            elif happened & (select.POLLHUP | select.POLLERR):
                poller.unregister(job)
            if len(received) > enough:
                self._stop()
                received = received[:enough]
                poller.unregister(job)
                enough = sys.maxsize
            if control.fileno() in events:
                some = control.recv(4096)
                if not some:
                    raise self._lost()
                line += some
        while len(received) <= enough and _receive(job, received):
            pass
        report: dict[str, Any] = json.loads(line)
        return received, report

    def _stop(self) -> None:
        assert self._control is not None
        self._control.send(b"!")

    def _start(self) -> None:
        self._scratch = tempfile.mkdtemp(prefix="dualset-")
        self._control, theirs = socket.socketpair()
        with theirs:
            script = _START.format(
                root=_ROOT, control=theirs.fileno(), scratch=self._scratch, kind=self._kind, packages=_packages()
            )
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-s", "-S", "-W", "ignore", "-c", script],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    env=_ENVIRONMENT,
                    start_new_session=True,
                )
            except OSError as error:
                msg = f"cannot start the sandbox's Python {sys.executable}: {error.strerror}"
                raise ExecutionError(msg) from error

    def _lost(self) -> Fault:
        self.close()
        return Fault("the zygote was lost")

    def close(self) -> None:
        """End the zygote; its child ends with it."""
        if self._control:
            self._control.close()
        if self._process:
            self._process.kill()
            self._process.wait()
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)
        self._process, self._control, self._scratch = None, None, ""


def _enough(order: Order) -> int:
    """Bytes that a child may send: its tests' outputs, and as much again for heads."""
    tests = max(1, round(order.cpu_s / order.timeout_s))
    return tests * (order.file_bytes + 8192) + 65536


def _receive(job: socket.socket, received: bytearray) -> bool:
    """Read what is there; False: nothing more will come, or nothing is there now."""
    try:
        some = job.recv(_CHUNK)
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return False
    received += some
    return bool(some)


def _send(job: socket.socket, task: memoryview) -> memoryview:
    try:
        return task[job.send(task[:_CHUNK]) :]
    except BlockingIOError:
        return task
    except (BrokenPipeError, ConnectionResetError):
        return task[:0]


def _frames(received: bytearray) -> list[Frame]:
    frames, at = [], 0
    try:
        while found := unpack(received, at):
            frame, at = found
            if not isinstance(frame.head, list) or not frame.head:
                break
            frames.append(frame)
    except ValueError:  # a program wrote to the socket itself
        pass
    return frames


def _packages() -> list[str]:
    """Where installed packages lie, so that a program may import numpy where the user has it."""
    return sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
