"""Rewards as TRL calls them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.groups.ranking import ranking_text
from dualset.eval import metrics
from dualset.train import rewards


def said(*answers: str) -> list[list[dict[str, str]]]:
    return [[{"role": "assistant", "content": answer}] for answer in answers]


def called(name: str, answers: list[str], correct: list[list[bool]], **more: Any) -> list[float | None]:
    """The call that TRL 1.16 makes: every dataset column comes along."""
    return rewards.REWARDS[name](
        prompts=[[{"role": "user", "content": "?"}]] * len(answers),
        completions=said(*answers),
        completion_ids=[[1]] * len(answers),
        correct=correct,
        n_correct=[sum(labels) for labels in correct],
        group_id=["g"] * len(answers),
        trainer_state=None,
        **more,
    )


@given(st.permutations(range(4)), st.sampled_from([[True, False, False, False], [True, False, True, False]]))
def test_a_valid_ranking_earns_its_metric(order: list[int], correct: list[bool]) -> None:
    answer = f"<think>hm, 4, 3, 2, 1</think>\n{ranking_text(order)}"
    assert called("pairwise_accuracy", [answer], [correct]) == [metrics.pairwise_accuracy(order, correct)]
    assert called("ndcg", [answer], [correct]) == [metrics.ndcg(order, correct)]
    assert called("selection", [answer], [correct]) == [metrics.top1(order, correct)]


@pytest.mark.parametrize(
    "answer", ["", "1, 2", "1, 2, 2", "2, 1, 3, 4, 5", "1 2 3", "ranking: 1, 2, 3", "<think>1, 2, 3"]
)
def test_a_malformed_ranking_earns_less_than_the_worst_valid_one(answer: str) -> None:
    for name in rewards.REWARDS:
        assert called(name, [answer], [[True, False, False]]) == [-1.0]


def test_an_unmixed_row_earns_nothing_at_all() -> None:
    assert called("ndcg", ["1, 2", "1, 2"], [[True, True], [True, False]]) == [None, 1.0]


def test_what_is_logged() -> None:
    logged: dict[str, float] = {}
    columns: dict[str, list[Any]] = {}
    called(
        "pairwise_accuracy",
        ["1, 2, 3", "3, 2, 1", "none", "3, 1, 2"],
        [[True, False, False]] * 3 + [[True, False, True]],
        log_metric=logged.__setitem__,
        log_extra=columns.__setitem__,
    )
    assert logged["ranking/valid"] == 0.75
    assert logged["ranking/pairwise_accuracy"] == pytest.approx((1 + 0 + 1) / 3)
    assert logged["ranking/selection"] == pytest.approx(2 / 3)
    assert logged["random/pairwise_accuracy"] == 0.5
    assert logged["random/selection"] == pytest.approx((1 / 3 + 1 / 3 + 2 / 3) / 3)
    assert logged["random/ndcg"] == pytest.approx(
        (2 * metrics.random_ndcg([1, 0, 0]) + metrics.random_ndcg([1, 0, 1])) / 3
    )
    assert logged["reward_by_n_correct/1"] == pytest.approx((1 + 0 - 1) / 3)
    assert logged["reward_by_n_correct/2"] == 1.0
    assert columns == {"ranking": ["1, 2, 3", "3, 2, 1", None, "3, 1, 2"]}
