"""Sets up around one program what it is to find, fills its text in, and afterwards says what came of it.

In: an entry of the corpus. Out: a ``Staged``, ready to be run; ``harms`` after the run. What is set up is real and new
for each program (a folder with a secret, sockets that listen, a process), so what happens to it can only be that
program's doing.
"""

import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import dualset
from dualset.builders.dataset.records import Problem
from dualset.builders.errors import ExecutionError
from dualset.builders.execution.selftest.bystander import Bystander
from dualset.builders.execution.selftest.corpus import Entry, Harm
from dualset.builders.execution.selftest.doors import DOORS, Doors, Knocker
from dualset.builders.execution.selftest.files import Bait
from dualset.builders.execution.selftest.problems import PROBLEMS, filled
from dualset.builders.execution.selftest.syscalls import call_number

__all__ = ["Found", "Scene", "Staged", "new_secret"]

_OPEN = re.compile(r"\{([A-Z][A-Z0-9_]+)\}")
_KEYS = 1 << 30
"""System V keys of the corpus begin here: a run has 4096 of them."""


class Found(NamedTuple):
    """A harm that was done, and what exactly."""

    harm: Harm
    what: str


class Scene(NamedTuple):
    """What all programs of a run share.

    Attributes:
        run_id: four hex digits that tell this run's names from another's.
        folder: where files and sockets are made, outside of where programs run.
        home: the home folder of the user that runs them.
        driver: the process id of the driver that runs them.
        knocker: tries to reach the ports on which programs may listen.
        vault: the answer that a thief's friend is told and the thief is not.
    """

    run_id: str
    folder: Path
    home: Path
    driver: int
    knocker: Knocker
    vault: str

    @property
    def mark(self) -> str:
        """A name that two programs can agree on."""
        return f"dst{self.run_id}all"

    @property
    def key(self) -> int:
        """A System V key that two programs can agree on."""
        return _KEYS + int(self.run_id, 16) * 4096 + 4095


def new_secret() -> str:
    """A text that nobody can guess; programs look for ``canary-`` and 16 hex digits."""
    return f"canary-{secrets.token_hex(8)}"


class Staged:
    """One program of the corpus, the ``number``-th of a run, with what was set up for it."""

    def __init__(self, entry: Entry, number: int, scene: Scene) -> None:
        self.entry = entry
        self.mark = f"dst{scene.run_id}{number:03d}"
        self.key = _KEYS + int(scene.run_id, 16) * 4096 + number
        self.granted = new_secret()
        self.vault = scene.vault if entry.kind == "thieves" else new_secret()
        self._scene = scene
        self._folder = scene.folder / f"{number:03d}"
        self._secret = new_secret()
        self._bait: Bait | None = None
        self._bystander: Bystander | None = None
        self._doors = Doors(self._folder, self.mark)
        self.problem: Problem = filled(PROBLEMS[entry.problem], {"{VAULT}": self.vault})
        self.code: str = _OPEN.sub(self._fill, entry.code)

    @property
    def secrets(self) -> dict[str, str]:
        """What it must not know, and what that is."""
        return {self._secret: "the content of a file", self.vault: "an expected value"}

    def harms(self) -> list[Found]:
        """What has come of it, as far as its own set-up shows."""
        found = [Found(Harm.REACH, door) for door in self._doors.reached()]
        if self._bait:
            found += [Found(Harm.CHANGE, change) for change in self._bait.changes()]
        if self._bystander:
            found += [Found(Harm.DISTURB, what) for what in self._bystander.disturbed()]
        if self.mark in self._scene.knocker.answered:
            found.append(Found(Harm.REACH, "it could be reached from outside"))
        return found

    def close(self) -> None:
        """Take down what was set up; files are removed with the folder they are in."""
        self._doors.close()
        if self._bystander:
            self._bystander.close()

    def _fill(self, place: re.Match[str]) -> str:
        name = place[1]
        if name.startswith("SYS_"):
            return str(call_number(name.removeprefix("SYS_")))
        if name in DOORS:
            return self._doors.open(name)
        if name not in _VALUES:
            msg = f"the corpus, {self.entry.name!r}: nothing to put in for {place[0]}"
            raise ExecutionError(msg)
        return _VALUES[name](self)

    def _bait_folder(self) -> str:
        self._bait = self._bait or Bait(self._folder / "bait", self._secret)
        return str(self._bait.folder)

    def _bystander_pid(self) -> str:
        self._bystander = self._bystander or Bystander(self._scene.driver)
        return str(self._bystander.pid)


_VALUES: dict[str, Callable[[Staged], str]] = {
    "OUTSIDE": Staged._bait_folder,
    "BYSTANDER": Staged._bystander_pid,
    "PORT": lambda its: its._scene.knocker.port(its.mark),
    "DRIVER": lambda its: str(its._scene.driver),
    "HOME": lambda its: str(its._scene.home),
    "PACKAGE": lambda its: str(Path(dualset.__file__).resolve().parent),
    "MARK": lambda its: its.mark,
    "KEY": lambda its: str(its.key),
    "SHARED_MARK": lambda its: its._scene.mark,
    "SHARED_KEY": lambda its: str(its._scene.key),
    "GRANTED": lambda its: its.granted,
}
