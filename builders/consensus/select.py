"""From scores to what is chosen: programs that agree, and the tests that they agree on.

In: a pass matrix, or many of one shape, and a selector. Out: a ``Consensus``, or ``Selections`` for many. One matrix
goes the way of many, so both give the same. Ties are decided on whole numbers: signatures with equal scores where
scores are whole, with equal (x, y, S1, S0) where they are logarithms. Log scores that differ by less than 1e-8 count as
one score, of which the signature with the most tests, then programs, then other passes is better: rounding decides
nothing.

Tie rules: ``first`` takes of the tied signatures the one whose first program comes first, ``merge`` all of them.
"""

from enum import StrEnum
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from dualset.builders.consensus.matrix import Bools, Integers, Matrix, check_counts
from dualset.builders.consensus.signatures import Counts, count
from dualset.builders.errors import DualsetError

__all__ = ["Consensus", "Selections", "Selector", "Signature", "Ties", "select", "select_many"]

Scores = npt.NDArray[np.int64] | npt.NDArray[np.float64]

_SAME_LOG_SCORE = 1e-8
_PIECE_CELLS = 1 << 18  # cells of matrices worked on at a time: what fits the processor's cache


class Ties(StrEnum):
    """What is chosen of several signatures that score the same."""

    FIRST = "first"
    MERGE = "merge"


class Selector(Protocol):
    """What ``select`` needs of a selector."""

    @property
    def name(self) -> str:
        """As ``parse_selector`` reads it."""

    @property
    def weighted(self) -> bool:
        """Whether repeats of programs and tests count."""

    @property
    def exclude_zero_signature(self) -> bool:
        """Whether programs that pass no test are never chosen."""

    def scores(self, counts: Counts) -> Scores:
        """For each row of each matrix the score of its signature; the highest is chosen."""


class Signature(NamedTuple):
    """One consensus group: the programs that pass the same tests, and its score.

    Attributes:
        rows: positions of its programs, in order.
        x: its programs, and
        y: the tests they pass, weighed as the selector weighs.
        s1: passes of the other programs on those tests.
        s0: passes of the other programs on the other tests.
        score: the selector's; x·y² for CodeT.
    """

    rows: tuple[int, ...]
    x: int
    y: int
    s1: int
    s0: int
    score: float


