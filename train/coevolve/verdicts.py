"""Whether programs pass their problem's own tests, for what may know it: calibration, the log, and CURE's reward."""

from collections.abc import Sequence

from dualset.train.coevolve.written import Written
from dualset.train.grader import Attempted, Grader

__all__ = ["Right", "verdicts"]

Right = dict[str, bool | None]
"""By code; None: unknown."""


def verdicts(grader: Grader, those: Sequence[Written]) -> list[Right]:
    """For each problem, of every program that was written."""
    asked = [Attempted(said.problem_id, code) for said in those for code in said.distinct_programs]
    found = dict(zip(asked, grader.passed(asked), strict=True))
    return [{code: found[Attempted(said.problem_id, code)] for code in said.distinct_programs} for said in those]
