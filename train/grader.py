"""Whether programs pass, asked while a model trains: they are run by a process of its own, which drives the sandbox.

In: problems, once; then batches of programs. Out: true, false, or null where that is unknown. A program that was judged
is not run again. The training process only waits: it never compiles, runs or compares anything.
"""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import NamedTuple

from dualset.builders.dataset.records import Problem, program_id_of
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.execution.settings import LabelSettings
from dualset.train.sandbox_process import SandboxProcess

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
        self._process = SandboxProcess(_Held(problems, settings, sandbox))
        self._known: dict[str, bool | None] = {}

    def passed(self, attempts: Sequence[Attempted]) -> list[bool | None]:
        """Whether each passes all tests of its problem.

        Raises:
            ExecutionError: the sandbox cannot work, or the process that drives it has died.
        """
        ids = [program_id_of(*attempt) for attempt in attempts]
        new = {name: each for name, each in zip(ids, attempts, strict=True) if name not in self._known}
        if new:
            self._known |= self._process.ask(_grade, new)
        return [self._known[name] for name in ids]

    def close(self) -> None:
        """End the process and its sandboxes."""
        self._process.close()

    def __enter__(self) -> "Grader":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class _Held(NamedTuple):
    problems: Mapping[str, Problem]
    settings: LabelSettings
    sandbox: Sandbox


def _grade(held: _Held, attempts: Mapping[str, Attempted]) -> dict[str, bool | None]:
    from dualset.builders.execution.crew import Program
    from dualset.builders.execution.label import label_programs

    programs = [Program(each.problem_id, name, each.code) for name, each in attempts.items()]
    made = label_programs(held.problems, programs, held.settings, sandbox=held.sandbox)
    return {label.program_id: label.passed for label, _ in made}
