"""Position bias: whether a judge likes some place of the list, whatever stands there.

In: answers to mixed groups as they were shown. Out: for groups of one size and each place, counted from 1: how often it
was put first beside how often a right program stood there, and how often a right program that stood there came before a
wrong one. A judge without bias has flat lines. Left out: malformed answers, and whether a bias is significant.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = ["PositionBias", "position_bias"]


class PositionBias(NamedTuple):
    """By place: ``first`` and ``right`` sum to 1; ``pair_accuracy`` is null where no right program stood."""

    size: int
    answers: int
    first: list[float]
    right: list[float]
    pair_accuracy: list[float | None]


def position_bias(answered: Iterable[tuple[Sequence[int] | None, Sequence[bool]]]) -> PositionBias | None:
    """Over the answers to groups of the commonest size; None: there is no well-formed one.

    Args:
        answered: places best first (None: malformed), and which places hold a right program.
    """
    known = [(list(order), list(correct)) for order, correct in answered if order is not None]
    if not known:
        return None
    size = Counter(len(order) for order, _ in known).most_common(1)[0][0]
    known = [(order, correct) for order, correct in known if len(order) == size]
    first = Counter(order[0] for order, _ in known)
    right = Counter(place for _, correct in known for place in range(size) if correct[place])
    before: Counter[int] = Counter()
    pairs: Counter[int] = Counter()
    for order, correct in known:
        rank = {place: at for at, place in enumerate(order)}
        for mine in (place for place in range(size) if correct[place]):
            for other in (place for place in range(size) if not correct[place]):
                pairs[mine] += 1
                before[mine] += rank[mine] < rank[other]
    n_right = sum(right.values())
    return PositionBias(
        size=size,
        answers=len(known),
        first=[first[place] / len(known) for place in range(size)],
        right=[right[place] / n_right if n_right else 0.0 for place in range(size)],
        pair_accuracy=[before[place] / pairs[place] if pairs[place] else None for place in range(size)],
    )
