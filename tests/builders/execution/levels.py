"""Programs at a level of isolation that the test names; a level that does not work here is skipped, with the reason."""

import pytest

from dualset.builders.dataset.records import Label, Problem
from dualset.builders.execution.crew import Program
from dualset.builders.execution.label import label_programs
from dualset.builders.execution.ladder import Level, Sandbox, climb
from dualset.builders.execution.selftest.problems import QUICK
from dualset.builders.execution.settings import LabelSettings

__all__ = ["ABOVE_NONE", "ONE_QUICKLY", "needs", "run_at"]

ABOVE_NONE = [level for level in Level if level != Level.NONE]
"""The levels that protect the machine."""

ONE_QUICKLY = [level if level == Level.NAMESPACES else pytest.param(level, marks=pytest.mark.slow) for level in Level]
"""All levels, for tests that take their time: but one of them are slow tests."""


def needs(level: Level) -> None:
    """Skip where the level does not work; the plain one works everywhere."""
    for rung in climb() if level != Level.NONE else ():
        if rung.level == level and rung.missing:
            pytest.skip(f"no {level} here: {rung.missing}")


def run_at(
    level: Level, cases: list[tuple[str, Problem, str]], settings: LabelSettings = QUICK, workers: int = 1
) -> dict[str, Label]:
    """Labels by name, of programs that run one after the other in one sandbox."""
    needs(level)
    problems = {str(i): its for i, (_, its, _) in enumerate(cases)}
    programs = [Program(str(i), name, code) for i, (name, _, code) in enumerate(cases)]
    made = label_programs(problems, programs, settings, sandbox=Sandbox(workers=workers, isolation=level))
    return {label.program_id: label for label, _ in made}
