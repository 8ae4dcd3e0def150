"""A reward model and execution at once: what one of them does not know, neither tells.

In: two rewards. Out: the same two, in the shape that TRL calls, one after the other. TRL takes a null of one reward for
0 where the other is known (it leaves a row out only where all are null): a fault of the machine would look like a
wrong program.
"""

from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["known_together"]

Reward = Callable[..., list[float | None]]


class _First:
    """Asks both; ``watch`` is the first's."""

    def __init__(self, first: Any, second: Reward) -> None:
        self.__name__ = first.__name__
        self.watch = getattr(first, "watch", None)
        self._first, self._second = first, second
        self.told: Sequence[float | None] = []

    def __call__(self, *args: Any, **columns: Any) -> list[float | None]:
        """The first's rewards."""
        mine, theirs = self._first(*args, **columns), self._second(*args, **columns)
        unknown = [one is None or other is None for one, other in zip(mine, theirs, strict=True)]
        self.told = [None if out else other for out, other in zip(unknown, theirs, strict=True)]
        return [None if out else one for out, one in zip(unknown, mine, strict=True)]


class _Second:
    """Tells what the first call found."""

    def __init__(self, first: _First, name: str) -> None:
        self.__name__, self._first = name, first

    def __call__(self, *args: Any, **columns: Any) -> list[float | None]:
        """The second's rewards."""
        return list(self._first.told)


def known_together(first: Any, second: Any) -> list[Reward]:
    """Both, to be called in this order with the same completions."""
    both = _First(first, second)
    return [both, _Second(both, second.__name__)]
