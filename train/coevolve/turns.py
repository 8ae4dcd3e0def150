"""Whose turn it is to learn, and from which problems: one turn is one generation of TRL's.

In: problems, how many a turn, how many turns, a seed. Out: turns; the roles alternate, each turn has the next problems
of a shuffled pass, and every pass is shuffled anew. What is left at the end of a pass and fills no turn is left out.
"""

import random
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

__all__ = ["Role", "Turn", "turns"]


class Role(StrEnum):
    """What the model is asked for."""

    CODER = "coder"
    TESTER = "tester"


class Turn(NamedTuple):
    """The role that learns, and the problems."""

    role: Role
    problem_ids: tuple[str, ...]


def turns(problem_ids: Sequence[str], each: int, count: int, roles: Sequence[Role], seed: int) -> list[Turn]:
    """The turns of a run.

    Args:
        problem_ids: at least ``each``.
        each: problems a turn.
        count: how many turns.
        roles: that take turns, in this order.
        seed: of the order of the problems.
    """
    made: list[Turn] = []
    while len(made) < count:
        order = list(problem_ids)
        random.Random(f"{seed}:{len(made)}").shuffle(order)
        for start in range(0, len(order) - each + 1, each):
            made.append(Turn(roles[len(made) % len(roles)], tuple(order[start : start + each])))
    return made[:count]
