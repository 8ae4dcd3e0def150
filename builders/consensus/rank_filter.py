"""The rank filter (ZeroCoder, arXiv 2604.07864): a matrix whose programs, or tests, do nearly alike tells nothing.

In: a pass matrix. Out: whether its rank over the real numbers is above τ. A matrix of rank r has at most 2^r distinct
rows, so that more of them decide without any arithmetic, and what is left is small.
"""

import numpy as np

from dualset.builders.consensus.matrix import Matrix
from dualset.builders.errors import DualsetError

__all__ = ["RANK_ABOVE", "keeps"]

RANK_ABOVE = 2
"""τ of the paper: a matrix is kept where its rank is above it."""


def keeps(matrix: Matrix, above: int = RANK_ABOVE) -> bool:
    """Whether the matrix has a rank above ``above``. Repeats of a program or test never change that.

    Raises:
        DualsetError: ``above`` is negative.
    """
    if above < 0:
        msg = f"a rank is above {above} always: the rank filter needs 0 or more, the paper uses {RANK_ABOVE}"
        raise DualsetError(msg)
    n, m = matrix.passed_NM.shape
    if min(n, m) <= above:
        return False
    distinct = len(np.unique(np.packbits(matrix.passed_NM, axis=1), axis=0))
    return distinct > 2**above or matrix.rank > above
