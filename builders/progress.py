"""How long work says how far it is: a callable that the caller passes in; the library itself prints nothing."""

from typing import Protocol

__all__ = ["Progress", "silent"]


class Progress(Protocol):
    """Called with the stage's name, the units done so far and the units in all (0: unknown)."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Take note of it; called often, so be quick."""


def silent(stage: str, done: int, total: int) -> None:
    """Say nothing."""
