"""A reward model: one score for a problem and a program, without running anything (CodeScaler, arXiv 2602.17684).

In: statements and codes. Out: a score each, the higher the better; only those of one model compare. The model sees a
chat, the statement and then the code in a fence, never how the code was arrived at; a chat that is too long is cut at
its end, and counted. Left out: training one.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from dualset.builders.candidates.policy import Policy, load_policy, locate_model, one_thread
from dualset.builders.errors import MissingExtra, ModelError
from dualset.builders.pairs.chat import scored_chat
from dualset.builders.progress import Progress, silent

__all__ = ["MAX_TOKENS", "TRAINED_AT", "RewardModel", "check_reward_model", "load_reward_model", "scored_tokens"]

MAX_TOKENS = 4096
"""Longer chats are cut at their end."""
TRAINED_AT = "dualset_max_tokens"
"""The key of ``config.json`` that says where chats were cut when it was trained."""


class RewardModel(NamedTuple):
    """A sequence-classification model with one label; ``policy`` says which it is."""

    policy: Policy
    max_tokens: int

    def score(
        self,
        pairs: Sequence[tuple[str, str]],
        *,
        batch_size: int = 16,
        progress: Progress = silent,
        stage: str = "score",
    ) -> tuple[list[float], int]:
        """A score for each (statement, code), in order, and how many of them were cut.

        The same pairs get the same scores in any batch on a CPU, up to rounding.
        """
        import torch

        tokenizer, model = self.policy.tokenizer, self.policy.model
        whole = scored_tokens(tokenizer, pairs)
        cut = sum(len(each) > self.max_tokens for each in whole)
        tokens = [each[: self.max_tokens] for each in whole]
        scores = [0.0] * len(pairs)
        by_length = sorted(range(len(pairs)), key=lambda i: len(tokens[i]))
        with torch.inference_mode(), one_thread(model):
            for start in range(0, len(pairs), batch_size):
                part = by_length[start : start + batch_size]
                batch = tokenizer.pad(
                    {"input_ids": [tokens[i] for i in part]}, padding_side="right", return_tensors="pt"
                ).to(model.device)
                values_B1 = model(**batch).logits.float()
                for i, value in zip(part, values_B1[:, 0].tolist(), strict=True):
                    scores[i] = value
                progress(stage, start + len(part), len(pairs))
        if not all(map(math.isfinite, scores)):
            msg = f"{self.policy.name} scores a program as something that is no number: its weights are broken"
            raise ModelError(msg)
        return scores, cut


def scored_tokens(tokenizer: Any, pairs: Sequence[tuple[str, str]]) -> list[list[int]]:
    """The tokens of each (statement, code) as the model sees it, not cut: the same in training and in scoring."""
    chats = [tokenizer.apply_chat_template(scored_chat(*pair), tokenize=False) for pair in pairs]
    return [tokenizer(chat, add_special_tokens=False)["input_ids"] for chat in chats]


def check_reward_model(model: str) -> None:
    """Say early what is no reward model, without reading its weights.

    Raises:
        ModelError: there is no such model, or its configuration is none of one that gives one score.
        MissingExtra: transformers is not installed.
    """
    try:
        from transformers import AutoConfig
    except ImportError as error:
        raise MissingExtra("transformers", "train") from error
    place = locate_model(model)
    try:
        config = AutoConfig.from_pretrained(place.folder, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        msg = f"{model}: its config.json cannot be read ({' '.join(str(error).split())[:200]})"
        raise ModelError(msg) from error
    kinds = config.architectures or []
    if config.num_labels != 1 or not any("SequenceClassification" in kind for kind in kinds):
        msg = (
            f"{model} is {', '.join(kinds) or 'of an unknown kind'} with {config.num_labels} labels: a reward model is "
            "a sequence classification with one"
        )
        raise ModelError(msg)


def load_reward_model(model: str, *, device: str = "auto", max_tokens: int = MAX_TOKENS) -> RewardModel:
    """Load it.

    Args:
        model: a folder or a Hub id.
        device: cpu, cuda or auto.
        max_tokens: where chats are cut; at most the model's window, and where they were cut in its training.

    Raises:
        ModelError: there is no such model, or it is none that gives one score.
    """
    policy = load_policy(model, device=device, scores=True)
    config: Any = policy.model.config
    if config.num_labels != 1:
        msg = f"{model} gives {config.num_labels} numbers: a reward model gives one (num_labels 1)"
        raise ModelError(msg)
    if policy.tokenizer.pad_token is None:
        policy.tokenizer.pad_token = policy.tokenizer.eos_token
    # the last token is found by it: another than the tokenizer's would make a score depend on its batch
    config.pad_token_id = config.get_text_config().pad_token_id = policy.tokenizer.pad_token_id
    limits = (max_tokens, policy.window, getattr(config, TRAINED_AT, None))
    return RewardModel(policy, min(limit for limit in limits if limit))
