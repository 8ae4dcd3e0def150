"""What each role earns, against what ZeroCoder says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.consensus.parse import parse_selector
from dualset.builders.consensus.select import Ties
from dualset.builders.dataset.records import Test
from dualset.train.coevolve.bench import Passed
from dualset.train.coevolve.consensus import Agreed, Sampled, agree, sampled
from dualset.train.coevolve.rewards import (
    agreement_weight,
    reward_coder,
    reward_cure,
    reward_right,
    reward_share,
    reward_tester,
)
from dualset.train.coevolve.written import Written

ONE, TWO, THREE = (Test(test_id=name, code=f"assert {name}") for name in ("one", "two", "three"))
SAID = Written("p", ("a", "b", None, "a", "c"), (ONE, None, TWO, ONE, THREE))
PASSED: Passed = {
    "a": {"one": True, "two": True, "three": False},
    "b": {"one": True, "two": False, "three": False},
    "c": {"one": False, "two": None, "three": True},
}


def decided(passed: Passed = PASSED) -> tuple[Sampled, Agreed]:
    of = sampled(SAID, passed)
    return of, agree(of, parse_selector("codet"), Ties.FIRST, 0)


def test_every_sample_is_a_row_and_every_test_written_a_column() -> None:
    of, _ = decided()
    assert (of.rows, of.columns) == ((0, 1, 3, 4), (0, 3, 4))  # the unknown cell takes the test with it, its only one
    assert of.matrix is not None
    assert of.matrix.passed_NM.astype(int).tolist() == [[1, 1, 0], [1, 1, 0], [1, 1, 0], [0, 0, 1]]


def test_the_coder_earns_1_in_the_consensus_and_0_outside_of_it_or_without_a_program() -> None:
    of, agreed = decided()
    assert agreed == Agreed(frozenset({0, 1, 3}), frozenset({0, 3}), kept=True)
    assert reward_coder(SAID, of, agreed) == [1.0, 1.0, 0.0, 1.0, 0.0]


def test_a_program_that_the_machine_failed_on_earns_nothing_and_teaches_nothing() -> None:
    of, agreed = decided(PASSED | {"c": dict.fromkeys(("one", "two", "three"))})
    assert reward_coder(SAID, of, agreed) == [1.0, 0.0, 0.0, 1.0, None]


def test_nobody_earns_anything_where_the_rank_filter_stops_a_matrix() -> None:
    of = sampled(SAID, PASSED)
    agreed = agree(of, parse_selector("b4(4,3)"), Ties.FIRST, 2)
    assert not agreed.kept
    assert reward_coder(SAID, of, agreed) == [None] * 5
    assert reward_tester(SAID, agreed, {}, {}, 0.5, 1.0) == [None] * 5


def test_the_tester_earns_agreement_and_mutants_gated_on_the_selected_program() -> None:
    _, agreed = decided()
    passed = {"one": True, "two": None, "three": False}
    scores = {"one": 0.25, "two": None, "three": 1.0}  # three kills whatever it fails: the gate stops it
    assert reward_tester(SAID, agreed, passed, scores, 0.6, 0.5) == [0.6 + 0.4 * 0.25, -0.5, None, 0.7, 0.0]


def test_without_mutants_agreement_counts_alone() -> None:
    _, agreed = decided()
    assert reward_tester(SAID, agreed, {"one": True, "two": True, "three": False}, {}, 0.2, 1.0)[0] == 1.0


def test_test_driven_rewards_are_shares_of_the_tests_as_they_are() -> None:
    assert reward_share(SAID, PASSED) == [0.75, 0.5, 0.0, 0.75, pytest.approx(1 / 3)]  # of one, two, one and three
    assert reward_share(SAID._replace(tests=(None,)), PASSED) == [None] * 5


def test_cures_tester_earns_the_wrong_programs_it_rejects_or_loses_those_it_accepts() -> None:
    assert reward_cure(SAID, PASSED, {"a": True, "b": False, "c": False}, 0.5) == [0.5, -0.5, None, 0.5, -0.5]
    assert reward_cure(SAID, PASSED, {"a": True, "b": False, "c": None}, 0.5) == [0.0, -0.5, 1.0, 0.0, 0.0]


@pytest.mark.parametrize("right", [True, False, None])
def test_cure_judges_no_test_without_right_and_wrong_programs(right: bool | None) -> None:
    assert reward_cure(SAID, PASSED, dict.fromkeys("abc", right), 0.5) == [None] * 5


def test_cures_coder_earns_the_verdict_and_nothing_where_it_is_unknown() -> None:
    assert reward_right(SAID, {"a": True, "b": False, "c": None}) == [1.0, 0.0, 0.0, 1.0, None]


def test_the_weight_of_agreement_falls_by_half_a_cosine() -> None:
    assert [agreement_weight(done, 1.0, 0.0) for done in (0, 0.5, 1)] == pytest.approx([1.0, 0.5, 0.0])
    assert agreement_weight(1 / 3, 0.9, 0.1) == pytest.approx(0.1 + 0.8 * 0.75)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_the_weight_stays_between_its_ends_and_moves_one_way(
    start: float, end: float, one: float, other: float
) -> None:
    first, second = (agreement_weight(done, start, end) for done in sorted((one, other)))
    low, high = sorted((start, end))
    assert low - 1e-9 <= first <= high + 1e-9
    assert (first - second) * (start - end) >= -1e-9
