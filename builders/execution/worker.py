"""The driver's end of the sandbox: a guard with its zygote, and one child of it at a time.

In: an order (limits) and the files that the child is given. Out: how it ended; what it wrote is in the files. A zygote
that is lost raises ``Fault`` and is started again when it is next needed. The layers of isolation are in the zygote's
first line.
"""

import json
import os
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

import dualset
from dualset.builders.errors import ExecutionError
from dualset.builders.execution.inside.tidy import empty
from dualset.builders.execution.inside.watch import CAUSES, ORDER, REPORT, Order

__all__ = ["Ended", "Fault", "Zygote"]

_ROOT = str(Path(dualset.__file__).resolve().parent.parent)
_START = """\
import sys
sys.path.insert(0, {root!r})
from dualset.builders.execution.inside.main import main
main({control}, {said!r})
"""
_ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "LD_BIND_NOW": "1",  # else each child resolves the C library's names again
}
_START_S = 120.0
_GRACE_S = 60.0
_END_S = 10.0


class Fault(Exception):
    """The sandbox failed, not the program."""


class Ended(NamedTuple):
    """How a child ended.

    Attributes:
        exit: its exit code; minus the signal where one killed it.
        cause: why the zygote killed it: cpu, idle, asleep; empty: it ended by itself.
        cpu_s: CPU seconds that it used.
        peak_mib: its peak resident memory.
    """

    exit: int
    cause: str
    cpu_s: float
    peak_mib: float


class Zygote:
    """A zygote of one kind; started when it is first needed, ended by ``close``.

    Args:
        kind: ``program``, ``prelude`` (programs that are given one) or ``judge``.
        level: of isolation.
        packages: installed packages that its programs may import.
    """

    def __init__(self, kind: str, level: str, packages: Sequence[str] = ()) -> None:
        self._kind, self._level, self._packages = kind, level, tuple(packages)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._scratch = ""
        self._stopped = False
        self.isolation = ""

    def begin(self, order: Order, fds: Sequence[int]) -> None:
        """Have a child forked, with these files.

        Raises:
            Fault: the zygote was lost.
            ExecutionError: it cannot be started at all.
        """
        if self._control is None and not self._stopped:
            self.start()
        if self._stopped:
            self.close()
            msg = "the sandbox was stopped"
            raise Fault(msg)
        assert self._control is not None
        try:
            socket.send_fds(self._control, [ORDER.pack(*order)], fds)
        except OSError as error:
            self.close()
            raise Fault(str(error)) from error

    def finish(self, order: Order) -> Ended:
        """Wait for the child's end.

        Raises:
            Fault: the zygote was lost or could not fork, or the machine let the child stand still.
        """
        report = self._report(order.stall_s + _GRACE_S)
        code, cause, cpu_s, peak_mib = REPORT.unpack(report)
        if not 0 <= cause < len(CAUSES):
            self.close()
            msg = f"the zygote reports nonsense: {report!r}"
            raise Fault(msg)
        ended = Ended(code, CAUSES[cause], cpu_s, peak_mib)
        if ended.cause == "fork":
            msg = "the sandbox could not start a process"
            raise Fault(msg)
        if ended.cause == "stalled":
            msg = "the machine was too busy to run the program"
            raise Fault(msg)
        return ended

    def _report(self, wait_s: float) -> bytes:
        if self._control is None:
            msg = "the zygote was lost"
            raise Fault(msg)
        self._control.settimeout(wait_s)
        report = b""
        try:
            while len(report) < REPORT.size:
                some = self._control.recv(REPORT.size - len(report))
                if not some:
                    raise ConnectionResetError
                report += some
        except OSError as error:
            self.close()
            msg = "the zygote does not report" if isinstance(error, TimeoutError) else "the zygote was lost"
            raise Fault(msg) from error
        return report

    def start(self) -> None:
        """Start it now.

        Raises:
            Fault, ExecutionError: as ``begin``.
        """
        try:
            self._scratch = tempfile.mkdtemp(prefix="dualset-")
            self._control, theirs = socket.socketpair()
            with tempfile.TemporaryFile() as complaints:
                with theirs:
                    self._process = self._launch(theirs.fileno(), complaints)
                self.isolation = self._first_line(complaints)
        except OSError as error:  # no room, no descriptors, no process ids: of no use to any program
            self.close()
            msg = f"cannot start a sandbox: {error}"
            raise ExecutionError(msg) from error

    def _launch(self, control: int, complaints: IO[bytes]) -> subprocess.Popen[bytes]:
        said = {
            "kind": self._kind,
            "level": str(self._level),
            "root": _ROOT,
            "scratch": self._scratch,
            "packages": list(self._packages),
            "installed": _installed() if self._packages else [],
        }
        script = _START.format(root=_ROOT, control=control, said=json.dumps(said))
        return subprocess.Popen(
            [sys.executable, "-P", "-s", "-S", "-W", "ignore", "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            pass_fds=[control],
            env=_ENVIRONMENT,
            start_new_session=True,
        )

    def _first_line(self, complaints: IO[bytes]) -> str:
        assert self._control is not None
        self._control.settimeout(_START_S)
        try:
            line = self._control.recv(4096)
        except TimeoutError as error:
            self.close()
            msg = f"no zygote within {_START_S:.0f} s"
            raise Fault(msg) from error
        except ConnectionResetError:
            line = b""
        said = json.loads(line) if line else {}
        if "isolation" in said:
            return str(said["isolation"])
        self._killed_early(line)
        complaints.seek(0)
        last = complaints.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
        why = said.get("error") or last or "no reason given"
        self.close()
        msg = f"the sandbox did not start: {why}"
        raise ExecutionError(msg)

    def _killed_early(self, line: bytes) -> None:
        if not line and self._process is not None and self._process.wait() < 0:
            self.close()
            msg = "the zygote was killed as it started"
            raise Fault(msg)

    def stop(self) -> None:
        """End the zygote, from any thread, and start none again."""
        self._stopped = True
        control = self._control
        if control:
            with suppress(OSError):
                control.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the zygote; its child ends with it."""
        if self._control:
            self._control.close()
        if self._process:
            try:
                self._process.wait(_END_S)  # the guard sees that we are gone, and clears up
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._scratch:
            _remove(self._scratch)
        self._process, self._control, self._scratch = None, None, ""


def _remove(folder: str) -> None:
    """The guard usually has done it, and does where the driver is gone first."""
    with suppress(OSError):
        os.rmdir(folder)  # an empty one goes even where no descriptor is left to look into it
        return
    with suppress(OSError):
        empty(folder)
        os.rmdir(folder)


def _installed() -> list[str]:
    """Where installed packages lie."""
    return sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
