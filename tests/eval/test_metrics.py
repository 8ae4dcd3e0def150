"""Metrics against brute force and against scikit-learn."""

from itertools import combinations, permutations
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from dualset.eval import metrics

mixed = st.lists(st.booleans(), min_size=2, max_size=6).filter(lambda labels: 0 < sum(labels) < len(labels))


@st.composite
def ranked(draw: st.DrawFn) -> tuple[list[int], list[bool]]:
    correct = draw(mixed)
    return draw(st.permutations(range(len(correct)))), correct


@given(st.integers(1, 8), st.data())
def test_pass_at_k_is_the_share_of_draws_that_hold_a_pass(n: int, data: st.DataObject) -> None:
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    draws = list(combinations([True] * c + [False] * (n - c), k))
    assert metrics.pass_at_k(n, c, k) == pytest.approx(fmean(any(draw) for draw in draws), abs=1e-15)


def test_pass_at_k_stays_exact_for_many_samples() -> None:
    assert metrics.pass_at_k(2000, 1, 1000) == pytest.approx(0.5, abs=1e-15)


@pytest.mark.parametrize(("n", "c", "k"), [(4, 5, 1), (4, -1, 1), (4, 1, 5), (4, 1, 0)])
def test_pass_at_k_refuses_impossible_counts(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="needs 0 <= c <= n"):
        metrics.pass_at_k(n, c, k)


@given(ranked())
def test_pairwise_accuracy_counts_the_pairs_in_order(case: tuple[list[int], list[bool]]) -> None:
    order, correct = case
    pairs = [
        order.index(right) < order.index(wrong)
        for right in range(len(correct))
        for wrong in range(len(correct))
        if correct[right] and not correct[wrong]
    ]
    assert metrics.pairwise_accuracy(order, correct) == pytest.approx(fmean(pairs), abs=1e-15)


@given(ranked())
def test_ndcg_is_scikit_learns(case: tuple[list[int], list[bool]]) -> None:
    order, correct = case
    scores = [-order.index(position) for position in range(len(correct))]
    assert metrics.ndcg(order, correct) == pytest.approx(ndcg_score([correct], [scores]), abs=1e-12)


@given(mixed)
def test_random_baselines_are_means_over_all_orders(correct: list[bool]) -> None:
    orders = list(permutations(range(len(correct))))
    for metric, baseline in [
        (metrics.ndcg, metrics.random_ndcg(correct)),
        (metrics.pairwise_accuracy, metrics.random_pairwise_accuracy()),
        (metrics.top1, metrics.random_top1(correct)),
        (metrics.best_of_n, metrics.random_best_of_n(correct)),
    ]:
        assert fmean(metric(order, correct) for order in orders) == pytest.approx(baseline, abs=1e-12)


@pytest.mark.parametrize(("n_correct", "expected"), [(1, 0.64), (2, 0.79), (3, 0.90)])
def test_random_ndcg_at_four(n_correct: int, expected: float) -> None:
    assert round(metrics.random_ndcg([True] * n_correct + [False] * (4 - n_correct)), 2) == expected


@pytest.mark.parametrize("correct", [[True, True], [False, False], []])
def test_unmixed_sets_are_refused(correct: list[bool]) -> None:
    with pytest.raises(ValueError, match="mixed sets only"):
        metrics.ndcg(range(len(correct)), correct)


@pytest.mark.parametrize("order", [[0, 0], [0], [1, 2], [0, 1, 2]])
def test_an_order_must_be_a_permutation(order: list[int]) -> None:
    with pytest.raises(ValueError, match="no permutation"):
        metrics.pairwise_accuracy(order, [True, False])
