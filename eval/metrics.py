"""The numbers themselves, as pure functions: writing (pass@k), ranking (NDCG, pairwise accuracy, top-1) and choosing.

In: counts, or one order (0-based positions, best first) with the labels of the candidates in the order shown. Out: one
float, and in closed form what a random order gets on the same set. Ranking is measured on **mixed** sets only: where
all candidates pass or all fail there is nothing to rank, and counting them would mix writing into judging.

Left out: what a malformed ranking counts as (``judging.py`` decides that), means over problems and intervals
(``bootstrap.py``). An order has no ties; candidates with equal labels are interchangeable, so no tie needs a rule.
"""

import math
from collections.abc import Sequence

__all__ = [
    "best_of_n",
    "ndcg",
    "pairwise_accuracy",
    "pass_at_k",
    "random_best_of_n",
    "random_ndcg",
    "random_pairwise_accuracy",
    "random_top1",
    "top1",
]


def pass_at_k(n: int, c: int, k: int) -> float:
    """The chance that k of n samples, drawn without putting back, hold one that passes; c of the n pass.

    Unbiased (Chen et al., arXiv 2107.03374): ``1 - C(n-c, k) / C(n, k)``. Exact integers until the one division.

    Raises:
        ValueError: not ``0 <= c <= n`` and ``1 <= k <= n``.
    """
    if not (0 <= c <= n and 1 <= k <= n):
        msg = f"pass@{k} of {c} passing in {n} samples: needs 0 <= c <= n and 1 <= k <= n"
        raise ValueError(msg)
    drawn = math.comb(n, k)
    return (drawn - math.comb(n - c, k)) / drawn


def pairwise_accuracy(order: Sequence[int], correct: Sequence[bool]) -> float:
    """The share of (right, wrong) pairs in which the right candidate stands before the wrong one (DuST's reward)."""
    ranked = _ranked(order, correct)
    wrong_after = len(ranked) - sum(ranked)
    in_order = 0
    for passes in ranked:
        if passes:
            in_order += wrong_after
        else:
            wrong_after -= 1
    n_correct = sum(ranked)
    return in_order / (n_correct * (len(ranked) - n_correct))


def ndcg(order: Sequence[int], correct: Sequence[bool]) -> float:
    """Normalised discounted cumulative gain with gain 1 for right and 0 for wrong, discount ``1 / log2(rank + 1)``."""
    ranked = _ranked(order, correct)
    gain = math.fsum(_discount(rank) for rank, passes in enumerate(ranked) if passes)
    return gain / _ideal(sum(ranked))


def top1(order: Sequence[int], correct: Sequence[bool]) -> float:
    """1 where the first candidate of the order is right, else 0 (DuST's selection reward)."""
    return float(_ranked(order, correct)[0])


def best_of_n(order: Sequence[int], correct: Sequence[bool]) -> float:
    """1 where the candidate chosen by the order passes, else 0; unlike :func:`top1` any set will do."""
    return float(correct[order[0]])


def random_pairwise_accuracy() -> float:
    """A random order has every pair right half the time, whatever the mix."""
    return 0.5


def random_ndcg(correct: Sequence[bool]) -> float:
    """The mean NDCG over all orders: each rank holds a right candidate with chance n_correct / K.

    At K=4 that is 0.64, 0.79 and 0.90 for 1, 2 and 3 right ones, so an NDCG says nothing without it.
    """
    n_correct = _check_mixed(correct)
    every_rank = math.fsum(_discount(rank) for rank in range(len(correct)))
    return n_correct / len(correct) * every_rank / _ideal(n_correct)


def random_top1(correct: Sequence[bool]) -> float:
    """The share of right candidates."""
    return _check_mixed(correct) / len(correct)


def random_best_of_n(correct: Sequence[bool]) -> float:
    """The share of candidates that pass: choosing blindly is pass@1."""
    return sum(correct) / len(correct)


def _ranked(order: Sequence[int], correct: Sequence[bool]) -> list[bool]:
    """The labels, best first."""
    if sorted(order) != list(range(len(correct))):
        msg = f"order {list(order)} is no permutation of 0..{len(correct) - 1}"
        raise ValueError(msg)
    _check_mixed(correct)
    return [bool(correct[position]) for position in order]


def _check_mixed(correct: Sequence[bool]) -> int:
    n_correct = sum(map(bool, correct))
    if not 0 < n_correct < len(correct):
        msg = f"{n_correct} of {len(correct)} candidates are right: ranking is measured on mixed sets only"
        raise ValueError(msg)
    return n_correct


def _discount(rank: int) -> float:
    return 1 / math.log2(rank + 2)


def _ideal(n_correct: int) -> float:
    return math.fsum(_discount(rank) for rank in range(n_correct))
