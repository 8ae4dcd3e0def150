"""The reward for writing programs: 1 where it passes all tests of its problem, else 0, in the shape that TRL calls.

In: completions as chat messages, and the column ``problem_id``, which TRL passes along. Out: 1 or 0 a completion; null
where the verdict is unknown, which TRL leaves out. No code is 0: it is a failed attempt, in training as in measuring.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

from dualset.builders.candidates.extract import extract_code
from dualset.builders.dataset.records import Message
from dualset.train.grader import Attempted, Grader

__all__ = ["ExecutionReward"]


class ExecutionReward:
    """The binary execution reward (DuST's on-policy generation, arXiv 2605.11299).

    Args:
        grader: runs the programs.
    """

    __name__ = "passes_tests"

    def __init__(self, grader: Grader) -> None:
        self._grader = grader

    def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Sequence[Message]],
        *,
        problem_id: Sequence[str],
        log_metric: Callable[[str, float], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """Score each completion."""
        found = [extract_code(completion[-1]["content"]) for completion in completions]
        coded = [i for i, each in enumerate(found) if each.code is not None]
        verdicts = self._grader.passed([Attempted(problem_id[i], str(found[i].code)) for i in coded])
        rewards: list[float | None] = [0.0] * len(completions)
        for i, passed in zip(coded, verdicts, strict=True):
            rewards[i] = None if passed is None else float(passed)
        if log_metric is not None:
            _log(log_metric, rewards, problem_id, len(coded))
        return rewards


def _log(
    log_metric: Callable[[str, float], None], rewards: Sequence[float | None], problems: Sequence[str], n_coded: int
) -> None:
    known = [reward for reward in rewards if reward is not None]
    if known:
        log_metric("generation/passed", fmean(known))
    log_metric("generation/has_code", n_coded / len(rewards))
    log_metric("generation/unknown", 1 - len(known) / len(rewards))
    tried = Counter(problems)
    right = Counter(name for name, reward in zip(problems, rewards, strict=True) if reward)
    mixed = sum(0 < right[name] < tried[name] for name in tried)
    log_metric("generation/mixed_problems", mixed / len(tried))
