"""The reward for writing programs by a reward model: its shaped score, without running anything (arXiv 2602.17684).

In: completions as chat messages, and the column ``problem_id``, which TRL passes along. Out: a reward a completion: 0
for an invalid answer (``builders/candidates/only_block.py``), softplus of the score for a valid one (``shaping.py``).
The model sees the problem's statement and the code alone. Equal programs are scored once.
"""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

from dualset.builders.candidates.only_block import only_block
from dualset.builders.dataset.records import Message
from dualset.eval.reward_model import RewardModel
from dualset.train.reward_model.shaping import shaped
from dualset.train.reward_model.watch import Watch

__all__ = ["ModelReward"]

_BATCH = 32


class ModelReward:
    """CodeScaler's reward, in the shape that TRL calls.

    Args:
        model: scores.
        statements: by problem_id.
        watch: sees what is written and what it earns; None: nobody does.
    """

    __name__ = "reward_model"

    def __init__(self, model: RewardModel, statements: Mapping[str, str], watch: Watch | None = None) -> None:
        self._model, self._statements, self.watch = model, statements, watch

    def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Sequence[Message]],
        *,
        problem_id: Sequence[str],
        trainer_state: Any = None,
        log_metric: Callable[[str, float], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """Score each completion."""
        answers = [completion[-1]["content"] for completion in completions]
        codes = [only_block(answer) for answer in answers]
        scores = self._scores(problem_id, codes)
        rewards = shaped(scores)
        known = [score for score in scores if score is not None]
        if log_metric is not None:
            log_metric("generation/valid", len(known) / len(scores))
            if known:
                log_metric("generation/score", fmean(known))
        if self.watch is not None and trainer_state is not None:
            self.watch.look(trainer_state.global_step, problem_id, answers, rewards, log_metric)
        return list(rewards)

    def _scores(self, problems: Sequence[str], codes: Sequence[str | None]) -> list[float | None]:
        asked = [
            None if code is None else (self._statements[name], code) for name, code in zip(problems, codes, strict=True)
        ]
        distinct = list(dict.fromkeys(pair for pair in asked if pair is not None))
        found, _ = self._model.score(distinct, batch_size=_BATCH)
        known = dict(zip(distinct, found, strict=True))
        return [None if pair is None else known[pair] for pair in asked]
