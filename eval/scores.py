"""Scores and their means over a problem: the one shape in which judging, writing and choosing answer.

In: (problem id, scores) pairs, one a ranking or set. Out: one mean a problem and metric. Sums are exact (``fsum``), so
that their order changes no digit. A metric that a pair does not have is not counted as zero.
"""

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

__all__ = ["Measured", "Scores", "by_problem"]

Scores = Mapping[str, float]
"""metric -> value."""


class Measured(NamedTuple):
    """problem_id -> scores, of the model and of blind chance (which has no say in some metrics)."""

    model: Mapping[str, Scores]
    chance: Mapping[str, Scores]


def by_problem(scored: Iterable[tuple[str, Scores]]) -> dict[str, Scores]:
    """The mean of each metric over each problem's scores."""
    found: dict[str, dict[str, list[float]]] = {}
    for problem_id, scores in scored:
        series = found.setdefault(problem_id, {})
        for name, value in scores.items():
            series.setdefault(name, []).append(value)
    return {
        problem_id: {name: math.fsum(values) / len(values) for name, values in series.items()}
        for problem_id, series in found.items()
    }
