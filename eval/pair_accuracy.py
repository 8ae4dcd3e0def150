"""Pair accuracy: how often a reward model scores the program that passes above one of the same problem that fails.

In: scores of both programs of pairs, with their problem. Out: the mean over problems of the share of pairs in the
right order (a tie is half), with an interval from resampling **problems**: pairs of one problem share programs.
Chance is 0.5. Over all pairs of a problem it is the area under the ROC curve (AUC) within that problem.
"""

from collections.abc import Iterable
from typing import NamedTuple

from dualset.eval.bootstrap import ENOUGH, Estimate, estimate

__all__ = ["CHANCE", "PairAccuracy", "ScoredPair", "pair_accuracy"]

CHANCE = 0.5


class ScoredPair(NamedTuple):
    """The scores of a pair's two programs."""

    problem_id: str
    chosen: float
    rejected: float


class PairAccuracy(NamedTuple):
    """``estimate`` is over problems; ``pairs`` is how many pairs they have."""

    estimate: Estimate
    pairs: int

    @property
    def above_chance(self) -> bool | None:
        """Whether the interval is above chance; null with too few problems to trust it."""
        if self.estimate.low is None or self.estimate.n < ENOUGH:
            return None
        return self.estimate.low > CHANCE

    def plain(self) -> dict[str, float | int | bool | None]:
        """As plain data."""
        return {**self.estimate._asdict(), "pairs": self.pairs, "chance": CHANCE, "above_chance": self.above_chance}


def pair_accuracy(pairs: Iterable[ScoredPair], *, seed: int = 0) -> PairAccuracy:
    """The accuracy; problems weigh the same, however many pairs they have."""
    right: dict[str, float] = {}
    count: dict[str, int] = {}
    for problem_id, chosen, rejected in pairs:
        won = 1.0 if chosen > rejected else 0.0 if chosen < rejected else 0.5
        right[problem_id] = right.get(problem_id, 0.0) + won
        count[problem_id] = count.get(problem_id, 0) + 1
    values = {problem_id: won / count[problem_id] for problem_id, won in right.items()}
    return PairAccuracy(estimate(values, seed=seed), sum(count.values()))
