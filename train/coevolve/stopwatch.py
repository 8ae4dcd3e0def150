"""The seconds of a turn, by part. Parts: rollout, execution, mutation, calibration as the paper has them, and watch."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["PARTS", "Stopwatch"]

PARTS = ("rollout", "calibration", "execution", "mutation", "watch")


class Stopwatch:
    """Adds up.

    Attributes:
        seconds: of this turn, by part.
        turns: how many there were, this one included.
    """

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self.turns = 0

    def begin(self) -> None:
        """A new turn."""
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self.turns += 1

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """What is done within belongs to that part."""
        began = time.perf_counter()
        yield
        self.seconds[part] += time.perf_counter() - began

    @property
    def figures(self) -> dict[str, float | None]:
        """As they are logged."""
        return {f"time/{part}_s": seconds for part, seconds in self.seconds.items()}
