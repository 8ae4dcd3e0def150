"""Printed texts and returned values against what was expected."""

import time
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.execution.compare import exact_text, exact_value, same_text, same_tokens, values_equal


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


@pytest.mark.parametrize("actual", [Decimal("0.1"), Fraction(1, 10), 0.1])
def test_with_a_tolerance_every_kind_of_number_is_near(actual: Any) -> None:
    assert values_equal([actual], [0.1000001], 1e-6)
    assert not values_equal([actual], [0.2], 1e-6)


@pytest.mark.parametrize("actual", [Decimal("sNaN"), Decimal("1e999999"), Fraction(10**400, 3)])
def test_no_number_is_too_strange_to_be_compared(actual: Any) -> None:
    assert not values_equal(actual, 1.0, 1e-6)


@pytest.mark.parametrize("actual", [5, -float("inf"), 10**400, float("nan")])
def test_a_tolerance_takes_nothing_for_infinity_but_infinity(actual: float) -> None:
    assert not values_equal(actual, float("inf"), 1e-6)
    assert values_equal(float("inf"), float("inf"), 1e-6)


@pytest.mark.parametrize(
    ("actual", "expected", "near"),
    [
        ("1" * 400, "2" * 400, False),
        ("1" * 400, "1" * 399 + "2", True),
        ("1" * 400, "-" + "1" * 400, False),
        ("5", "2" * 400, False),
        ("1e9999", "1" + "0" * 9999, True),
    ],
)
def test_a_tolerance_tells_numbers_apart_that_no_float_can_be(actual: str, expected: str, near: bool) -> None:
    """As floats all of them are infinite."""
    assert same_text(actual, expected, 1e-6) is near
    assert same_text(expected, actual, 1e-6) is near


@pytest.mark.parametrize("tail", ["x", ".x", "e", "e99999"])
def test_a_flood_of_digits_does_not_hold_up_the_driver(tail: str) -> None:
    begin = time.process_time()
    assert not same_text("1" * 10**6 + tail, "5")
    assert time.process_time() - begin < 2


@pytest.mark.parametrize(
    ("actual", "expected", "exact", "tokens"),
    [
        ("3\n", "3", True, True),
        ("3", "3\n", True, True),
        ("3\n\n", "3", False, True),
        ("3 ", "3", False, True),
        ("3\r\n", "3", False, True),
        ("* *\n", "*   *\n", False, True),
        ("a\nb", "a b", False, True),
        ("1.0", "1", False, False),
        ("1e3", "1000", False, False),
        ("ab", "a b", False, False),
        ("", "", True, True),
        ("", "\n", True, True),
        ("x", "", False, False),
    ],
)
def test_exactly_and_by_tokens(actual: str, expected: str, exact: bool, tokens: bool) -> None:
    assert exact_text(actual, expected) is exact
    assert same_tokens(actual, expected) is tokens


@pytest.mark.parametrize(
    ("actual", "expected", "equal"),
    [
        ([1, "a", None], [1, "a", None], True),
        ({"b": 1, "a": [2.5]}, {"a": [2.5], "b": 1}, True),
        (1.0, 1, False),
        (True, 1, False),
        ([1], [1, 2], False),
        ({"a": 1}, {"a": 1.0}, False),
        ({"a": 1}, {"b": 1}, False),
        (-0.0, 0.0, False),
        (float("nan"), float("nan"), True),
        ({1}, [1], False),
    ],
)
def test_exact_values_have_the_same_types_all_through(actual: Any, expected: Any, equal: bool) -> None:
    assert exact_value(actual, expected) is equal
