"""What the model writes in a turn: TRL's rollout hook (``GRPOTrainer(rollout_func=...)``).

In: the prompts of the role that learns, each as often as it is to be answered. Out, to TRL: its answers as tokens. Kept
beside, for the reward: what both roles wrote for the same problems, and for the labelled ones of a calibration. All is
written by the model as it is now, with TRL's own generation (transformers or vLLM) and settings; but for tests that the
base model wrote once (``offline.py``). Left out: what follows from it (``turn.py``).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from dualset.builders.dataset.records import Problem
from dualset.train.coevolve.asks import Asks
from dualset.train.coevolve.stopwatch import Stopwatch
from dualset.train.coevolve.turns import Role
from dualset.train.coevolve.written import Answer, Written, written

__all__ = ["Rollout", "Turned", "answers", "generate"]


class Turned(NamedTuple):
    """What was written in a turn.

    Attributes:
        role: that learns.
        problems: what was written for the turn's problems, in TRL's order.
        labelled: what was written for the labelled ones; none where nothing is calibrated in this turn.
    """

    role: Role
    problems: list[Written]
    labelled: list[Written]


class Rollout:
    """To be given to TRL.

    Args:
        problems: by problem_id: those trained on and the labelled ones.
        asks: what is asked for each.
        stopwatch: a turn begins here.
        labelled: problem_ids of the labelled ones; none: nothing is calibrated.
        calibrate_every: turns from one calibration to the next; a resumed run begins with one.
        steps_a_turn: optimizer steps.
        fixed_tests: offline: the tests of the turn's problems, given the trainer before its first step.
    """

    def __init__(
        self,
        problems: Mapping[str, Problem],
        asks: Asks,
        stopwatch: Stopwatch,
        labelled: Sequence[str] = (),
        calibrate_every: int = 1,
        steps_a_turn: int = 1,
        fixed_tests: Callable[[Any], Mapping[str, list[Answer]]] | None = None,
    ) -> None:
        self._problems, self._asks, self._stopwatch = problems, asks, stopwatch
        self._labelled, self._every = labelled, calibrate_every * steps_a_turn
        self._fixed_tests = fixed_tests
        self.latest: Turned | None = None

    def __call__(self, prompts: list[Any], trainer: Any) -> dict[str, Any]:
        """Write.

        Args:
            prompts: N conversations, those of one problem side by side.
            trainer: TRL's.

        Returns:
            ``prompt_ids``, ``completion_ids`` and ``logprobs`` of the N answers of the role that learns.
        """
        self._stopwatch.begin()
        each = trainer.num_generations
        named = [self._asks.of(prompt) for prompt in prompts[::each]]
        role, names = named[0][1], [name for name, _ in named]
        calibrates = bool(self._labelled) and (self.latest is None or trainer.state.global_step % self._every == 0)
        labelled: list[Written] = []
        if calibrates:
            with self._stopwatch.timed("calibration"):
                labelled, _ = self._write(trainer, self._labelled, None)
        with self._stopwatch.timed("rollout"):
            said, told = self._write(trainer, names, role)
        self.latest = Turned(role, said, labelled)
        return told

    def _write(self, trainer: Any, names: Sequence[str], told: Role | None) -> tuple[list[Written], dict[str, Any]]:
        """What both roles answer for these problems, and the raw answers of the role that TRL is told of."""
        fixed = self._fixed_tests(trainer) if self._fixed_tests else None
        said: dict[Role, list[list[Answer]]] = {}
        raw: dict[Role, dict[str, Any]] = {}
        for role in Role:
            if role is Role.TESTER and fixed is not None:
                said[role] = [fixed[name] for name in names]
            else:
                raw[role] = generate(trainer, [self._asks.chats[name][role] for name in names])
                said[role] = _by_problem(answers(trainer, raw[role]["completion_ids"]), trainer.num_generations)
        both = [
            written(self._problems[name], programs, tests)
            for name, programs, tests in zip(names, said[Role.CODER], said[Role.TESTER], strict=True)
        ]
        return both, raw[told] if told else {}


def answers(trainer: Any, completion_ids: Sequence[Sequence[int]]) -> list[Answer]:
    """The texts, as TRL reads them, and which of them did not end by themselves."""
    ends = {*trainer.eos_token_ids, trainer.processing_class.pad_token_id}
    texts = trainer.processing_class.batch_decode(completion_ids, skip_special_tokens=True)
    return [Answer(text, cut=not ids or ids[-1] not in ends) for text, ids in zip(texts, completion_ids, strict=True)]


def generate(trainer: Any, chats: Sequence[Any]) -> dict[str, Any]:
    """Each chat answered ``num_generations`` times, side by side.

    TRL has no public call for this (1.16): these two are what it calls itself where there is no hook.
    """
    repeated = [chat for chat in chats for _ in range(trainer.num_generations)]
    prompt_ids, images, more = trainer._tokenize_prompts(repeated)
    completion_ids, logprobs = trainer._generate_single_turn(prompt_ids, images, more, trainer.num_generations)
    return {"prompt_ids": prompt_ids, "completion_ids": completion_ids, "logprobs": logprobs}


def _by_problem(flat: list[Answer], each: int) -> list[list[Answer]]:
    return [flat[start : start + each] for start in range(0, len(flat), each)]
