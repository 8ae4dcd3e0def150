"""Selectors the slow way, from the papers' words: loops over rows and tests, whole numbers and fractions alone.

Weights are really repeated rows and columns here. Used by the tests beside it.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import factorial, prod
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

Cells = tuple[tuple[bool, ...], ...]
_SAME = 1 - Fraction(1, 10**8)


class Integers(NamedTuple):
    """Of one signature."""

    y: int
    x: int
    s1: int
    s0: int
    n: int
    m: int


def repeated(cells: Cells, row_counts: Sequence[int], column_counts: Sequence[int]) -> Cells:
    """The matrix with each row and column as often as its count says."""
    wide = [tuple(cell for cell, n in zip(row, column_counts, strict=True) for _ in range(n)) for row in cells]
    return tuple(row for row, n in zip(wide, row_counts, strict=True) for _ in range(n))


def integers(cells: Cells) -> dict[tuple[bool, ...], Integers]:
    """By signature."""
    found = {}
    for signature in cells:
        others = [row for row in cells if row != signature]
        inside = sum(cell for row in others for cell, passed in zip(row, signature, strict=True) if passed)
        outside = sum(cell for row in others for cell, passed in zip(row, signature, strict=True) if not passed)
        found[signature] = Integers(
            sum(signature), len(cells) - len(others), inside, outside, len(cells), len(signature)
        )
    return found


def maxpass(of: Integers) -> int:
    return of.y


def codet(of: Integers) -> int:
    return of.x * of.y**2


def b4(b: int, a: int) -> Callable[[Integers], Fraction]:
    """B4's score without the logarithm, exactly."""

    def score(of: Integers) -> Fraction:
        alpha, beta = 10**a, 10**b
        n1, n0 = (of.n - of.x) * of.y, (of.n - of.x) * (of.m - of.y)
        return (
            _beta(of.n - of.x + 1, of.x + alpha)
            * _beta(of.m - of.y + 1, of.y + alpha)
            * _beta(of.s1 + 1, n1 - of.s1 + 1)
            * _beta(of.s0 + 1, n0 - of.s0 + beta)
        )

    return score


def _beta(small: int, large: int) -> Fraction:
    """B(small, large) of whole numbers."""
    return Fraction(factorial(small - 1), prod(range(large, large + small)))


def best_rows(cells: Cells, score: Callable[[Integers], int | Fraction], no_zero: bool = False) -> set[int]:
    """All rows of the signatures that score highest; of equal B4 scores those with the largest integers."""
    found = {key: of for key, of in integers(cells).items() if not no_zero or any(key)}
    if not found:
        return set()
    scores = {key: score(of) for key, of in found.items()}
    top = max(scores.values())
    best = [key for key in found if scores[key] >= (top * _SAME if isinstance(top, Fraction) else top)]
    if isinstance(top, Fraction):
        largest = max(found[key] for key in best)
        best = [key for key in best if found[key] == largest]
    return {i for i, row in enumerate(cells) if row in best}


def table(cells: Cells, columns: int) -> np.ndarray:
    """As numpy has it, also without rows."""
    return np.array(cells, dtype=np.bool_).reshape(len(cells), columns)


@st.composite
def tables(draw: st.DrawFn, most_rows: int = 7, most_columns: int = 6) -> Cells:
    """Small matrices in which rows repeat often."""
    n, m = draw(st.integers(1, most_rows)), draw(st.integers(1, most_columns))
    kinds = draw(st.lists(st.tuples(*[st.booleans()] * m), min_size=1, max_size=4))
    return tuple(draw(st.lists(st.sampled_from(kinds), min_size=n, max_size=n)))


@st.composite
def weighted_tables(draw: st.DrawFn) -> tuple[Cells, list[int], list[int]]:
    """A matrix with the counts of its rows and columns."""
    cells = draw(tables(most_rows=5, most_columns=4))
    rows = draw(st.lists(st.integers(1, 3), min_size=len(cells), max_size=len(cells)))
    columns = draw(st.lists(st.integers(1, 3), min_size=len(cells[0]), max_size=len(cells[0])))
    return cells, rows, columns
