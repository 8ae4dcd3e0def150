"""Runs the corpus at one level of isolation and says what should not have happened.

In: a level. Out: a ``Report``. Programs are run by a driver process (``drive.py``) with secrets and a folder for
temporary files of its own; what happens is seen from here, from outside. Nothing is taken from a program's word but one
thing: a secret that it tells, and so has read, or was to tell once it was granted what no program needs.
"""

import secrets
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import dualset
from dualset.builders.dataset.records import row
from dualset.builders.execution.ladder import Level
from dualset.builders.execution.selftest.corpus import Entry, corpus
from dualset.builders.execution.selftest.doors import Knocker
from dualset.builders.execution.selftest.driver import Driver, Said
from dualset.builders.execution.selftest.evidence import offences, public_secrets
from dualset.builders.execution.selftest.remains import Remains, remains
from dualset.builders.execution.selftest.report import Report
from dualset.builders.execution.selftest.staging import Scene, Staged, new_secret
from dualset.builders.progress import Progress, silent

__all__ = ["run"]

_IN_ORDER = "thieves"
"""The kind whose programs are run one after the other in one sandbox: each looks for what those before it left."""


def run(level: str, entries: Sequence[Entry] | None = None, *, workers: int = 2, progress: Progress = silent) -> Report:
    """Run programs of the corpus at one level.

    Args:
        level: one that works on this machine.
        entries: the programs; None: all.
        workers: sandbox processes.
        progress: told the programs done so far.

    Raises:
        ExecutionError: the level does not work here.
    """
    wanted = corpus() if entries is None else entries
    held = [entry for entry in wanted if not (entry.jail and level == Level.NONE)]
    folder = Path(tempfile.mkdtemp(prefix="dst-"))
    try:
        report = _run(str(level), held, workers, folder, progress)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return replace(report, left_out=len(wanted) - len(held))


def _run(level: str, entries: Sequence[Entry], workers: int, folder: Path, progress: Progress) -> Report:
    began = time.monotonic()
    (folder / "tmp").mkdir()
    known, knocker = new_secret(), Knocker()
    with Driver(folder / "tmp", known) as driver, ExitStack() as after:
        scene = Scene(secrets.token_hex(2), folder / "outside", Path.home(), driver.pid, knocker, new_secret())
        staged: list[Staged] = []
        after.callback(lambda: _remains(scene, staged, folder))
        for number, entry in enumerate(entries):
            staged.append(Staged(entry, number, scene))
            after.callback(staged[-1].close)
        after.callback(knocker.stop)
        knocker.start()
        said = driver.label(_task(level, staged, workers), {its.entry.name: its.entry for its in staged}, progress)
        left = [*_remains(scene, staged, folder), *_processes(said, staged)]
        others = _done_to_the_driver(driver, said, scene, folder)
        found = offences(staged, said.ran, public_secrets(known), left, others)
    return Report(
        level=level,
        layers=said.layers,
        programs=tuple(said.ran.values()),
        offences=tuple(found),
        left_out=0,
        seconds=time.monotonic() - began,
    )


def _task(level: str, staged: Sequence[Staged], workers: int) -> dict[str, Any]:
    in_order = [its for its in staged if its.entry.kind == _IN_ORDER]
    others = [its for its in staged if its.entry.kind != _IN_ORDER]
    return {"level": level, "batches": [_batch(others, workers), _batch(in_order, 1)]}


def _batch(staged: Sequence[Staged], workers: int) -> dict[str, Any]:
    return {
        "workers": workers,
        "problems": [row(replace(its.problem, problem_id=its.mark)) for its in staged],
        "programs": [(its.mark, its.entry.name, its.code) for its in staged],
    }


def _remains(scene: Scene, staged: Sequence[Staged], folder: Path) -> list[Remains]:
    marks, keys = [scene.mark, *(its.mark for its in staged)], [scene.key, *(its.key for its in staged)]
    package = Path(dualset.__file__).resolve().parent
    inside = package / "builders/execution/inside"
    return remains(marks, keys, [scene.home, package, inside, Path.cwd(), folder / "tmp", folder])


def _processes(said: Said, staged: Sequence[Staged]) -> list[Remains]:
    """A process that was left has its program's mark as its name, or that of the sandbox's Python."""
    marks = {its.mark for its in staged}
    return [Remains(name if name in marks else "", f"a process {name}") for name in said.left]


def _done_to_the_driver(driver: Driver, said: Said, scene: Scene, folder: Path) -> list[str]:
    """What came of the driver itself, for which no program can be named."""
    done = [f"the driver got the signal {name}, {times} times" for name, times in Counter(said.signals).items()]
    if said.ended:
        done.append(said.ended)
    else:
        done += [f"the sandbox left its folder {path.name}" for path in (folder / "tmp").iterdir()]
    complaints = driver.complaints()
    if f"dst{scene.run_id}" in complaints:
        done.append("a program wrote to the driver's standard error")
    elif complaints.strip():
        done.append(f"the driver complained: {complaints.strip().splitlines()[-1]}")
    return done
