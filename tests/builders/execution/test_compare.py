"""Printed texts and returned values against what was expected."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.errors import ExecutionError
from dualset.builders.execution.compare import same_text, tolerance_of, values_equal


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        ("3\n", "3"),
        ("1 2 \n3\r\n\n", "1 2\n3"),
        ("1.0 2", "1 2.00"),
        ("1e3", "1000"),
        ("  \n", ""),
        ("a  \n b", "a\nb"),
    ],
)
def test_white_space_and_spelling_of_numbers_do_not_count(actual: str, expected: str) -> None:
    assert same_text(actual, expected)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        ("1\n2", "1\n2\n3"),  # a prefix (open-r1)
        ("1\n2\n3", "1\n2"),
        ("anything", ""),  # verl#7853
        ("", "1"),
        ("a b", "ab"),
        ("* *", "*   *"),  # white space within a line of words counts
        ("yes 1", "yes 01"),
        ("1\n\n2", "1\n2"),
        ("nan", "1"),
        ("1_0", "10"),
        ("0.30000001", "0.3"),
        ("1 2 3", "1 2"),
        ("1e99999999999", "1"),
    ],
)
def test_other_texts_are_wrong(actual: str, expected: str) -> None:
    assert not same_text(actual, expected)


@given(st.text(), st.text())
def test_any_two_texts_can_be_compared(actual: str, expected: str) -> None:
    assert same_text(actual, actual)
    assert same_text(actual, expected) == same_text(expected, actual)


def test_tolerance_is_absolute_or_relative_number_by_number() -> None:
    assert same_text("0.3333333", "0.3333334", 1e-6)
    assert not same_text("0.33", "0.34", 1e-6)
    assert values_equal({"a": [1e9 + 1]}, {"a": [1e9]}, 1e-6)
    assert not values_equal([1.0, 2.0], [1.0], 1e-6)
    assert not values_equal(float("nan"), 1.0, 1e-6)
    assert not values_equal("1.0", 1.0, 1e-6)


def test_checkers_are_known_or_refused() -> None:
    assert tolerance_of(None) is None
    assert tolerance_of("exact") is None
    assert tolerance_of("float:1e-6") == 1e-6
    for unknown in ("float", "float:x", "special", "float:-1"):
        with pytest.raises(ExecutionError, match="unknown checker"):
            tolerance_of(unknown)


@pytest.mark.parametrize("actual", [5, -float("inf"), 10**400, float("nan")])
def test_a_tolerance_takes_nothing_for_infinity_but_infinity(actual: float) -> None:
    assert not values_equal(actual, float("inf"), 1e-6)
    assert values_equal(float("inf"), float("inf"), 1e-6)
