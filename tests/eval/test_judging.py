"""What rankings score, and that a malformed one is neither better nor worse than chance."""

import pytest

from dualset.eval import metrics
from dualset.eval.asking import Ranked
from dualset.eval.choosing.by_ranking import score_set
from dualset.eval.choosing.sets import SampleSet, sets_of
from dualset.eval.judging import score_groups
from dualset.eval.scores import by_problem, mean
from dualset.eval.writing import Attempt

GOOD, BAD, MUTE, UNKNOWN = Attempt("g", True), Attempt("b", False), Attempt(None, False), Attempt("u", None)


def test_a_malformed_ranking_counts_as_a_random_order() -> None:
    groups = [{"problem_id": "p", "correct": [True, False, False]}]
    scored = score_groups(groups, [[Ranked(None, 0.0, (None,))]])
    assert scored.model["p"] == {**scored.chance["p"], "valid_rankings": (0.0,)}
    assert scored.chance["p"]["ndcg"] == (metrics.random_ndcg([True, False, False]),)


def test_a_problem_with_many_groups_weighs_no_more_than_one_with_few() -> None:
    groups = [{"problem_id": problem, "correct": [True, False]} for problem in "aaab"]
    orders = [[0, 1], [0, 1], [1, 0], [1, 0]]
    scored = score_groups(groups, [[Ranked(order, 1.0, (order,))] for order in orders])
    assert scored.model["a"]["pairwise_accuracy"] == (pytest.approx(2 / 3),)
    assert scored.model["b"]["pairwise_accuracy"] == (0,)


def test_a_metric_that_a_set_does_not_have_is_not_counted_as_zero() -> None:
    assert by_problem([("p", 0, {"a": 1.0}), ("p", 0, {"a": 0.0, "b": 1.0})]) == {"p": {"a": (0.5,), "b": (1.0,)}}


def test_repeats_are_kept_apart_and_one_without_a_value_is_null() -> None:
    scored = by_problem([("p", 0, {"a": 1.0}), ("p", 1, {"a": 0.0, "b": 1.0}), ("p", 1, {"a": 1.0})])
    assert scored == {"p": {"a": (1.0, 0.5), "b": (None, 1.0)}}
    assert mean(scored["p"]["b"]) == 1.0
    assert mean((None, None)) is None


def test_sets_are_consecutive_fours_without_unknown_verdicts() -> None:
    attempts = [GOOD, UNKNOWN, BAD, BAD, BAD, GOOD, GOOD]
    assert [each.correct for each in sets_of({"p": attempts}, 4)] == [[True, False, False, False]]
    assert [each.nth for each in sets_of({"p": attempts}, 2)] == [0, 1, 2]


def test_a_set_never_holds_samples_of_two_repeats() -> None:
    attempts = [GOOD, UNKNOWN, BAD, Attempt("h", True, 1), Attempt("c", False, 1), Attempt("d", False, 1)]
    assert [(each.repeat, each.correct) for each in sets_of({"p": attempts}, 2)] == [
        (0, [True, False]),
        (1, [True, False]),
    ]


def chosen(*attempts: Attempt, order: list[int] | None = None) -> dict[str, float]:
    ranked = None if order is None else Ranked(order, 1.0, (order,))
    return dict(score_set(SampleSet("p", 0, 0, attempts), ranked, "best_of_4"))


def test_the_first_of_the_order_is_what_counts() -> None:
    assert chosen(BAD, GOOD, BAD, BAD, order=[1, 0, 2, 3]) == {"best_of_4": 1, "valid_choices": 1}
    assert chosen(BAD, GOOD, BAD, BAD, order=[0, 1, 2, 3]) == {"best_of_4": 0, "valid_choices": 1}


def test_samples_without_code_are_not_shown_so_positions_are_among_the_rest() -> None:
    assert chosen(MUTE, BAD, GOOD, MUTE, order=[1, 0]) == {"best_of_4": 1, "valid_choices": 1}


def test_a_malformed_choice_is_blind() -> None:
    assert chosen(GOOD, BAD, BAD, BAD) == {"best_of_4": 0.25, "valid_choices": 0}


def test_a_choice_by_one_well_formed_answer_of_four_says_so() -> None:
    ranked = Ranked([1, 0, 2, 3], 0.25, ([1, 0, 2, 3], None, None, None))
    scores = score_set(SampleSet("p", 0, 0, (BAD, GOOD, BAD, BAD)), ranked, "best_of_4")
    assert scores == {"best_of_4": 1, "valid_choices": 0.25}


def test_nothing_is_asked_where_the_choice_changes_nothing() -> None:
    assert chosen(GOOD, GOOD, GOOD, GOOD) == {"best_of_4": 1}
    assert chosen(BAD, MUTE, BAD, BAD) == {"best_of_4": 0}
    assert chosen(MUTE, MUTE, MUTE, MUTE) == {"best_of_4": 0}
    assert chosen(MUTE, GOOD, MUTE, MUTE) == {"best_of_4": 1}
