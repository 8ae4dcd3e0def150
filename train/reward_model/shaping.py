"""Validity-preserving shaping: what an answer earns for its score (CodeScaler, arXiv 2602.17684).

In: a score, or None for an invalid answer (``builders/candidates/only_block.py``). Out: the reward.

- invalid: 0
- valid: softplus(score) = log(1 + exp(score)), computed as ``logaddexp(0, score)``

So a valid answer never earns less than an invalid one, however bad its score: softplus is never negative. It is above 0
for scores above -745, and 0 as a float64 below; it neither overflows nor loses its order for large scores, where it is
the score itself. A score that is infinite or no number is refused: no reward model of finite weights gives one.
"""

import math
from collections.abc import Sequence

import numpy as np

from dualset.builders.errors import ModelError

__all__ = ["INVALID", "shaped"]

INVALID = 0.0
"""What an invalid answer earns."""


def shaped(scores: Sequence[float | None]) -> list[float]:
    """The reward of each.

    Raises:
        ModelError: a score is infinite or no number.
    """
    wrong = [score for score in scores if score is not None and not math.isfinite(score)]
    if wrong:
        msg = f"the reward model scored a program {wrong[0]}: its weights are broken"
        raise ModelError(msg)
    return [INVALID if score is None else float(np.logaddexp(0.0, score)) for score in scores]
