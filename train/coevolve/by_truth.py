"""CURE (arXiv 2506.03136): both roles learn, and the problems' own tests say which programs are right.

In: problems whose programs were run on what was written. Out: rewards of the coder (1 for a right program; CURE counts
the tests passed) or the tester (tests that tell right programs from wrong ones).
"""

from collections.abc import Sequence

from dualset.train.coevolve.consensus import NOT_ASKED, Agreed, Sampled
from dualset.train.coevolve.rewards import reward_cure, reward_right
from dualset.train.coevolve.rollout import Turned
from dualset.train.coevolve.seen import Figures, Rewarded, Seen, When
from dualset.train.coevolve.stopwatch import Stopwatch
from dualset.train.coevolve.verdicts import Right, verdicts
from dualset.train.grader import Grader

__all__ = ["ByTruth"]


class ByTruth:
    """A `Way`.

    Args:
        format_penalty: what an answer that is no test costs.
        grader: knows the problems' own tests.
        stopwatch: told the seconds.
    """

    def __init__(self, format_penalty: float, grader: Grader, stopwatch: Stopwatch) -> None:
        self._penalty, self._grader, self._stopwatch = format_penalty, grader, stopwatch

    def begin(self, turned: Turned) -> Figures:
        """Nothing."""
        return {}

    def agree(self, of: Sampled) -> Agreed:
        """Nobody is looked for."""
        return NOT_ASKED

    def coder(self, seen: Sequence[Seen]) -> Rewarded:
        """1 for a right program."""
        return Rewarded([reward_right(each.said, of) for each, of in zip(seen, self._right(seen), strict=True)], {})

    def tester(self, seen: Sequence[Seen], when: When) -> Rewarded:
        """Tests that tell right from wrong."""
        right = self._right(seen)
        rewards = [reward_cure(each.said, each.passed, of, self._penalty) for each, of in zip(seen, right, strict=True)]
        return Rewarded(rewards, {})

    def _right(self, seen: Sequence[Seen]) -> list[Right]:
        with self._stopwatch.timed("execution"):
            return verdicts(self._grader, [each.said for each in seen])
