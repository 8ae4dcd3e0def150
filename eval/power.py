"""How many problems a comparison needs: the sample size of a paired difference.

In: the differences problem by problem that were seen. Out: the problems at which a true difference of d would be found
in 80 of 100 evaluations like this one, by the normal approximation ``n = ((z_level + z_power) * sd / d) ** 2``. Left
out: few problems: with fewer than 30, or where fewer than 30 would do, the approximation is optimistic.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist, stdev

__all__ = ["FEWEST", "POWER", "problems_needed"]

FEWEST = 30

POWER = 0.8


def problems_needed(differences: Sequence[float], d: float, *, level: float = 0.95, power: float = POWER) -> int | None:
    """The number of problems; None where it cannot be told: fewer than 30, seen or found, or all differences equal.

    Args:
        differences: one a problem.
        d: the true difference to find, above 0.
        level: of the interval that shall leave out zero.
        power: the share of evaluations that shall find it.
    """
    if len(differences) < FEWEST or (spread := stdev(differences)) == 0:
        return None
    z = NormalDist().inv_cdf(1 - (1 - level) / 2) + NormalDist().inv_cdf(power)
    needed = math.ceil((z * spread / d) ** 2)
    return needed if needed >= FEWEST else None
