"""Whether programs pass, asked while a model trains: they are run by a process of its own, which drives the sandbox.

In: problems, once; then batches of programs. Out: true, false, or null where that is unknown. A program that was judged
is not run again. The training process only waits: it never compiles, runs or compares anything.
"""

import multiprocessing
import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from types import TracebackType
from typing import NamedTuple

from dualset.builders.dataset.records import Problem, program_id_of
from dualset.builders.errors import ExecutionError
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.execution.settings import LabelSettings

__all__ = ["Attempted", "Grader"]


class Attempted(NamedTuple):
    """One program for one problem."""

    problem_id: str
    code: str


class Grader:
    """Labels programs by the version's own rules. To be closed, or used in a ``with``.

    Args:
        problems: by problem_id.
        settings: limits, where a problem has none of its own; each program is run once.
        sandbox: how many run at the same time, and how they are kept from this machine.
    """

    def __init__(self, problems: Mapping[str, Problem], settings: LabelSettings, sandbox: Sandbox = ONE) -> None:
        spawned = multiprocessing.get_context("spawn")  # a fork would inherit the model and the accelerator
        self._process = ProcessPoolExecutor(1, spawned, initializer=_begin, initargs=(problems, settings, sandbox))
        self._known: dict[str, bool | None] = {}

    def passed(self, attempts: Sequence[Attempted]) -> list[bool | None]:
        """Whether each passes all tests of its problem.

        Raises:
            ExecutionError: the sandbox cannot work, or the process that drives it has died.
        """
        ids = [program_id_of(*attempt) for attempt in attempts]
        new = {name: each for name, each in zip(ids, attempts, strict=True) if name not in self._known}
        if new:
            try:
                self._known |= self._process.submit(_grade, new).result()
            except RuntimeError as error:  # BrokenProcessPool is one
                msg = f"the process that runs the programs has died ({error}): is there memory enough? run it again"
                raise ExecutionError(msg) from error
        return [self._known[name] for name in ids]

    def close(self) -> None:
        """End the process and its sandboxes."""
        self._process.shutdown(cancel_futures=True)

    def __enter__(self) -> "Grader":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class _Begun(NamedTuple):
    problems: Mapping[str, Problem]
    settings: LabelSettings
    sandbox: Sandbox


_begun: list[_Begun] = []
"""In the other process: what it was told at its start."""


def _begin(problems: Mapping[str, Problem], settings: LabelSettings, sandbox: Sandbox) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _begun.append(_Begun(problems, settings, sandbox))


def _end_with_parent() -> None:
    """A training process that is killed takes this one, and so its sandboxes, along."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _grade(attempts: Mapping[str, Attempted]) -> dict[str, bool | None]:
    from dualset.builders.execution.crew import Program
    from dualset.builders.execution.label import label_programs

    [begun] = _begun
    programs = [Program(each.problem_id, name, each.code) for name, each in attempts.items()]
    made = label_programs(begun.problems, programs, begun.settings, sandbox=begun.sandbox)
    return {label.program_id: label.passed for label, _ in made}
