"""Sets to choose from: N samples of one problem, and what a choice among them scores.

In: problems with their attempts. Out: sets of N consecutive labelled attempts of one repeat; and for the attempts that
are chosen with equal right, the share of them that passes. A sample without code is never chosen; where none has code,
nothing is chosen, which passes nothing. Random choice is pass@1 of the set, the best possible choice pass@N.
"""

from collections.abc import Iterable, Sequence
from math import fsum
from typing import NamedTuple

from dualset.eval import metrics
from dualset.eval.scores import Repeats, by_problem
from dualset.eval.writing import Attempt, Attempts

__all__ = ["SampleSet", "blind", "passing_share", "sets_of"]


class SampleSet(NamedTuple):
    """Some attempts at one problem in one repeat, all labelled; ``nth`` tells the sets of a problem apart."""

    problem_id: str
    repeat: int
    nth: int
    attempts: tuple[Attempt, ...]

    @property
    def correct(self) -> list[bool]:
        """Which of them pass."""
        return [bool(attempt.passed) for attempt in self.attempts]

    @property
    def shown(self) -> list[int]:
        """The positions of those that have code."""
        return [i for i, attempt in enumerate(self.attempts) if attempt.code is not None]

    @property
    def asks(self) -> bool:
        """Whether the choice matters and there is one."""
        return 0 < sum(self.correct) < len(self.attempts) and len(self.shown) > 1


def sets_of(attempts: Attempts, n: int) -> list[SampleSet]:
    """Consecutive n of the labelled attempts of each problem and repeat; a short rest is left out."""
    sets = []
    for problem_id, tried in attempts.items():
        nth = 0
        for repeat in dict.fromkeys(attempt.repeat for attempt in tried):
            known = [each for each in tried if each.repeat == repeat and each.passed is not None]
            for start in range(0, len(known) - n + 1, n):
                sets.append(SampleSet(problem_id, repeat, nth, tuple(known[start : start + n])))
                nth += 1
    return sets


def passing_share(chosen_from: SampleSet, chosen: Sequence[int]) -> float:
    """The share of the chosen positions that pass; 0.0 where nothing is chosen."""
    correct = chosen_from.correct
    return fsum(correct[i] for i in chosen) / len(chosen) if chosen else 0.0


def blind(sets: Iterable[SampleSet], metric: str) -> dict[str, dict[str, Repeats]]:
    """What a blind choice among all samples of a set gets: its pass@1."""
    return by_problem((each.problem_id, each.repeat, {metric: metrics.random_best_of_n(each.correct)}) for each in sets)
