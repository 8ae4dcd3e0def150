"""Scores and their means over a problem: the one shape in which judging, writing and choosing answer.

In: (problem id, repeat, scores), one a ranking or set. Out: for each problem and metric one mean a repeat. Sums are
exact (``fsum``), so that their order changes no digit. A metric that a repeat does not have is null there, not zero.
"""

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

__all__ = ["Measured", "Repeats", "Scores", "by_problem", "joined", "mean", "series"]

Scores = Mapping[str, float]
"""metric -> value."""
Repeats = tuple[float | None, ...]
"""One metric of one problem: a value a repeat, null where it has none."""


class Measured(NamedTuple):
    """problem_id -> metric -> repeats, of the model and of blind chance (which has no say in some metrics)."""

    model: Mapping[str, Mapping[str, Repeats]]
    chance: Mapping[str, Mapping[str, Repeats]]


def by_problem(scored: Iterable[tuple[str, int, Scores]]) -> dict[str, dict[str, Repeats]]:
    """The mean of each metric over each problem's scores, by repeat (from 0)."""
    found: dict[str, dict[str, dict[int, list[float]]]] = {}
    for problem_id, repeat, scores in scored:
        metrics = found.setdefault(problem_id, {})
        for name, value in scores.items():
            metrics.setdefault(name, {}).setdefault(repeat, []).append(value)
    return {
        problem_id: {name: _means(series) for name, series in metrics.items()} for problem_id, metrics in found.items()
    }


def _means(series: Mapping[int, list[float]]) -> Repeats:
    return tuple(
        math.fsum(series[repeat]) / len(series[repeat]) if repeat in series else None
        for repeat in range(max(series) + 1)
    )


def mean(repeats: Repeats) -> float | None:
    """The mean over the repeats that have a value; null where none has."""
    known = [value for value in repeats if value is not None]
    return math.fsum(known) / len(known) if known else None


def series(scores: Mapping[str, Mapping[str, Repeats]], name: str) -> dict[str, Repeats]:
    """One metric of the problems that have it."""
    return {problem_id: each[name] for problem_id, each in scores.items() if name in each}


def joined(parts: Iterable[Measured]) -> Measured:
    """The metrics of each problem side by side."""
    model: dict[str, dict[str, Repeats]] = {}
    chance: dict[str, dict[str, Repeats]] = {}
    for part in parts:
        for problem_id, scores in part.model.items():
            model.setdefault(problem_id, {}).update(scores)
        for problem_id, scores in part.chance.items():
            chance.setdefault(problem_id, {}).update(scores)
    return Measured(model=model, chance=chance)
