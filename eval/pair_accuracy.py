"""Pair accuracy: how often a reward model scores the program that passes above one of the same problem that fails.

In: scores of both programs of pairs, with their problem. Out: the mean over problems of the share of pairs in the
right order (a tie is half), with an interval from resampling **problems**: pairs of one problem share programs.
Chance is 0.5. Over all pairs of a problem it is the area under the ROC curve (AUC) within that problem.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dualset.eval.bootstrap import ENOUGH, Estimate, estimate

__all__ = ["CHANCE", "PairAccuracy", "ScoredPair", "auc", "pair_accuracy", "program_accuracy"]

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


def auc(right: Sequence[float], wrong: Sequence[float]) -> float:
    """The chance that one of the first is above one of the second, a tie being half; both must hold something."""
    ordered = sorted(wrong)
    below = sum(bisect_left(ordered, score) + bisect_right(ordered, score) for score in right)
    return below / (2 * len(right) * len(wrong))


def program_accuracy(programs: Iterable[tuple[str, bool | None, float]], *, seed: int = 0) -> PairAccuracy:
    """The accuracy over all pairs of a right and a wrong program of one problem.

    Args:
        programs: problem_id, whether it passes (null: unknown, in no pair) and score.
        seed: of the interval.
    """
    scores: dict[str, dict[bool, list[float]]] = {}
    for problem_id, passed, score in programs:
        if passed is not None:
            scores.setdefault(problem_id, {True: [], False: []})[passed].append(score)
    mixed = {problem_id: each for problem_id, each in scores.items() if each[True] and each[False]}
    values = {problem_id: auc(each[True], each[False]) for problem_id, each in mixed.items()}
    pairs = sum(len(each[True]) * len(each[False]) for each in mixed.values())
    return PairAccuracy(estimate(values, seed=seed), pairs)
