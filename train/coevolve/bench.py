"""Programs on tests, and mutants on tests, for a whole step at once, in a process of its own.

In: what was written for some problems. Out: who passes what, and who kills whom. Every cell is run. Null is unknown: a
fault of this machine. Left out: what follows from it (``consensus.py``, ``rewards.py``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.execution.settings import LabelSettings
from dualset.train.sandbox_process import SandboxProcess

__all__ = ["Bench", "Chosen", "Cross", "Passed", "Scores"]

_TIME_FLOOR_S = 0.05
"""CPU seconds that a mutant has at least; ten times its program's time, up to the program's own limit."""


class Cross(NamedTuple):
    """Programs and tests of one problem; no two programs and no two tests alike."""

    problem_id: str
    codes: tuple[str, ...]
    tests: tuple[Test, ...]


class Chosen(NamedTuple):
    """A program whose mutants the tests are tried on."""

    problem_id: str
    code: str
    tests: tuple[Test, ...]


Passed = dict[str, dict[str, bool | None]]
"""By code and test_id: whether the program passes the test."""

Scores = dict[str, float | None]
"""By test_id: the share of mutants that it kills; None: it does not pass the program itself, or nothing is known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Held:
    problems: Mapping[str, Problem]
    limits: LabelSettings
    sandbox: Sandbox
    mutants: int


class Bench:
    """To be closed with its process.

    Args:
        problems: by problem_id; their own tests are not looked at.
        limits: what programs are held to.
        sandbox: how many run at the same time, and how they are kept from this machine.
        mutants: of a program at most.
    """

    def __init__(
        self, problems: Mapping[str, Problem], limits: LabelSettings, sandbox: Sandbox = ONE, *, mutants: int = 20
    ) -> None:
        bare = {name: replace(problem, tests=(), reference_solutions=()) for name, problem in problems.items()}
        limits = replace(limits, source="execution", early_stop=False, repeat=1)
        self.process = SandboxProcess(_Held(problems=bare, limits=limits, sandbox=sandbox, mutants=mutants))

    def cross(self, pairs: Sequence[Cross]) -> list[Passed]:
        """Run all programs of each problem on all its tests.

        Raises:
            ExecutionError: the sandbox cannot work, or its process has died.
        """
        return self.process.ask(_cross, list(pairs)) if pairs else []

    def kills(self, chosen: Sequence[Chosen]) -> list[Scores]:
        """The mutation score of each test on its problem's chosen program.

        Raises:
            ExecutionError: the sandbox cannot work, or its process has died.
        """
        return self.process.ask(_kills, list(chosen)) if chosen else []


def _cross(held: _Held, pairs: list[Cross]) -> list[Passed]:
    from dualset.builders.execution.crew import Program
    from dualset.builders.execution.label import label_programs

    problems = {str(i): replace(held.problems[each.problem_id], tests=each.tests) for i, each in enumerate(pairs)}
    programs = [
        Program(str(i), f"{i}:{j}", code)
        for i, each in enumerate(pairs)
        if each.tests
        for j, code in enumerate(each.codes)
    ]
    found: list[Passed] = [{code: {} for code in each.codes} for each in pairs]
    made = label_programs(problems, programs, held.limits, sandbox=held.sandbox)
    for program, (label, _) in zip(programs, made, strict=True):
        i = int(program.problem_id)
        ids = (test.test_id for test in pairs[i].tests)
        found[i][program.code] = dict(zip(ids, map(_verdict, label.outcomes), strict=True))
    return found


def _verdict(outcome: str) -> bool | None:
    from dualset.builders.dataset.words import Outcome

    return None if outcome == Outcome.INFRA_ERROR else outcome == Outcome.PASS


def _kills(held: _Held, chosen: list[Chosen]) -> list[Scores]:
    from dualset.builders.mutation.engine import mutants
    from dualset.builders.mutation.kills import Job, KillSettings, kill_matrices
    from dualset.builders.mutation.score import test_scores

    problems = {str(i): replace(held.problems[each.problem_id], tests=each.tests) for i, each in enumerate(chosen)}
    jobs = [Job(str(i), each.code, mutants(each.code, cap=held.mutants).found) for i, each in enumerate(chosen)]
    settings = KillSettings(limits=held.limits, time_floor_s=_TIME_FLOOR_S, early_stop=True)
    made = kill_matrices(problems, jobs, settings, sandbox=held.sandbox)
    return [dict(zip(kills.test_ids, test_scores(kills), strict=True)) for kills in made]
