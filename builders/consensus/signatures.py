"""The integers that selectors decide on, for each row of many pass matrices at once.

In: cells of B matrices of one shape, and how often each program and test counts. Out: ``Counts``. Rows with the same
cells have one *signature* and the same integers. All sums are whole numbers that float32 or float64 hold exactly, so
that they can be done as matrix products; nothing here is rounded.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dualset.builders.consensus.matrix import Bools, Integers

__all__ = ["Counts", "count"]

_EXACT_IN_FLOAT32 = 1 << 24


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Counts:
    """For each row of each matrix what is known of its signature.

    Attributes:
        first_BN: the first row with the same signature: what tells signatures apart.
        x_BN: rows with this signature.
        y_BN: tests that it passes.
        s1_BN: passes of the other rows on the tests it passes (FACTS: S1).
        s0_BN: passes of the other rows on the tests it does not (S0).
        n_B: rows in all.
        m_B: tests in all.
    """

    first_BN: Integers
    x_BN: Integers
    y_BN: Integers
    s1_BN: Integers
    s0_BN: Integers
    n_B: Integers
    m_B: Integers

    @property
    def n1_BN(self) -> Integers:
        """Cells of the other rows on the tests that the signature passes."""
        return (self.n_B[:, None] - self.x_BN) * self.y_BN

    @property
    def n0_BN(self) -> Integers:
        """Cells of the other rows on the tests that it does not pass."""
        return (self.n_B[:, None] - self.x_BN) * (self.m_B[:, None] - self.y_BN)


def count(passed_BNM: Bools, row_counts_BN: Integers, column_counts_BM: Integers) -> Counts:
    """Count the signatures of B matrices; the counts of rows and columns weigh them (ones: each once).

    The rows are compared as packed bits, each with each: exact, without a hash. It takes B·N·N·M/64 comparisons of
    words, and B·N·N bytes twice.
    """
    n_B, m_B = row_counts_BN.sum(axis=1), column_counts_BM.sum(axis=1)
    small = int((n_B * m_B).max(initial=0)) < _EXACT_IN_FLOAT32
    number: type[Any] = np.float32 if small else np.float64
    cells, rows, columns = (each.astype(number) for each in (passed_BNM, row_counts_BN, column_counts_BM))
    same_BNN = _same_rows(passed_BNM)
    x_BN = _whole(same_BNN.astype(number) @ rows[:, :, None])
    of_columns_BM = (rows[:, None, :] @ cells)[:, 0, :]  # passes of each test, over all programs
    weights_BM2 = np.stack([columns, columns * of_columns_BM], axis=2)
    y_and_inside = cells @ weights_BM2
    y_BN = y_and_inside[:, :, 0].astype(np.int64)
    s1_BN = y_and_inside[:, :, 1].astype(np.int64) - x_BN * y_BN
    total_B = (columns * of_columns_BM).astype(np.int64).sum(axis=1)
    return Counts(
        first_BN=same_BNN.argmax(axis=2) if same_BNN.size else np.zeros(same_BNN.shape[:2], dtype=np.int64),
        x_BN=x_BN,
        y_BN=y_BN,
        s1_BN=s1_BN,
        s0_BN=total_B[:, None] - x_BN * y_BN - s1_BN,
        n_B=n_B,
        m_B=m_B,
    )


def _whole(column_BN1: npt.NDArray[Any]) -> Integers:
    return column_BN1[:, :, 0].astype(np.int64)


def _same_rows(passed_BNM: Bools) -> Bools:
    """Whether rows i and j of a matrix have the same cells."""
    b, n, m = passed_BNM.shape
    words = -(-m // 64)
    packed = np.zeros((b, n, words * 8), dtype=np.uint8)
    packed[:, :, : -(-m // 8)] = np.packbits(passed_BNM, axis=2)
    words_BNW = packed.view(np.uint64)
    same = np.ones((b, n, n), dtype=np.bool_)
    for word in range(words):
        same &= words_BNW[:, :, None, word] == words_BNW[:, None, :, word]
    return same
