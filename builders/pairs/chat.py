"""A program as a reward model sees it: the statement, and the code in a fence, never how the code was arrived at.

In: a statement and a code, or a pair. Out: chat messages; of a pair a row as TRL's RewardTrainer wants it
(conversational, the prompt apart). Source: CodeScaler (arXiv 2602.17684). Left out: tokens (``eval/reward_model.py``).
"""

from typing import Any

from dualset.builders.dataset.records import Message
from dualset.builders.pairs.pair import Pair

__all__ = ["preference_row", "scored_chat"]


def scored_chat(statement: str, code: str) -> list[Message]:
    """What the model sees."""
    return [
        {"role": "user", "content": statement},
        {"role": "assistant", "content": f"```python\n{code.strip()}\n```"},
    ]


def preference_row(pair: Pair) -> dict[str, Any]:
    """``prompt``, ``chosen`` and ``rejected`` as lists of messages, and the ids."""
    prompt, chosen = scored_chat(pair.question_content, pair.code_pos)
    rejected = scored_chat(pair.question_content, pair.code_neg)[1]
    return {
        "prompt": [prompt],
        "chosen": [chosen],
        "rejected": [rejected],
        "pair_id": pair.pair_id,
        "problem_id": pair.problem_id,
        "split": pair.split,
    }
