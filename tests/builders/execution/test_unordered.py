"""Order that does not count, against brute force: every pairing tried with the usual rule."""

import time
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.execution.compare import lines_of, same_text, values_equal
from dualset.builders.execution.inside.values import Opaque
from dualset.builders.execution.unordered import same_items, same_lines

NUMBERS = st.sampled_from(["1", "01", "1.0", "+1", "1e0", "10", "1e1", "0", "-0", ".0", "0.5", ".5", "5e-1", "-1", "2"])
WORDS = st.sampled_from(["a", "b", "1_0", "nan", "1.", ".", "1e", "e1", "٣"])
LINES = st.lists(
    st.lists(NUMBERS | WORDS, max_size=2).flatmap(
        lambda tokens: st.sampled_from([" ", "  "]).map(lambda gap: gap.join(tokens))
    ),
    max_size=4,
)
SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, -0.0, 1.0, 0.5, 1e300, "", "1", "a"])
PLAIN = st.recursive(
    SCALARS, lambda of: st.lists(of, max_size=2) | st.dictionaries(st.sampled_from("ab"), of), max_leaves=3
)
STRANGE = [Decimal("0.5"), Decimal(1), Decimal("1e300"), Decimal("1e999999"), Decimal("NaN"), Decimal("sNaN"), 10**300]
RARE = st.sampled_from(
    [
        *STRANGE,
        Fraction(1, 2),
        Fraction(1),
        Fraction(1, 3),
        1 + 0j,
        1j,
        b"a",
        float("nan"),
        float("inf"),
        {1, 2},
        Opaque("C"),
    ]
)


def some_pairing(actual: list[Any], expected: list[Any], equal: Any) -> bool:
    return len(actual) == len(expected) and any(all(map(equal, order, expected)) for order in permutations(actual))


def usual(actual: Any, expected: Any) -> bool:
    try:
        return values_equal(actual, expected)
    except ArithmeticError:  # a signalling NaN
        return False


@given(LINES, LINES, st.randoms())
def test_lines_pair_as_brute_force_pairs_them(mine: list[str], theirs: list[str], rng: Any) -> None:
    shuffled = list(theirs)
    rng.shuffle(shuffled)
    for actual in ("\n".join(mine), "\n".join(shuffled)):
        expected = "\n".join(theirs)
        assert same_lines(actual, expected) == some_pairing(lines_of(actual), lines_of(expected), same_text)


@given(st.lists(PLAIN | RARE, max_size=4), st.lists(PLAIN, max_size=4), st.randoms())
def test_elements_pair_as_brute_force_pairs_them(mine: list[Any], theirs: list[Any], rng: Any) -> None:
    shuffled = list(theirs)
    rng.shuffle(shuffled)
    assert same_items(shuffled, theirs)
    assert same_items(mine, theirs) == some_pairing(mine, theirs, usual)


@given(PLAIN | RARE, PLAIN)
def test_one_element_is_compared_as_by_the_usual_rule(actual: Any, expected: Any) -> None:
    assert same_items([actual], [expected]) == usual(actual, expected)


@pytest.mark.parametrize(
    ("actual", "expected", "right"),
    [
        ([[2, 1], [3]], [[3], [2, 1]], True),
        ([[1, 2], [3]], [[3], [2, 1]], False),  # the outer list alone is free
        ([1, 1, 2], [1, 2, 2], False),
        ([{"a": [1]}, {}], [{}, {"a": [1.0]}], True),
        ([1, "1"], ["1", 1], True),
        (["1", "1"], ["1", 1], False),
        ({1, 2}, [1, 2], False),
        (5, 5, True),
        ("ab", "ba", False),
        ([None, True], [1, None], True),
    ],
)
def test_lists_in_any_order(actual: Any, expected: Any, right: bool) -> None:
    assert same_items(actual, expected) is right


def test_what_equals_nothing_is_not_even_itself() -> None:
    nan, thing = float("nan"), Opaque("C")
    assert not same_items([nan], [nan])
    assert not same_items([thing], [thing])


M61 = 2**61 - 1  # multiples of it have the same hash


@pytest.mark.parametrize(
    "elements",
    [
        list(range(100_000)),
        [i * M61 for i in range(100_000)],
        [float(i) * 2**61 for i in range(100_000)],
        [[i % 7, {"a": i}] for i in range(100_000)],
        ["x" * 40 + str(i) for i in range(100_000)],
    ],
)
def test_a_hundred_thousand_elements_do_not_hold_up_the_driver(elements: list[Any]) -> None:
    begin = time.process_time()
    assert same_items(elements[::-1], elements)
    assert not same_items([*elements[:-1], None], elements)
    assert time.process_time() - begin < 30


def test_a_hundred_thousand_lines_do_not_hold_up_the_driver() -> None:
    lines = [str(i * M61) for i in range(100_000)]
    begin = time.process_time()
    assert same_lines("\n".join(reversed(lines)), "\n".join(lines))
    assert not same_lines("\n".join([*lines[:-1], "x"]), "\n".join(lines))
    assert time.process_time() - begin < 30
