"""The baselines: the coder alone learns, from tests as they are, whoever wrote them when.

In: problems whose programs were run. Out: the share of its problem's tests that a program passes.
"""

from collections.abc import Sequence

from dualset.train.coevolve.consensus import NOT_ASKED, Agreed, Sampled
from dualset.train.coevolve.rewards import reward_share
from dualset.train.coevolve.rollout import Turned
from dualset.train.coevolve.seen import Figures, Rewarded, Seen, When

__all__ = ["ByTests"]


class ByTests:
    """A `Way`."""

    def begin(self, turned: Turned) -> Figures:
        """Nothing."""
        return {}

    def agree(self, of: Sampled) -> Agreed:
        """Nobody is looked for."""
        return NOT_ASKED

    def coder(self, seen: Sequence[Seen]) -> Rewarded:
        """Shares; a test that was written twice counts twice."""
        return Rewarded([reward_share(each.said, each.passed) for each in seen], {})

    def tester(self, seen: Sequence[Seen], when: When) -> Rewarded:
        """The tester learns nothing here; the turns are all the coder's (``run.py``)."""
        return Rewarded([[None] * len(each.said.tests) for each in seen], {})
