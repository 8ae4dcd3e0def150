"""Groups without gradient: the base model's answers to them all earn the same, so GRPO learns nothing from them.

In: rows, a model, a reward; then the share of silent groups that stays. Out: the silent ones; then the rows that stay.
A share of 0 filters them out, 1 keeps them all, 0.25 weighs them down to a quarter, drawn by seed.
A group is silent where ``num_generations`` answers at temperature 1 earn the same reward. That is what the *base* finds
too easy or too hard, and may change while it learns; ``refresh`` draws new groups. Left out: serving engines,
transformers answers.
"""

from collections.abc import Callable, Sequence
from typing import Any

from dualset.builders.candidates.generate import Policy, generate
from dualset.builders.candidates.sample import first_seed
from dualset.builders.progress import Progress

__all__ = ["keep_share", "silent_groups"]

_GROUPS_AT_ONCE = 256


def silent_groups(
    rows: Any,
    policy: Policy,
    reward: Callable[..., list[float | None]],
    *,
    tries: int,
    max_tokens: int,
    seed: int,
    progress: Progress,
) -> set[str]:
    """The group ids of the silent groups.

    Args:
        rows: groups, with ``group_id``, ``prompt`` and ``correct``.
        policy: the base model.
        reward: as TRL calls it.
        tries: answers a group.
        max_tokens: of an answer.
        seed: of the answers.
        progress: told the groups asked.
    """
    silent: set[str] = set()
    for start in range(0, len(rows), _GROUPS_AT_ONCE):
        part = rows.select(range(start, min(start + _GROUPS_AT_ONCE, len(rows))))
        silent |= _silent(list(part), policy, reward, tries, max_tokens, seed)
        progress("silent", start + len(part), len(rows))
    return silent


def keep_share(rows: Any, silent: set[str], share: float, seed: int) -> Any:
    """The rows without the silent ones, but for a share of those (0 to 1) that the seed draws."""
    names: Sequence[str] = rows["group_id"][:]
    return rows.select([i for i, name in enumerate(names) if name not in silent or _drawn(seed, name) < share])


def _silent(
    rows: Sequence[Any],
    policy: Policy,
    reward: Callable[..., list[float | None]],
    tries: int,
    max_tokens: int,
    seed: int,
) -> set[str]:
    asked = [row for row in rows for _ in range(tries)]
    seeds = [first_seed(seed, f"silent {row['group_id']}") + i for row in rows for i in range(tries)]
    answers = generate(policy, [row["prompt"] for row in asked], seeds=seeds, max_tokens=max_tokens)
    completions = [[{"role": "assistant", "content": answer.text}] for answer in answers]
    earned = reward(
        prompts=[row["prompt"] for row in asked],
        completions=completions,
        correct=[row["correct"] for row in asked],
    )
    return {row["group_id"] for i, row in enumerate(rows) if len(set(earned[i * tries : (i + 1) * tries])) == 1}


def _drawn(seed: int, name: str) -> float:
    """A number in [0, 1) that belongs to a group."""
    return first_seed(seed, f"keep {name}") % 10_007 / 10_007
