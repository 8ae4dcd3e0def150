"""A number about work that is not done yet: known, bounded or guessed, and never one for the other."""

from dataclasses import dataclass

__all__ = ["Figure", "exactly"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One quantity; what is not known is None.

    Attributes:
        exact: it is this.
        at_most: it cannot be more than this.
        estimate: it may well be more or less than this.
        basis: what the estimate rests on.
    """

    exact: int | None = None
    at_most: int | None = None
    estimate: int | None = None
    basis: str | None = None


def exactly(number: int) -> Figure:
    """A quantity that is known, which is also its bound."""
    return Figure(exact=number, at_most=number)
