"""Labels by running programs on their problems' own tests.

In: part by part, whole problems with the codes of their programs. Out: rows of the labels table, as
``labeller.py`` says.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from dualset.builders.execution.kept import KeptLabels, Part, Work

__all__ = ["ByExecution"]


class ByExecution:
    """A program is right if it passes all tests of its problem."""

    def __init__(self, work: Work, total: int) -> None:
        self._work = work
        self._kept = KeptLabels(work, total)

    def ahead(self, parts: Iterable[Part]) -> None:
        """As :class:`Labeller`."""
        if self._work.ahead:
            self._work.ahead(self._work, parts)

    def label(self, part: Part, samples: Mapping[str, int]) -> list[dict[str, Any]]:
        """As :class:`Labeller`."""
        return self._kept.label(part)

    def tables(self) -> dict[str, Iterable[Mapping[str, Any]]]:
        """As :class:`Labeller`."""
        return {"labels": self._kept.labels(), "observations": self._kept.observations()}

    def counts(self) -> Mapping[str, int]:
        """As :class:`Labeller`."""
        return {}

    def close(self) -> None:
        """As :class:`Labeller`."""
