"""A turn's rewards, in the shape that TRL calls: run what both roles wrote, and reward the role that learns.

In: what the rollout kept, and a way to reward. Out: a reward an answer of the learning role. To the log: what was
found, how it stands with the truth, and the seconds of each part of the step.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dualset.builders.dataset.records import Problem
from dualset.train.coevolve.bench import Bench, Cross
from dualset.train.coevolve.rollout import Rollout
from dualset.train.coevolve.seen import Figures, Seen, Way, When, see
from dualset.train.coevolve.stopwatch import Stopwatch
from dualset.train.coevolve.turns import Role
from dualset.train.coevolve.verdicts import verdicts
from dualset.train.coevolve.watch import mean, truth_of
from dualset.train.grader import Grader

__all__ = ["TurnReward"]


class TurnReward:
    """The reward function.

    Args:
        rollout: what TRL was given as its rollout hook.
        way: where rewards come from.
        problems: by problem_id.
        bench: runs programs on tests that were written.
        stopwatch: the way's and the rollout's.
        watched: knows the problems' own tests, for the log; None: nobody looks.
    """

    __name__ = "coevolution"

    def __init__(
        self,
        rollout: Rollout,
        way: Way,
        problems: Mapping[str, Problem],
        bench: Bench,
        stopwatch: Stopwatch,
        watched: Grader | None,
    ) -> None:
        self._rollout, self._way, self._problems = rollout, way, problems
        self._bench, self._stopwatch, self._watched = bench, stopwatch, watched

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
        figures = self._way.begin(turned)
        with self._stopwatch.timed("execution"):
            seen = see(self._bench, self._way, turned.problems)
        when = When(trainer_state.global_step, trainer_state.global_step / max(1, trainer_state.max_steps))
        rewarded = self._way.coder(seen) if turned.role is Role.CODER else self._way.tester(seen, when)
        if self._watched:
            with self._stopwatch.timed("watch"):
                figures |= self._watch(seen, self._watched)
        figures |= rewarded.figures | _figures(seen) | _of_turn(turned.role, rewarded.rewards)
        for name, value in (figures | self._stopwatch.figures).items():
            if value is not None:
                log_metric(name, value)
        flat = [reward for of in rewarded.rewards for reward in of]
        assert len(flat) == len(completions)
        return flat

    def _watch(self, seen: Sequence[Seen], grader: Grader) -> Figures:
        """The figures in truth, means over the problems that have them."""
        said = [each.said for each in seen]
        tested = [each for each in said if self._problems[each.problem_id].tests]
        right = {each.problem_id: of for each, of in zip(tested, verdicts(grader, tested), strict=True)}
        crosses = [
            Cross(each.problem_id, (references[0],), tuple(each.distinct_tests))
            for each in said
            if (references := self._problems[each.problem_id].reference_solutions)
        ]
        accepted = {
            each.problem_id: passed[each.codes[0]]
            for each, passed in zip(crosses, self._bench.cross(crosses), strict=True)
        }
        truths = [
            truth_of(each.said, each.agreed, right.get(each.said.problem_id), accepted.get(each.said.problem_id))
            for each in seen
        ]
        return {
            "coder/passed": mean(each.passed for each in truths),
            "tester/accuracy": mean(each.test_accuracy for each in truths),
            "selection/noise": mean(each.noise for each in truths),
        }


def _figures(seen: Sequence[Seen]) -> Figures:
    return {
        "coder/has_code": mean(code is not None for each in seen for code in each.said.programs),
        "tester/one_test": mean(test is not None for each in seen for test in each.said.tests),
        "selection/kept": mean(each.agreed.kept for each in seen),
        "selection/selected": mean(
            len(each.agreed.programs) / len(each.said.programs) for each in seen if each.agreed.programs
        ),
        "selection/ones": mean(each.of.matrix.passed_NM.mean() for each in seen if each.of.matrix is not None),
    }


def _of_turn(role: Role, rewards: Sequence[Sequence[float | None]]) -> Figures:
    """The mean reward under the name of the role, whose scales differ, and problems whose answers all earn the same."""
    known = [[each for each in of if each is not None] for of in rewards]
    return {
        f"{role}/reward": mean(each for of in known for each in of),
        "turn/silent": mean(len(set(of)) < 2 for of in known),
    }
