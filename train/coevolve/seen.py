"""A problem after its programs were run on its tests, and what a way to reward must do with it.

In: what was written. Out: `Seen`; and the interface `Way`, which has one implementation a file: ``by_consensus.py``
(ZeroCoder), ``by_tests.py`` (the baselines), ``by_truth.py`` (CURE).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from dualset.train.coevolve.bench import Bench, Cross, Passed
from dualset.train.coevolve.consensus import Agreed, Sampled, sampled
from dualset.train.coevolve.rollout import Turned
from dualset.train.coevolve.written import Written

__all__ = ["Figures", "Rewarded", "Seen", "Way", "When", "crossed", "see"]

Figures = dict[str, float | None]
"""For the log; None: there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """One problem.

    Attributes:
        said: what was written.
        passed: who passes what.
        of: the matrix of it.
        agreed: its consensus, for a way that looks for one.
    """

    said: Written
    passed: Passed
    of: Sampled
    agreed: Agreed


class When(NamedTuple):
    """Optimizer steps so far, and the share of the training that is done."""

    step: int
    done: float


class Rewarded(NamedTuple):
    """A reward for every answer of every problem, and what there is to log."""

    rewards: list[list[float | None]]
    figures: Figures


class Way(Protocol):
    """Where rewards come from."""

    def begin(self, turned: Turned) -> Figures:
        """Before a turn is rewarded."""

    def agree(self, of: Sampled) -> Agreed:
        """The consensus of one problem."""

    def coder(self, seen: Sequence[Seen]) -> Rewarded:
        """The coder's turn."""

    def tester(self, seen: Sequence[Seen], when: When) -> Rewarded:
        """The tester's turn."""


def see(bench: Bench, way: Way, those: Sequence[Written]) -> list[Seen]:
    """Run everything."""
    seen = []
    for said, passed in zip(those, bench.cross([crossed(said) for said in those]), strict=True):
        of = sampled(said, passed)
        seen.append(Seen(said=said, passed=passed, of=of, agreed=way.agree(of)))
    return seen


def crossed(said: Written) -> Cross:
    """All that was written for a problem, each once."""
    return Cross(said.problem_id, tuple(said.distinct_programs), tuple(said.distinct_tests))
