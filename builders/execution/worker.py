"""The driver's end of the sandbox: a zygote process, and one child of it at a time.

In: an order (limits) and a task (program and tests). Out: the frames that the child sent and how it ended. A zygote
that is lost raises ``Fault`` and is started again when it is next needed.

The jail that programs run in is built once, in the zygote, which names its level in its first line: ``seccomp``
(limits, own session, death with the driver, and a small system-call filter) or ``rlimits`` (without the filter).
Namespaces and Landlock will be further levels, built in the same place.
"""

import json
import os
import socket
import subprocess
import sys
import sysconfig
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

import dualset
from dualset.builders.errors import ExecutionError
from dualset.builders.execution.conversation import Fault, Patience, converse, frames_in
from dualset.builders.execution.inside.frames import Frame
from dualset.builders.execution.inside.tidy import empty
from dualset.builders.execution.inside.watch import Order

__all__ = ["Child", "Ended", "Zygote"]

_ROOT = str(Path(dualset.__file__).resolve().parent.parent)
_START = """\
import sys
sys.path.insert(0, {root!r})
from dualset.builders.execution.inside.main import main
main({root!r}, {control}, {scratch!r}, {kind!r}, {level!r}, {packages!r})
"""
_ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}
_START_S = 120.0


class Ended(NamedTuple):
    """How a child ended.

    Attributes:
        frames: what it sent, up to the first thing that was no frame.
        exit: its exit code; minus the signal where one killed it.
        cause: why the zygote killed it: cpu, idle, asleep, stopped; None: it ended by itself.
        cpu_s: CPU seconds that it used.
        peak_mib: its peak resident memory.
        printed: what standard output held at the end, where the task had one.
    """

    frames: list[Frame]
    exit: int
    cause: str | None
    cpu_s: float
    peak_mib: float
    printed: bytes = b""


class Zygote:
    """A zygote process of one kind, program or judge; started when it is first needed, ended by ``close``."""

    def __init__(self, kind: str, level: str) -> None:
        self._kind, self._level = kind, level
        self._process: subprocess.Popen[bytes] | None = None
        self._scratch = ""
        self._stopped = False
        self.control: socket.socket | None = None
        self.isolation = ""

    def begin(self, order: Order, *, link: socket.socket | None = None, out: int | None = None) -> "Child":
        """Have a child forked; it waits for its task.

        Args:
            order: its limits.
            link: its end of the line between a program and its judge.
            out: the file that becomes its standard output.

        Raises:
            Fault: the zygote was lost.
            ExecutionError: it cannot be started at all.
        """
        if self.control is None and not self._stopped:
            self.start()
        if self._stopped:
            self.close()
            msg = "the sandbox was stopped"
            raise Fault(msg)
        assert self.control is not None
        ours, theirs = socket.socketpair()
        fds = [theirs.fileno(), *([link.fileno()] if link else []), *([out] if out is not None else [])]
        with theirs:
            try:
                socket.send_fds(self.control, [json.dumps(order).encode()], fds)
            except OSError as error:
                ours.close()
                self.close()
                raise Fault(str(error)) from error
        return Child(self, order, ours, out)

    def start(self) -> None:
        """Start it now; raises as ``begin`` does."""
        self._scratch = tempfile.mkdtemp(prefix="dualset-")
        self.control, theirs = socket.socketpair()
        with tempfile.TemporaryFile() as complaints:
            with theirs:
                self._process = self._launch(theirs.fileno(), complaints)
            self.isolation = self._first_line(complaints)

    def _launch(self, control: int, complaints: IO[bytes]) -> subprocess.Popen[bytes]:
        script = _START.format(
            root=_ROOT,
            control=control,
            scratch=self._scratch,
            kind=self._kind,
            level=str(self._level),
            packages=_packages(),
        )
        try:
            return subprocess.Popen(
                [sys.executable, "-P", "-s", "-S", "-W", "ignore", "-c", script],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                pass_fds=[control],
                env=_ENVIRONMENT,
                start_new_session=True,
            )
        except OSError as error:
            self.close()
            msg = f"cannot start the sandbox's Python {sys.executable}: {error.strerror}"
            raise ExecutionError(msg) from error

    def _first_line(self, complaints: IO[bytes]) -> str:
        assert self.control is not None
        self.control.settimeout(_START_S)
        try:
            line = self.control.recv(4096)
        except TimeoutError as error:
            self.close()
            msg = f"no zygote within {_START_S:.0f} s"
            raise Fault(msg) from error
        except ConnectionResetError:
            line = b""
        self.control.settimeout(None)
        if not line:
            killed = self._process is not None and self._process.wait() < 0
            self.close()
            if killed:
                msg = "the zygote was killed as it started"
                raise Fault(msg)
            complaints.seek(0)
            why = complaints.read().decode("utf-8", "replace").strip().rpartition("\n")[2] or "no reason given"
            msg = f"the sandbox's Python {sys.executable} did not start: {why}"
            raise ExecutionError(msg)
        return str(json.loads(line)["isolation"])

    def stop(self) -> None:
        """Kill the zygote, from any thread, and start none again."""
        self._stopped = True
        if self._process:
            self._process.kill()

    def close(self) -> None:
        """End the zygote; its child ends with it."""
        if self.control:
            self.control.close()
        if self._process:
            self._process.kill()
            self._process.wait()
        if self._scratch:
            with suppress(FileNotFoundError):  # the zygote removes it where the driver is gone first
                empty(self._scratch)
                os.rmdir(self._scratch)
        self._process, self.control, self._scratch = None, None, ""


class Child:
    """A child that has been ordered: give it its task, and take what comes of it."""

    def __init__(self, zygote: Zygote, order: Order, job: socket.socket, out: int | None) -> None:
        self._zygote = zygote
        self._order = order
        self._job = job
        self._out = out

    def give(self, task: bytes) -> None:
        """Give the task now, whole: for a judge, which reads it before it does anything else."""
        self._job.settimeout(_START_S)
        try:
            self._job.sendall(task)
        except OSError as error:
            raise self._fault(str(error)) from error

    def finish(self, task: bytes = b"") -> Ended:
        """Give the task, if it was not given, and wait for the child's end.

        Raises:
            Fault: the zygote was lost or could not fork, or the machine let the child stand still.
        """
        control = self._zygote.control
        if control is None:
            raise self._fault("the zygote was lost")
        with self._job:
            try:
                received, report = converse(
                    self._job, control, task, Patience(self._order), lambda: control.sendall(b"!")
                )
            except (Fault, OSError) as error:
                raise self._fault(str(error)) from error
        if "fault" in report:
            raise Fault(str(report["fault"]))
        if report["cause"] == "stalled":
            msg = "the machine was too busy to run the program"
            raise Fault(msg)
        printed = b"" if self._out is None else os.pread(self._out, self._order.file_bytes, 0)
        return Ended(
            frames=frames_in(received),
            exit=report["exit"],
            cause=report["cause"],
            cpu_s=report["cpu_s"],
            peak_mib=report["peak_mib"],
            printed=printed,
        )

    def _fault(self, why: str) -> Fault:
        self._job.close()
        self._zygote.close()
        return Fault(why)


def _packages() -> list[str]:
    """Where installed packages lie, so that a program may import numpy where the user has it."""
    return sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
