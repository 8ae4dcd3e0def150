"""Pair accuracy: against a count by hand, ties, problems that weigh the same, and the interval that resamples them."""

import random

import pytest

from dualset.eval.pair_accuracy import ScoredPair, pair_accuracy


def test_problems_weigh_the_same_and_a_tie_is_half() -> None:
    pairs = [ScoredPair("a", 2, 1)] * 9 + [ScoredPair("a", 1, 1), ScoredPair("b", 0, 1), ScoredPair("b", 1, 1)]
    found = pair_accuracy(pairs)
    assert found.estimate.value == pytest.approx((9.5 / 10 + 0.5 / 2) / 2)
    assert (found.estimate.n, found.pairs) == (2, 12)
    assert found.above_chance is None  # of two problems nothing is claimed


def test_many_pairs_of_few_problems_are_few_observations() -> None:
    """One coin a problem, repeated 100 times: an interval from pairs would be ten times too narrow."""
    draw = random.Random(0)
    coins = [(f"p{i}", draw.choice((0, 2))) for i in range(40)]
    repeated = pair_accuracy(ScoredPair(name, coin, 1) for name, coin in coins for _ in range(100))
    once = pair_accuracy(ScoredPair(name, coin, 1) for name, coin in coins)
    assert repeated.estimate == once.estimate
    assert once.above_chance is False


def test_a_model_that_knows_is_above_chance_and_none_says_nothing() -> None:
    assert pair_accuracy(ScoredPair(f"p{i}", i % 5 > 0, 0.5) for i in range(40)).above_chance is True
    assert pair_accuracy(()).plain() == {
        "value": None,
        "low": None,
        "high": None,
        "n": 0,
        "pairs": 0,
        "chance": 0.5,
        "above_chance": None,
    }
