"""A turn's rewards, in the shape that TRL calls: run what both roles wrote, agree, and reward the role that learns.

In: what the rollout kept. Out: a reward an answer of the learning role. To the log: what agreement found, how it stands
with the truth, and the seconds of each part of the step (the paper's: rollout, execution, mutation, calibration; and
``watch``, which it has not).
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dualset.builders.consensus.dyb4 import DyB4
from dualset.builders.consensus.select import Selector, Ties
from dualset.builders.dataset.records import Problem
from dualset.train.coevolve.bench import Bench, Chosen, Cross, Passed, Scores
from dualset.train.coevolve.calibration import Tried, calibrated
from dualset.train.coevolve.consensus import NOBODY, Agreed, Sampled, agree, sampled
from dualset.train.coevolve.rewards import agreement_weight, reward_coder, reward_share, reward_tester
from dualset.train.coevolve.rollout import Rollout, Turned
from dualset.train.coevolve.settings import CoevolutionSettings, Method
from dualset.train.coevolve.turns import Role
from dualset.train.coevolve.watch import mean, truth_of
from dualset.train.coevolve.written import Written
from dualset.train.grader import Attempted, Grader

__all__ = ["TurnReward"]

Rewards = list[list[float | None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Seen:
    """One problem after its programs were run."""

    said: Written
    passed: Passed
    of: Sampled
    agreed: Agreed


class TurnReward:
    """The reward function.

    Args:
        rollout: what TRL was given as its rollout hook.
        problems: by problem_id.
        settings: of co-evolution.
        bench: runs programs on tests that were written.
        grader: knows the problems' own tests: for the labelled ones and for the log.
        seed: of the draw among selected programs.
    """

    __name__ = "coevolution"

    def __init__(
        self,
        rollout: Rollout,
        problems: Mapping[str, Problem],
        settings: CoevolutionSettings,
        bench: Bench,
        grader: Grader,
        seed: int,
    ) -> None:
        self._rollout, self._problems, self._settings = rollout, problems, settings
        self._bench, self._grader, self._seed = bench, grader, seed
        self._selector: Selector = settings.chosen_by
        self._seconds: dict[str, float] = {}

    def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Any],
        *,
        trainer_state: Any,
        log_metric: Callable[[str, float], None],
        **columns: Any,
    ) -> list[float | None]:
        """Score each completion: TRL's, in the order that the rollout wrote them."""
        turned = self._rollout.latest
        assert turned is not None
        self._seconds = {"rollout": turned.seconds, "calibration": 0.0, "execution": 0.0, "mutation": 0.0, "watch": 0.0}
        figures: dict[str, float | None] = {}
        with self._timed("calibration"):
            figures |= self._calibrate(turned)
        with self._timed("execution"):
            seen = self._cross(turned.problems)
        done = trainer_state.global_step / max(1, trainer_state.max_steps)
        rewards = self._coder(seen) if turned.role is Role.CODER else self._tester(seen, trainer_state, done, figures)
        if self._settings.watch:
            with self._timed("watch"):
                figures |= self._watch(seen)
        figures |= _figures(seen) | {f"time/{name}_s": value for name, value in self._seconds.items()}
        for name, value in figures.items():
            if value is not None:
                log_metric(name, value)
        flat = [reward for of in rewards for reward in of]
        assert len(flat) == len(completions)
        return flat

    @contextmanager
    def _timed(self, part: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self._seconds[part] += time.perf_counter() - began

    def _calibrate(self, turned: Turned) -> dict[str, float | None]:
        if not isinstance(self._selector, DyB4):
            return {}
        if turned.labelled:
            passed = self._bench.cross([_cross(said) for said in turned.labelled])
            right = self._right(turned.labelled)
            tried = [Tried(*each) for each in zip(turned.labelled, passed, right, strict=True)]
            self._selector = calibrated(self._selector, tried, Ties(self._settings.ties))
        b, a = self._selector.cell
        return {"calibration/b": b, "calibration/a": a, "calibration/tied_cells": self._selector.tied_cells}

    def _right(self, those: Sequence[Written]) -> list[dict[str, bool | None]]:
        """By code, for each problem: whether it passes the problem's own tests."""
        asked = [Attempted(said.problem_id, code) for said in those for code in said.distinct_programs]
        verdicts = dict(zip(asked, self._grader.passed(asked), strict=True))
        return [{code: verdicts[Attempted(said.problem_id, code)] for code in said.distinct_programs} for said in those]

    def _cross(self, those: Sequence[Written]) -> list[_Seen]:
        settings, seen = self._settings, []
        for said, passed in zip(those, self._bench.cross([_cross(said) for said in those]), strict=True):
            of = sampled(said, passed)
            agreed = NOBODY
            if settings.method == Method.CONSENSUS:
                agreed = agree(of, self._selector, Ties(settings.ties), settings.rank_above)
            seen.append(_Seen(said=said, passed=passed, of=of, agreed=agreed))
        return seen

    def _coder(self, seen: Sequence[_Seen]) -> Rewards:
        if self._settings.method == Method.CONSENSUS:
            return [reward_coder(each.said, each.of, each.agreed) for each in seen]
        return [
            reward_share(each.said, each.passed, [test.test_id for test in each.said.tests if test is not None])
            for each in seen
        ]

    def _tester(self, seen: Sequence[_Seen], state: Any, done: float, figures: dict[str, float | None]) -> Rewards:
        settings = self._settings
        weight = agreement_weight(done, settings.agreement_from, settings.agreement_to)
        with self._timed("mutation"):
            chosen = {i: self._draw(each, state.global_step) for i, each in enumerate(seen) if each.agreed.programs}
            written = {i: seen[i].said for i in chosen}
            asked = [
                Chosen(written[i].problem_id, code, tuple(written[i].distinct_tests)) for i, code in chosen.items()
            ]
            scores: dict[int, Scores] = dict(zip(chosen, self._bench.kills(asked), strict=True))
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
        figures |= {"tester/agreement_weight": weight, "tester/mutation_score": mean(_killed(seen, scores))}
        return rewards

    def _draw(self, each: _Seen, step: int) -> str:
        """One of the selected programs, by the seed."""
        assert each.agreed.programs
        place = random.Random(f"{self._seed}:{step}:{each.said.problem_id}").choice(sorted(each.agreed.programs))
        code = each.said.programs[place]
        assert code is not None
        return code

    def _watch(self, seen: Sequence[_Seen]) -> dict[str, float | None]:
        """The figures in truth, means over the problems that have them."""
        tested = [each for each in seen if self._problems[each.said.problem_id].tests]
        right = self._right([each.said for each in tested])
        known = [each for each in tested if self._problems[each.said.problem_id].reference_solutions]
        crosses = [
            Cross(name, (self._problems[name].reference_solutions[0],), tuple(each.said.distinct_tests))
            for each in known
            for name in (each.said.problem_id,)
        ]
        references = {
            each.problem_id: passed[each.codes[0]]
            for each, passed in zip(crosses, self._bench.cross(crosses), strict=True)
        }
        truths = [
            truth_of(each.said, each.agreed, of, references.get(each.said.problem_id))
            for each, of in zip(tested, right, strict=True)
        ]
        return {
            "coder/passed": mean(each.passed for each in truths),
            "tester/accuracy": mean(each.test_accuracy for each in truths),
            "selection/noise": mean(each.noise for each in truths),
        }


def _cross(said: Written) -> Cross:
    return Cross(said.problem_id, tuple(said.distinct_programs), tuple(said.distinct_tests))


def _killed(seen: Sequence[_Seen], scores: Mapping[int, Scores]) -> Iterator[float]:
    """The gated mutation score of every answer of the tester where a program was selected; no test kills nothing."""
    for i, of in scores.items():
        for test in seen[i].said.tests:
            yield 0.0 if test is None else of.get(test.test_id) or 0.0


def _figures(seen: Sequence[_Seen]) -> dict[str, float | None]:
    return {
        "coder/has_code": mean(code is not None for each in seen for code in each.said.programs),
        "tester/one_test": mean(test is not None for each in seen for test in each.said.tests),
        "selection/kept": mean(each.agreed.kept for each in seen),
        "selection/selected": mean(
            len(each.agreed.programs) / len(each.said.programs) for each in seen if each.agreed.programs
        ),
        "selection/ones": mean(each.of.matrix.passed_NM.mean() for each in seen if each.of.matrix is not None),
    }
