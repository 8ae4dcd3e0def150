"""How good a selection is, where the verdicts are known: the share of right programs in it, and the noise.

In: a ``Consensus`` and whether each program is right (None: unknown, on neither side). Out: a share, or None where
nothing is selected or known.
"""

from collections.abc import Sequence
from fractions import Fraction

from dualset.builders.consensus.select import Consensus
from dualset.builders.errors import DualsetError

__all__ = ["correct_fraction", "expected_correct", "selection_noise"]


def expected_correct(
    consensus: Consensus, correct_N: Sequence[bool | None], row_counts_N: Sequence[int] | None = None
) -> float | None:
    """The chance that a program drawn from the selected ones is right; the pass@1 of one problem.

    Args:
        consensus: what was selected.
        correct_N: whether each program of the matrix is right; None: unknown, it counts on neither side.
        row_counts_N: how many samples each program stands for, where a sample is drawn rather than a program.

    Raises:
        DualsetError: verdicts or counts that do not fit the matrix.
    """
    share = correct_fraction(consensus.rows, correct_N, row_counts_N)
    return None if share is None else float(share)


def selection_noise(
    consensus: Consensus, correct_N: Sequence[bool | None], row_counts_N: Sequence[int] | None = None
) -> float | None:
    """1 - the share of right programs among the selected ones (ZeroCoder's selection noise); as above."""
    share = correct_fraction(consensus.rows, correct_N, row_counts_N)
    return None if share is None else float(1 - share)


def correct_fraction(
    rows: Sequence[int], correct_N: Sequence[bool | None], row_counts_N: Sequence[int] | None = None
) -> Fraction | None:
    """The share of right programs among these rows, exactly; None where none of them is known."""
    counts = [1] * len(correct_N) if row_counts_N is None else row_counts_N
    if len(counts) != len(correct_N) or (rows and max(rows) >= len(correct_N)):
        msg = f"{len(correct_N)} verdicts and {len(counts)} counts do not fit a matrix with these rows: one each"
        raise DualsetError(msg)
    known = [(counts[row], correct_N[row]) for row in rows if correct_N[row] is not None]
    if not known:
        return None
    return Fraction(sum(int(n) for n, right in known if right), sum(int(n) for n, _ in known))
