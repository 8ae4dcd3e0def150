"""A window of release days: which problems were released within it.

In: days, of which either may be missing. Out: a ``Window`` that says of a problem whether it is inside, or that nobody
knows. It leaves out what becomes of the others: ``problem_set.py`` counts them.
"""

from dataclasses import dataclass
from datetime import date

from dualset.builders.dataset.records import Problem
from dualset.builders.errors import RecipeError

__all__ = ["Window"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """From the day ``since`` to the day ``until``, both inside; None: open on that side.

    Raises:
        RecipeError: ``since`` is after ``until``.
    """

    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if self.since and self.until and self.since > self.until:
            msg = f"problems.since is {self.since}: expected a day that is not after problems.until, {self.until}"
            raise RecipeError(msg)

    def __bool__(self) -> bool:
        return self.since is not None or self.until is not None

    def __str__(self) -> str:
        sides = (f"from {self.since}" if self.since else "", f"to {self.until}" if self.until else "")
        return " ".join(side for side in sides if side)

    def holds(self, problem: Problem) -> bool | None:
        """Whether the problem was released in the window (UTC days); None where its day is not known."""
        if not self:
            return True
        if problem.released_at is None:
            return None
        day = problem.released_at.date()
        return (self.since or day) <= day <= (self.until or day)
