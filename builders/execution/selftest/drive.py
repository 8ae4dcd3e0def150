"""The driver of a selftest: a process of its own that labels programs as a build does, so that it may be attacked.

In, on stdin: one JSON object with the level and the batches of programs. Out, on stdout: one JSON line a program, and a
last one with the processes that were left behind and the signals that came. It is the parent of what programs leave
behind: every process that is orphaned below it becomes its child.

Run by ``run.py`` as ``python -m dualset.builders.execution.selftest.drive``.
"""

import ctypes
import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from dualset.builders.dataset.records import problem_from_row
from dualset.builders.errors import DualsetError
from dualset.builders.execution.crew import Program
from dualset.builders.execution.label import Labelled, label_programs
from dualset.builders.execution.ladder import Sandbox
from dualset.builders.execution.selftest.problems import QUICK

__all__ = ["NOTICED", "main"]

NOTICED = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGURG)
"""Signals that programs of the corpus send to others: they harm nobody."""

_PR_SET_CHILD_SUBREAPER = 36
_GRACE_S = 2.0


def main() -> None:
    """Label what stdin asks for."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    came: list[int] = []
    for number in NOTICED:
        signal.signal(number, lambda number, _: came.append(number))
    task = json.load(sys.stdin)
    try:
        for batch in task["batches"]:
            _label(batch, task["level"])
    except DualsetError as error:
        _say({"error": str(error)})
    _say({"left": _left(), "signals": [signal.Signals(number).name for number in came]})


def _label(batch: dict[str, Any], level: str) -> None:
    problems = {row["problem_id"]: problem_from_row(row) for row in batch["problems"]}
    programs = [Program(problem_id, name, code) for problem_id, name, code in batch["programs"]]
    for labelled in label_programs(problems, programs, QUICK, sandbox=Sandbox(batch["workers"], level)):
        _say(_row(labelled))


def _row(labelled: Labelled) -> dict[str, Any]:
    label, first = labelled.label, labelled.label.first_failure
    told = (first.exception, first.message, first.actual) if first else ()
    return {
        "program": label.program_id,
        "passed": label.passed,
        "outcomes": label.outcomes,
        "told": [text for text in told if text],
        "isolation": labelled.observation.isolation,
    }


def _say(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def _left() -> list[str]:
    """The names of the processes that are still there when the sandbox is closed; they are killed."""
    end = time.monotonic() + _GRACE_S
    while (children := _children()) and time.monotonic() < end:
        time.sleep(0.02)
    names = list(children.values())
    while (children := _children()) and time.monotonic() < end + _GRACE_S:
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    return names


def _children() -> dict[int, str]:
    """Living children by process id, with their names; the dead ones are reaped."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    found = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            pid, _, rest = status.read_text().partition(" (")
            name, _, fields = rest.rpartition(") ")
            if int(fields.split()[1]) == os.getpid():
                found[int(pid)] = name
    return found


if __name__ == "__main__":
    main()
