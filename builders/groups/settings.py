"""The recipe's ``groups:`` section: how candidates become ranking groups."""

from dataclasses import dataclass

__all__ = ["GroupSettings"]


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupSettings:
    """DuST's groups are K=4 consecutive chunks of the sampling order, mixed only.

    Attributes:
        size: K, the candidates in a group.
        max_per_problem: groups a problem at most; a problem solved half the time would fill the set otherwise.
        drop_identical: leave out a candidate whose program is already in the group being filled.
        order: sampling (in sampling order) or shuffle (seeded) before cutting into groups.
        balance: none, or correct: keep as many groups with 1 right as with 2, ... K-1, cutting the larger ones.
        seed: of the shuffle, the balance and the order shown.
        prompt: dust (the full instruction) or short (for tiny context windows).
    """

    size: int = 4
    max_per_problem: int | None = None
    drop_identical: bool = True
    order: str = "sampling"
    balance: str = "none"
    seed: int = 0
    prompt: str = "dust"
