"""Intervals: what they cover, that they are paired, clustered and the same twice."""

import random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualset.eval.bootstrap import ENOUGH, difference, estimate


def named(values: list[float | None]) -> dict[str, float | None]:
    return {f"p{i:04}": value for i, value in enumerate(values)}


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40))
def test_the_estimate_is_the_mean_over_problems(values: list[float]) -> None:
    assert estimate(named(list(values)), resamples=10).value == pytest.approx(fmean(values), abs=1e-11)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=20), st.randoms())
def test_the_order_of_the_problems_changes_no_digit(values: list[float], shuffler: random.Random) -> None:
    problems = list(named(list(values)).items())
    shuffled = list(problems)
    shuffler.shuffle(shuffled)
    assert estimate(dict(problems), resamples=50) == estimate(dict(shuffled), resamples=50)


def test_fewer_than_two_problems_have_no_interval() -> None:
    assert estimate({}) == (None, None, None, 0)
    assert estimate({"a": None}) == (None, None, None, 0)
    assert estimate({"a": 0.25}) == (0.25, None, None, 1)
    assert estimate({"a": 0.25}).covers_zero is None


def test_unknown_problems_are_left_out_not_counted_as_zero() -> None:
    assert estimate({"a": 1.0, "b": None, "c": 1.0}) == (1.0, 1.0, 1.0, 2)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    """300 experiments of 60 coin-flip problems: a 95 % interval misses 0.3 about 15 times."""
    coin = random.Random(1)
    hits = 0
    for seed in range(300):
        values = named([float(coin.random() < 0.3) for _ in range(60)])
        found = estimate(values, seed=seed, resamples=400)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 0.3 <= found.high
    assert 0.90 <= hits / 300 <= 0.98


def test_pairing_sees_a_small_steady_gain_that_the_spread_between_problems_hides() -> None:
    spread = random.Random(2)
    base = named([spread.random() for _ in range(50)])
    better = {problem: value + 0.02 + 0.01 * spread.random() for problem, value in base.items() if value is not None}
    gain = difference(better, base)
    assert gain.covers_zero is False
    assert gain.value == pytest.approx(0.025, abs=0.005)
    alone = estimate(better)
    assert alone.low is not None
    assert base
    assert alone.low < fmean(value for value in base.values() if value is not None)


def test_a_difference_uses_only_problems_that_both_have() -> None:
    assert difference({"a": 1.0, "b": 0.5, "c": 0.0}, {"a": 0.5, "b": None, "d": 1.0}).n == 1


def test_the_seed_decides_the_interval() -> None:
    values = named([i % 7 / 7 for i in range(31)])
    assert estimate(values, seed=3) == estimate(values, seed=3)
    assert estimate(values, seed=3) != estimate(values, seed=4)


def test_repeats_are_a_second_level() -> None:
    """Equal problems measured twice: their mean is certain between problems, and not within them."""
    once = {f"p{i}": 0.5 for i in range(40)}
    twice = {f"p{i}": (0.0, 1.0) for i in range(40)}
    assert estimate(once)[:3] == (0.5, 0.5, 0.5)
    found = estimate(twice)
    assert found.value == 0.5
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low == pytest.approx(2 * 1.96 * (0.25 / 2 / 40) ** 0.5, rel=0.1)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=12), st.integers(2, 4))
def test_repeats_that_say_the_same_change_nothing_but_the_draws(values: list[float], repeats: int) -> None:
    many = {problem: (value,) * repeats for problem, value in named(list(values)).items()}
    found, once = estimate(many, resamples=200), estimate(named(list(values)), resamples=200)
    assert found.value == pytest.approx(once.value, abs=1e-10)
    assert min(values) - 1e-10 <= found.low <= found.high <= max(values) + 1e-10  # type: ignore[operator]


def test_a_repeat_that_one_of_two_models_does_not_have_is_not_compared() -> None:
    gain = difference({"a": (1.0, 0.0), "b": (0.5, None)}, {"a": (0.5, None), "b": (None, 0.25)})
    assert (gain.value, gain.n) == (0.5, 1)


def test_problems_may_have_fewer_repeats_than_others() -> None:
    assert estimate({"a": (1.0, 0.0, 0.5), "b": (1.0,), "c": (None, 0.0)}).value == pytest.approx(0.5)


def test_too_few_problems_claim_nothing() -> None:
    few = {f"p{i}": 0.5 + i / 100 for i in range(ENOUGH - 1)}
    assert estimate(few).low is not None
    assert estimate(few).covers_zero is None
    assert estimate(few | {"one more": 0.5}).covers_zero is False
