"""Parts of the problems: by difficulty, source, tag (a platform, a topic) or month.

In: problems and a word. Out: the part or parts that each problem belongs to. What a problem does not say is "unknown",
as a part of its own; without a tag it is in none.
"""

from collections.abc import Mapping

from dualset.builders.dataset.records import Problem
from dualset.builders.errors import RecipeError, did_you_mean

__all__ = ["STRATA", "strata_of"]

STRATA = ("difficulty", "source", "tag", "month")


def strata_of(problems: Mapping[str, Problem], by: str) -> dict[str, set[str]]:
    """The problem ids of each part, parts in the order of their names.

    Raises:
        RecipeError: there is no such division.
    """
    if by not in STRATA:
        msg = f"by is {by!r}: {did_you_mean(by, STRATA)}"
        raise RecipeError(msg)
    parts: dict[str, set[str]] = {}
    for problem_id, problem in problems.items():
        for name in _names(problem, by):
            parts.setdefault(name, set()).add(problem_id)
    return dict(sorted(parts.items()))


def _names(problem: Problem, by: str) -> tuple[str, ...]:
    if by == "tag":
        return problem.tags
    if by == "month":
        return (f"{problem.released_at:%Y-%m}" if problem.released_at else "unknown",)
    return ((problem.difficulty if by == "difficulty" else problem.source) or "unknown",)
