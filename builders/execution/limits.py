"""Limits from what right programs take: the reference's slowest test, with room, on a coarse scale.

In: CPU seconds that references took. Out: limits in seconds. The scale is so coarse (1, 2, 5, 10, ...) that measuring
again, on a busy machine or a somewhat faster one, rarely gives another limit.
"""

import math
from collections.abc import Mapping

__all__ = ["limits_from"]


def limits_from(slowest_s: Mapping[str, float], *, factor: float = 5.0, floor_s: float = 1.0) -> dict[str, float]:
    """``max(floor_s, factor * slowest)`` by problem_id, what is above the floor rounded up to 1, 2 or 5 times a power
    of ten.

    Args:
        slowest_s: CPU seconds of each problem's slowest right program on its slowest test.
        factor: how many times that a program may take.
        floor_s: the least limit, in seconds.
    """
    return {problem_id: max(floor_s, _coarse(factor * taken_s)) for problem_id, taken_s in slowest_s.items()}


def _coarse(seconds: float) -> float:
    if seconds <= 0:
        return 0.0
    power = math.floor(math.log10(seconds))
    steps = (float(f"{digit}e{exponent}") for exponent in (power, power + 1) for digit in (1, 2, 5))
    return next(step for step in steps if step >= seconds)
