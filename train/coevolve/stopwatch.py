"""The seconds of a turn, by part. Parts: rollout, execution, mutation, calibration as the paper has them, and watch."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["PARTS", "Stopwatch"]

PARTS = ("rollout", "calibration", "execution", "mutation", "watch")


class Stopwatch:
    """Adds up."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PARTS, 0.0)

    def begin(self, rollout: float) -> None:
        """A new turn, whose rollout took so long."""
        self.seconds = dict.fromkeys(PARTS, 0.0) | {"rollout": rollout}

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
