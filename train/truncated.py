"""Answers that the length limit cut off: penalised, or left out.

TRL's ``mask_truncated_completions`` is the setting. ``false``: a truncated answer earns what its text earns, which for
a ranking without its last line is -1 and for a program without code 0. ``true``: TRL leaves its tokens out of the loss,
and here its reward is null too, so that it does not shift the mean that its group is compared with. Left out: TRL's own
command, where only the loss leaves it out.
"""

from collections.abc import Callable, Sequence
from typing import Any

from dualset.builders.candidates.generate import Policy

__all__ = ["IgnoringTruncated", "for_truncated"]

Reward = Callable[..., list[float | None]]


class IgnoringTruncated:
    """A reward that is null for answers that did not end by themselves.

    Args:
        reward: as TRL calls it.
        ends: tokens that end an answer.
    """

    def __init__(self, reward: Reward, ends: frozenset[int]) -> None:
        self.__name__ = reward.__name__
        self._reward, self._ends = reward, ends

    def __call__(self, *args: Any, completion_ids: Sequence[Sequence[int]], **columns: Any) -> list[float | None]:
        """Score each completion; ``completion_ids`` are its tokens."""
        rewards = self._reward(*args, completion_ids=completion_ids, **columns)
        ended = [bool(ids) and ids[-1] in self._ends for ids in completion_ids]
        return [reward if whole else None for reward, whole in zip(rewards, ended, strict=True)]


def for_truncated(reward: Reward, config: Any, base: Policy) -> Reward:
    """The reward as ``config.mask_truncated_completions`` wants it."""
    return IgnoringTruncated(reward, _ends(base)) if config.mask_truncated_completions else reward


def _ends(base: Policy) -> frozenset[int]:
    """What TRL takes for the end of an answer: every end token of the model and the tokenizer, and padding."""
    declared, tokenizer = base.model.generation_config.eos_token_id, base.tokenizer
    named = declared if isinstance(declared, list) else [declared]
    return frozenset(each for each in (*named, tokenizer.eos_token_id, tokenizer.pad_token_id) if each is not None)
