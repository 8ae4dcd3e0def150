"""Intervals: the percentile bootstrap that resamples **problems**, never samples or groups.

In: one value a problem, keyed by problem id; null where the problem says nothing. Out: the mean over problems, with an
interval. Samples of one problem are alike, so resampling them would make intervals too narrow; a problem is the unit
that is drawn anew. Two models are compared on the problems that both have, each problem's difference drawn as one.

The same input gives the same digits on every machine: values are summed as integers (``2**-40`` steps, error below
1e-12), so no order of addition matters. Left out: corrections for many comparisons, and smoothing (an interval is a
point where all problems have the same value).
"""

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["Estimate", "difference", "estimate"]

LEVEL = 0.95
RESAMPLES = 10_000
_STEP = 1 << 40
_DRAWS = 1 << 20  # indices drawn at once: bounds memory at 16 MB


class Estimate(NamedTuple):
    """A mean over ``n`` problems and its interval; null where ``n`` does not allow one (0: no mean, 1: no interval)."""

    value: float | None
    low: float | None
    high: float | None
    n: int

    @property
    def covers_zero(self) -> bool | None:
        """Whether the interval holds zero; null without an interval."""
        if self.low is None or self.high is None:
            return None
        return self.low <= 0 <= self.high


def estimate(
    values: Mapping[str, float | None], *, seed: int = 0, level: float = LEVEL, resamples: int = RESAMPLES
) -> Estimate:
    """The mean over the problems that have a value, with the percentile interval at ``level``."""
    steps = [round(value * _STEP) for _, value in sorted(values.items()) if value is not None]
    n = len(steps)
    if not steps:
        return Estimate(None, None, None, 0)
    mean = sum(steps) / (n * _STEP)
    if n < 2:
        return Estimate(mean, None, None, n)
    low, high = _interval(steps, seed, level, resamples)
    return Estimate(mean, low, high, n)


def difference(
    values: Mapping[str, float | None],
    base: Mapping[str, float | None],
    *,
    seed: int = 0,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
) -> Estimate:
    """The mean of ``values - base`` over the problems that have both, with its paired interval."""
    paired: dict[str, float | None] = {}
    for problem_id, value in values.items():
        against = base.get(problem_id)
        if value is not None and against is not None:
            paired[problem_id] = value - against
    return estimate(paired, seed=seed, level=level, resamples=resamples)


def _interval(steps: list[int], seed: int, level: float, resamples: int) -> tuple[float, float]:
    import numpy as np

    n = len(steps)
    values_P = np.array(steps, dtype=np.int64)
    generator = np.random.Generator(np.random.PCG64(seed))
    sums_R = np.empty(resamples, dtype=np.int64)
    block = max(1, _DRAWS // n)
    for start in range(0, resamples, block):
        stop = min(start + block, resamples)
        drawn_RP = generator.integers(0, n, size=(stop - start, n))
        sums_R[start:stop] = values_P[drawn_RP].sum(axis=1)
    tail = (1 - level) / 2
    low, high = np.quantile(sums_R, [tail, 1 - tail], method="inverted_cdf")
    return int(low) / (n * _STEP), int(high) / (n * _STEP)
