"""Rewards from agreement, with no ground truth (ZeroCoder, arXiv 2604.07864).

In: problems whose programs were run. Out: rewards of the coder or the tester. DyB4 is calibrated before each turn.
"""

import random
from collections.abc import Iterator, Mapping, Sequence

from dualset.builders.consensus.dyb4 import DyB4
from dualset.builders.consensus.select import Selector, Ties
from dualset.train.coevolve.bench import Bench, Chosen, Scores
from dualset.train.coevolve.calibration import Tried, calibrated
from dualset.train.coevolve.consensus import Agreed, Sampled, agree
from dualset.train.coevolve.rewards import agreement_weight, reward_coder, reward_tester
from dualset.train.coevolve.rollout import Turned
from dualset.train.coevolve.seen import Figures, Rewarded, Seen, When, crossed
from dualset.train.coevolve.settings import CoevolutionSettings
from dualset.train.coevolve.stopwatch import Stopwatch
from dualset.train.coevolve.verdicts import verdicts
from dualset.train.coevolve.watch import mean
from dualset.train.grader import Grader

__all__ = ["ByConsensus"]


class ByConsensus:
    """A `Way`.

    Args:
        settings: of co-evolution.
        bench: runs mutants.
        grader: asked for the labelled problems of a calibration, and for no other.
        stopwatch: told the seconds.
        seed: of the draw among selected programs.
    """

    def __init__(
        self, settings: CoevolutionSettings, bench: Bench, grader: Grader, stopwatch: Stopwatch, seed: int
    ) -> None:
        self._settings, self._bench, self._grader = settings, bench, grader
        self._stopwatch, self._seed = stopwatch, seed
        self._ties = Ties(settings.ties)
        self._selector: Selector = settings.chosen_by

    def begin(self, turned: Turned) -> Figures:
        """Calibrate."""
        if not isinstance(self._selector, DyB4):
            return {}
        if turned.labelled:
            with self._stopwatch.timed("calibration"):
                passed = self._bench.cross([crossed(said) for said in turned.labelled])
                right = verdicts(self._grader, turned.labelled)
                tried = [Tried(*each) for each in zip(turned.labelled, passed, right, strict=True)]
                self._selector = calibrated(self._selector, tried, self._ties)
        b, a = self._selector.cell
        return {"calibration/b": b, "calibration/a": a, "calibration/tied_cells": self._selector.tied_cells}

    def agree(self, of: Sampled) -> Agreed:
        """Select."""
        return agree(of, self._selector, self._ties, self._settings.rank_above)

    def coder(self, seen: Sequence[Seen]) -> Rewarded:
        """1 in the consensus."""
        return Rewarded([reward_coder(each.said, each.of, each.agreed) for each in seen], {})

    def tester(self, seen: Sequence[Seen], when: When) -> Rewarded:
        """Agreement with a selected program, and the mutants of it that a test kills."""
        settings = self._settings
        weight = agreement_weight(when.done, settings.agreement_from, settings.agreement_to)
        with self._stopwatch.timed("mutation"):
            chosen = {i: self._draw(each, when.step) for i, each in enumerate(seen) if each.agreed.programs}
            said = {i: seen[i].said for i in chosen}
            asked = [Chosen(said[i].problem_id, code, tuple(said[i].distinct_tests)) for i, code in chosen.items()]
            scores = dict(zip(chosen, self._bench.kills(asked), strict=True))
        rewards = [
            reward_tester(
                each.said,
                each.agreed,
                each.passed[chosen[i]] if i in chosen else {},
                scores.get(i, {}),
                weight,
                settings.format_penalty,
            )
            for i, each in enumerate(seen)
        ]
        figures: Figures = {
            "tester/agreement_weight": weight,
            "tester/mutation_score": mean(_killed(seen, chosen, scores)),
        }
        return Rewarded(rewards, figures)

    def _draw(self, each: Seen, step: int) -> str:
        """One of the selected programs, by the seed."""
        assert each.agreed.programs
        place = random.Random(f"{self._seed}:{step}:{each.said.problem_id}").choice(sorted(each.agreed.programs))
        code = each.said.programs[place]
        assert code is not None
        return code


def _killed(seen: Sequence[Seen], chosen: Mapping[int, str], scores: Mapping[int, Scores]) -> Iterator[float | None]:
    """The gated mutation score of every answer of the tester where a program was selected; no test kills nothing.

    None: unknown, since the program has no mutants or the machine failed.
    """
    for i, of in scores.items():
        passed = seen[i].passed[chosen[i]]
        for test in seen[i].said.tests:
            yield 0.0 if test is None or passed[test.test_id] is False else of.get(test.test_id)
