"""B4 (arXiv 2409.08692 §4): how likely the passes are, if one signature's programs and tests are the right ones.

With B the Beta function, β0 = 10^b, α = 10^a and the integers of ``signatures`` the log score is

    ln B(x+α, N-x+1) + ln B(y+α, M-y+1) + ln B(S1+1, n1-S1+1) + ln B(S0+1, n0-S0+β0)

α says how much right programs and tests are expected to be many, β0 how rarely a wrong program passes a wrong test. The
Beta functions are sums of logarithms looked up by integer. Signatures tie where x, y, S1 and S0 are equal.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from dualset.builders.consensus.signatures import Counts
from dualset.builders.errors import DualsetError

__all__ = ["B4", "MOST_CELLS"]

Floats = npt.NDArray[np.float64]

MOST_CELLS = 1 << 22
"""Cells that a matrix may have for B4, repeats counted: the tables hold a number for each."""

_LARGEST_EXPONENT = 9.0


@dataclass(frozen=True, kw_only=True, slots=True)
class B4:
    """B4 with priors β0 = 10^b and α = 10^a; the paper uses (4, 3), (5, 3) and (6, 3).

    Attributes:
        b: decimal exponent of β0, 0 to 9.
        a: decimal exponent of α for programs and for tests, 0 to 9.
        weighted: count each program and test as often as it was sampled.
        exclude_zero_signature: never choose programs that pass no test.

    Raises:
        DualsetError: an exponent out of range.
    """

    b: float = 4
    a: float = 3
    weighted: bool = False
    exclude_zero_signature: bool = False

    def __post_init__(self) -> None:
        for name, value in (("b", self.b), ("a", self.a)):
            if not 0 <= value <= _LARGEST_EXPONENT:
                msg = f"B4's {name} is a decimal exponent from 0 to {_LARGEST_EXPONENT:g}, not {value:g}: 4 is 10,000"
                raise DualsetError(msg)

    @property
    def name(self) -> str:
        """As ``parse_selector`` reads it."""
        return f"b4({self.b:g},{self.a:g})" + (":weighted" if self.weighted else "")

    def scores(self, counts: Counts) -> Floats:
        """For each row its log score; which are equal is for the integers to say.

        Raises:
            DualsetError: more cells than the tables may hold.
        """
        n_B1, m_B1, x, y = counts.n_B[:, None], counts.m_B[:, None], counts.x_BN, counts.y_BN
        most = int((counts.n_B * counts.m_B).max(initial=0))
        if most > MOST_CELLS:
            msg = f"B4 counts at most {MOST_CELLS} cells, here {most}: use it without weights, or sample fewer programs"
            raise DualsetError(msg)
        size = 2 + max(most, *(int(each.max(initial=0)) for each in (counts.n_B, counts.m_B)))
        one, alpha, beta = (_rising(10.0**exponent, _table_size(size)) for exponent in (0, self.a, self.b))
        n1, n0, s1, s0 = counts.n1_BN, counts.n0_BN, counts.s1_BN, counts.s0_BN
        programs = alpha[x] + one[n_B1 - x] - alpha[n_B1 + 1]
        tests = alpha[y] + one[m_B1 - y] - alpha[m_B1 + 1]
        inside = one[s1] + one[n1 - s1] - one[n1 + 1]
        outside = one[s0] + beta[n0 - s0] - beta[n0 + 1]
        scores: Floats = programs + tests + inside + outside
        return scores


def _table_size(needed: int) -> int:
    return 1 << max(10, math.ceil(math.log2(needed)))


@lru_cache(maxsize=48)
def _rising(start: float, size: int) -> Floats:
    """ln Γ(start+k) - ln Γ(start) for k below ``size``: sums, so that no two large values are subtracted.

    ln B(p+start, q+1) with integers p and q is ``rising[p] + ln q! - rising[p+q+1]``.
    """
    steps = np.log(start + np.arange(size - 1, dtype=np.float64)).astype(np.longdouble)
    table = np.zeros(size, dtype=np.float64)
    table[1:] = np.cumsum(steps)
    table.setflags(write=False)
    return table
