"""The pass matrix of one problem: its programs x its tests, true where the program passed the test.

In: cells, names of rows and columns, and how often each was sampled. Out: a ``Matrix``, checked and never changed.
A matrix holds no unknown cell: ``known_part`` takes those out first, with their program or test, and says which.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self, TypeVar

import numpy as np
import numpy.typing as npt

from dualset.builders.errors import DualsetError

__all__ = ["MOST_SAMPLES", "NOTHING", "Bools", "Integers", "Known", "Matrix", "check_counts", "known_part"]

Bools = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

_Array = TypeVar("_Array", Bools, Integers)

MOST_SAMPLES = 1 << 20
"""Programs, and tests, that a matrix may stand for, repeats counted: x·y² then fits 63 bits."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Matrix:
    """Programs x tests of one problem.

    Attributes:
        passed_NM: whether program n passed test m.
        rows: names of the N programs, no two alike.
        columns: names of the M tests, no two alike.
        row_counts_N: how many samples were this program, 1 or more.
        column_counts_M: how many times this test was written, 1 or more.
    """

    passed_NM: Bools
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    row_counts_N: Integers
    column_counts_M: Integers

    @classmethod
    def of(
        cls,
        cells: npt.ArrayLike,
        *,
        rows: Sequence[str] | None = None,
        columns: Sequence[str] | None = None,
        row_counts: npt.ArrayLike | None = None,
        column_counts: npt.ArrayLike | None = None,
    ) -> Self:
        """A matrix from 0/1 cells; names default to positions, counts to 1.

        Raises:
            DualsetError: cells that are not a table of 0/1, or names or counts that do not fit it.
        """
        passed_NM = _zeros_and_ones(cells)
        n, m = passed_NM.shape
        return cls(
            passed_NM=passed_NM,
            rows=_names("row", rows, n),
            columns=_names("column", columns, m),
            row_counts_N=check_counts("row", row_counts, (n,)),
            column_counts_M=check_counts("column", column_counts, (m,)),
        )

    @property
    def rank(self) -> int:
        """The rank over the real numbers; repeated rows and columns add nothing to it."""
        distinct = np.unique(np.unique(self.passed_NM, axis=0), axis=1) if self.passed_NM.size else self.passed_NM
        return int(np.linalg.matrix_rank(distinct.astype(np.float64))) if distinct.size else 0


def check_counts(what: str, counts: npt.ArrayLike | None, shape: tuple[int, ...]) -> Integers:
    """Repeat counts as integers of this shape; None stands for ones.

    Raises:
        DualsetError: another shape, a count below 1 or not whole, or more samples in all than can be counted exactly.
    """
    if counts is None:
        return _frozen(np.ones(shape, dtype=np.int64))
    given = np.asarray(counts)
    if given.shape != shape:
        msg = f"{what} counts have shape {given.shape}, the matrix needs {shape}: one count for each {what}"
        raise DualsetError(msg)
    if given.size and (given.dtype.kind not in "iu" or given.min() < 1):
        bad = given.dtype if given.dtype.kind not in "iu" else given.min()
        msg = f"{what} counts are whole numbers from 1 up, not {bad}: leave out what was never sampled"
        raise DualsetError(msg)
    whole = given.astype(np.int64)
    most = int(whole.sum(axis=-1).max()) if whole.size else 0
    if most > MOST_SAMPLES:
        msg = f"{what} counts add up to {most}, more than {MOST_SAMPLES}: use the selector without weights"
        raise DualsetError(msg)
    return _frozen(whole)


def _zeros_and_ones(cells: npt.ArrayLike) -> Bools:
    given = np.asarray(cells)
    if given.ndim != 2:
        msg = f"a pass matrix has two axes, programs x tests, not shape {given.shape}"
        raise DualsetError(msg)
    passed = given.astype(np.bool_)
    if given.dtype != np.bool_ and not np.array_equal(passed, given):
        msg = "a pass matrix holds 0 and 1 alone; take unknown cells out with known_part first"
        raise DualsetError(msg)
    return _frozen(passed)


def _frozen(array: _Array) -> _Array:
    array.setflags(write=False)
    return array


def _names(what: str, names: Sequence[str] | None, n: int) -> tuple[str, ...]:
    given = tuple(str(i) for i in range(n)) if names is None else tuple(names)
    if len(given) != n:
        msg = f"{len(given)} {what} names for {n} {what}s: name each once"
        raise DualsetError(msg)
    if len(set(given)) < n:
        twice = next(name for i, name in enumerate(given) if name in given[:i])
        msg = f"two {what}s are named {twice!r}: give a repeated one a count instead"
        raise DualsetError(msg)
    return given


class Known(NamedTuple):
    """What is known of a table with unknown cells.

    Attributes:
        rows: positions of the programs that stay, in order.
        columns: positions of the tests that stay, in order.
        rows_left_out: how many programs left.
        columns_left_out: how many tests left.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    rows_left_out: int
    columns_left_out: int


NOTHING = Known((), (), 0, 0)


def known_part(unknown_NM: npt.ArrayLike) -> Known:
    """Which programs and tests stay, so that no unknown cell is left.

    The program or test with the largest share of its cells unknown leaves, then the next, until none is unknown: a test
    that broke the sandbox leaves alone, and so does a program that did. Of equal shares tests leave before programs,
    later ones before earlier ones.
    """
    unknown = np.array(unknown_NM, dtype=np.bool_)
    if unknown.ndim != 2:
        msg = f"unknown cells have two axes, programs x tests, not shape {unknown.shape}"
        raise DualsetError(msg)
    n, m = unknown.shape
    rows, columns = list(range(n)), list(range(m))
    while unknown.any():
        of_rows, of_columns = unknown.sum(axis=1), unknown.sum(axis=0)
        if int(of_columns.max()) * len(columns) >= int(of_rows.max()) * len(rows):  # shares, multiplied out
            last = len(columns) - 1 - int(np.argmax(of_columns[::-1]))
            unknown = np.delete(unknown, last, axis=1)
            del columns[last]
        else:
            last = len(rows) - 1 - int(np.argmax(of_rows[::-1]))
            unknown = np.delete(unknown, last, axis=0)
            del rows[last]
    return Known(tuple(rows), tuple(columns), n - len(rows), m - len(columns))
