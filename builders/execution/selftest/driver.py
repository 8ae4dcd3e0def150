"""This side of the driver process: it is started, given its programs, and listened to until it has nothing more to say.

In: programs. Out: what it says of each. A driver that dies, or says nothing for long, ends the run;
what it had not said by then is unknown.
"""

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

from dualset.builders.errors import ExecutionError
from dualset.builders.execution.selftest.corpus import Entry
from dualset.builders.execution.selftest.report import Ran
from dualset.builders.progress import Progress

__all__ = ["Driver", "Said"]

_SILENCE_S = 180.0


class Said(NamedTuple):
    """What the driver said.

    Attributes:
        ran: what came of each program, by name, in the order in which it was run.
        layers: what protected, as recorded with labels.
        left: the names of processes that were left when the sandbox was closed.
        signals: the signals that came to it.
        ended: how it ended before it had said all; None: it had.
    """

    ran: dict[str, Ran]
    layers: str = ""
    left: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    ended: str | None = None


class Driver:
    """A driver process with an environment of its own.

    Args:
        temporary: its folder for temporary files, in which programs will run.
        secret: a text that stands in its environment and on its command line.
    """

    def __init__(self, temporary: Path, secret: str) -> None:
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the driver
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "dualset.builders.execution.selftest.drive", secret],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env={**os.environ, "TMPDIR": str(temporary), "DUALSET_SELFTEST_SECRET": secret},
            process_group=0,  # what signals a group of processes signals no more than this one and its bystanders
        )
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._complaints):
            assert pipe is not None
            pipe.close()

    def label(self, task: Mapping[str, Any], entries: Mapping[str, Entry], progress: Progress) -> Said:
        """Give it the task and listen to the end.

        Args:
            task: what ``drive.py`` reads.
            entries: the programs by name.
            progress: told the programs done so far.

        Raises:
            ExecutionError: it cannot run programs at this level.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(task).encode("ascii"))
        self._process.stdin.close()
        said = Said({})
        for line in map(json.loads, self._lines()):
            if "error" in line:
                raise ExecutionError(line["error"])
            if "program" not in line:
                return said._replace(**line)
            entry = entries[line["program"]]
            said.ran[entry.name] = Ran(entry, line["passed"], tuple(line["outcomes"]), tuple(line["told"]))
            said = said._replace(layers=said.layers or line["isolation"])
            progress(str(task["level"]), len(said.ran), len(entries))
        return said._replace(ended=self._end())

    def complaints(self) -> str:
        """What stands on its standard error."""
        self._complaints.seek(0)
        return self._complaints.read().decode("utf-8", "replace")

    def _lines(self) -> Iterator[bytes]:
        assert self._process.stdout is not None
        fd, kept = self._process.stdout.fileno(), b""
        while select.select([fd], [], [], _SILENCE_S)[0]:
            some = os.read(fd, 1 << 16)
            if not some:
                return
            *lines, kept = (kept + some).split(b"\n")
            yield from lines

    def _end(self) -> str:
        try:
            return f"the driver ended with {self._process.wait(1)}"
        except subprocess.TimeoutExpired:
            return f"the driver said nothing for {_SILENCE_S:.0f} s"
