"""How many problems a comparison needs: the sample size of a paired difference.

In: the differences problem by problem that were seen. Out: the problems at which a true difference of d would be found
in 80 of 100 evaluations like this one, by the normal approximation ``n = ((z_level + z_power) * sd / d) ** 2``. Left
out: few problems (below about 30 the approximation is optimistic).
"""

import math
from collections.abc import Sequence
from statistics import NormalDist, stdev

__all__ = ["POWER", "problems_needed"]

POWER = 0.8


def problems_needed(differences: Sequence[float], d: float, *, level: float = 0.95, power: float = POWER) -> int | None:
    """The number of problems; None where fewer than two differences, or equal ones, say nothing of their spread.

    Args:
        differences: one a problem.
        d: the true difference to find, above 0.
        level: of the interval that shall leave out zero.
        power: the share of evaluations that shall find it.
    """
    if len(differences) < 2 or (spread := stdev(differences)) == 0:
        return None
    z = NormalDist().inv_cdf(1 - (1 - level) / 2) + NormalDist().inv_cdf(power)
    return math.ceil((z * spread / d) ** 2)