class Consensus(NamedTuple):
    """What a selector chose of one matrix.

    Attributes:
        rows: positions of the chosen programs, in order; none where there is no program, or none that may be chosen.
        columns: positions of the tests that every chosen program passes.
        tied: whether another signature scored the same.
        signatures: all, by their first program.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    tied: bool
    signatures: tuple[Signature, ...]


class Selections(NamedTuple):
    """What a selector chose of B matrices of one shape.

    Attributes:
        rows_BN: the chosen programs.
        columns_BM: the tests that every chosen program passes.
        tied_B: whether another signature scored the same.
        scores_BN: the score of each program's signature.
    """

    rows_BN: Bools
    columns_BM: Bools
    tied_B: Bools
    scores_BN: Scores


def select(selector: Selector, matrix: Matrix, ties: Ties = Ties.FIRST) -> Consensus:
    """Choose of one matrix.

    Args:
        selector: scores signatures.
        matrix: one row at least, or nothing is chosen; without columns all rows have one, empty, signature.
        ties: what is chosen of equals.
    """
    rows, columns = matrix.row_counts_N[None], matrix.column_counts_M[None]
    if not selector.weighted:
        rows, columns = np.ones_like(rows), np.ones_like(columns)
    counts = count(matrix.passed_NM[None], rows, columns)
    chosen = _choose(selector, matrix.passed_NM[None], counts, ties)
    return Consensus(
        rows=_positions(chosen.rows_BN[0]),
        columns=_positions(chosen.columns_BM[0]),
        tied=bool(chosen.tied_B[0]),
        signatures=_signatures(counts, chosen.scores_BN[0]),
    )


def select_many(
    selector: Selector,
    passed: npt.ArrayLike,
    *,
    row_counts: npt.ArrayLike | None = None,
    column_counts: npt.ArrayLike | None = None,
    ties: Ties = Ties.FIRST,
) -> Selections:
    """Choose of B matrices of one shape: what ``select`` chooses of each, in far less time.

    Args:
        selector: scores signatures.
        passed: (B, N, M) true or false.
        row_counts: (B, N) how often each program was sampled; used by a weighted selector alone.
        column_counts: (B, M) how often each test was written; likewise.
        ties: what is chosen of equals.

    Raises:
        DualsetError: cells that are not bool of three axes, or counts that do not fit.
    """
    passed_BNM = np.asarray(passed)
    if passed_BNM.ndim != 3 or passed_BNM.dtype != np.bool_:
        msg = f"select_many needs bool of shape (matrices, programs, tests), not {passed_BNM.dtype} {passed_BNM.shape}"
        raise DualsetError(msg)
    b, n, m = passed_BNM.shape
    rows_BN = check_counts("row", row_counts if selector.weighted else None, (b, n))
    columns_BM = check_counts("column", column_counts if selector.weighted else None, (b, m))
    step = max(1, _PIECE_CELLS // max(1, n * max(n, m)))
    pieces: list[Selections] = []
    for start in range(0, max(1, b), step):
        part = slice(start, start + step)
        counts = count(passed_BNM[part], rows_BN[part], columns_BM[part])
        pieces.append(_choose(selector, passed_BNM[part], counts, ties))
    return Selections(*(np.concatenate(parts) for parts in zip(*pieces, strict=True)))


def _choose(selector: Selector, passed_BNM: Bools, counts: Counts, ties: Ties) -> Selections:
    scores = selector.scores(counts)
    best = counts.y_BN > 0 if selector.exclude_zero_signature else np.ones(scores.shape, dtype=np.bool_)
    best = _highest(scores, best, counts)
    first_BN = counts.first_BN
    rows = best
    tied = np.zeros(len(best), dtype=np.bool_)
    if best.size:
        leader_B1 = np.take_along_axis(first_BN, best.argmax(axis=1)[:, None], axis=1)
        leading = best & (first_BN == leader_B1)
        tied = (best & ~leading).any(axis=1)
        rows = {Ties.FIRST: leading, Ties.MERGE: best}[ties]
    columns = _passed_by_all(passed_BNM, rows, first_BN)
    return Selections(rows, columns, tied, scores)


def _highest(scores: Scores, allowed: Bools, counts: Counts) -> Bools:
    """The allowed rows with the highest score; of log scores those that also share their integers."""
    whole = np.issubdtype(scores.dtype, np.integer)
    best = _at_top(scores, allowed, 0 if whole else _SAME_LOG_SCORE)
    if not whole:
        for key in (counts.y_BN, counts.x_BN, counts.s1_BN, counts.s0_BN):
            best = _at_top(key, best, 0)
    return best


def _at_top(values: Scores, among: Bools, within: float) -> Bools:
    lowest = np.iinfo(np.int64).min if np.issubdtype(values.dtype, np.integer) else -np.inf
    top_B1 = np.where(among, values, lowest).max(axis=1, initial=lowest, keepdims=True)
    best: Bools = among & (values >= top_B1 - within)
    return best


def _passed_by_all(passed_BNM: Bools, rows_BN: Bools, first_BN: Integers) -> Bools:
    """The tests that every chosen row passes; none where none is chosen."""
    columns = np.zeros((passed_BNM.shape[0], passed_BNM.shape[2]), dtype=np.bool_)
    one_each = rows_BN & (first_BN == np.arange(rows_BN.shape[1]))
    for i in range(int(one_each.sum(axis=1).max(initial=0))):  # once, but for tied signatures that are merged
        has = one_each.any(axis=1)
        at = one_each.argmax(axis=1)[has]
        passed = passed_BNM[has, at]
        columns[has] = passed if i == 0 else columns[has] & passed
        one_each[has, at] = False
    return columns


def _positions(mask: Bools) -> tuple[int, ...]:
    return tuple(int(i) for i in np.flatnonzero(mask))


def _signatures(counts: Counts, scores_N: Scores) -> tuple[Signature, ...]:
    members: dict[int, list[int]] = {}
    for row, first in enumerate(counts.first_BN[0].tolist()):
        members.setdefault(first, []).append(row)
    x, y, s1, s0 = (each[0].tolist() for each in (counts.x_BN, counts.y_BN, counts.s1_BN, counts.s0_BN))
    score = scores_N.tolist()
    return tuple(
        Signature(rows=tuple(rows), x=x[i], y=y[i], s1=s1[i], s0=s0[i], score=score[i]) for i, rows in members.items()
    )
