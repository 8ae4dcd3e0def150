"""Is what a program printed or returned what was expected? The comparison of data with data, nothing else.

The usual rules, which hold where a problem names no checker:

``stdio``: texts, stripped; as many lines as expected, each equal when stripped, or equal as numbers token by token
(LiveCodeBench's rule). Never a prefix: open-r1's zip passes one; never an empty expectation that passes anything
(verl#7853).
``call``: Python's ``==`` on decoded data, tuples as lists, since JSON has no tuples.

The others are a function each: with a tolerance, byte for byte, by tokens. Which of them a problem asks for is said in
``checkers.py``; order that does not count is in ``unordered.py``. What is compared may be hostile, so no rule takes
longer than its texts are long.
"""

import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

__all__ = ["NUMBER", "exact_text", "exact_value", "lines_of", "same_text", "same_tokens", "values_equal"]

NUMBER = re.compile(r"([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d{1,4}))?", re.ASCII)
"""A printed number: sign, digits before the point and after it (or after it alone), power of ten."""


def same_text(actual: str, expected: str, tolerance: float | None = None) -> bool:
    """Whether a printed text is the expected one, up to white space at the ends of lines and spelling of numbers."""
    if actual == expected:
        return True
    mine, theirs = lines_of(actual), lines_of(expected)
    return len(mine) == len(theirs) and all(
        a == e or _same_numbers(a, e, tolerance) for a, e in zip(mine, theirs, strict=True)
    )


def lines_of(text: str) -> list[str]:
    """The lines as the usual rule sees them: no empty ones at the ends, no white space around any."""
    return [line.strip() for line in text.strip().split("\n")]


def _same_numbers(actual: str, expected: str, tolerance: float | None) -> bool:
    """Exactly: every token is a number. With a tolerance words may stand among them, as they are."""
    mine, theirs = actual.split(), expected.split()
    return len(mine) == len(theirs) and all(
        (tolerance is not None and a == e) or _same_number(a, e, tolerance) for a, e in zip(mine, theirs, strict=True)
    )


def _same_number(actual: str, expected: str, tolerance: float | None) -> bool:
    if not (NUMBER.fullmatch(actual) and NUMBER.fullmatch(expected)):
        return False
    if tolerance is None:
        return Decimal(actual) == Decimal(expected)
    mine, theirs = float(actual), float(expected)
    if math.isinf(mine) or math.isinf(theirs):  # beyond what a float can be, where all numbers would look the same
        return _near_beyond(Decimal(actual), Decimal(expected), tolerance)
    return _near(mine, theirs, tolerance)


def _near_beyond(actual: Decimal, expected: Decimal, tolerance: float) -> bool:
    try:
        return abs(actual - expected) <= Decimal(tolerance) * abs(expected)
    except ArithmeticError:
        return actual == expected


def exact_text(actual: str, expected: str) -> bool:
    """Byte for byte; a single line end at the end of either does not count."""
    return actual.removesuffix("\n") == expected.removesuffix("\n")


def same_tokens(actual: str, expected: str) -> bool:
    """The same tokens as text, whatever white space separates them: ``1`` is not ``1.0``."""
    return actual.split() == expected.split()


def values_equal(actual: Any, expected: Any, tolerance: float | None = None) -> bool:
    """Whether a decoded result is the expected value; with a tolerance, number by number within lists and dicts."""
    if tolerance is None:
        return bool(actual == expected)
    if isinstance(expected, (int, float)) and isinstance(actual, (int, float, Decimal, Fraction)):
        return _near(actual, expected, tolerance)
    if isinstance(expected, (list, tuple)) and isinstance(actual, (list, tuple)):
        return len(actual) == len(expected) and all(
            values_equal(a, e, tolerance) for a, e in zip(actual, expected, strict=True)
        )
    if isinstance(expected, dict) and isinstance(actual, dict):
        return actual.keys() == expected.keys() and all(
            values_equal(actual[key], value, tolerance) for key, value in expected.items()
        )
    return bool(actual == expected)


def _near(actual: Any, expected: float, tolerance: float) -> bool:
    """Absolutely or relatively; infinity is near infinity alone."""
    try:
        if actual == expected:
            return True
        mine = float(actual)
        if not (math.isfinite(mine) and math.isfinite(expected)):
            return False
        return abs(mine - expected) <= tolerance * max(1.0, abs(expected))
    except (ArithmeticError, ValueError):
        return False


def exact_value(actual: Any, expected: Any) -> bool:
    """Equal, of the same types all through: ``1`` is neither ``1.0`` nor ``True``. A dict's order is free."""
    if type(actual) is not type(expected):
        return False
    if isinstance(expected, list):
        return len(actual) == len(expected) and all(map(exact_value, actual, expected))
    if isinstance(expected, dict):
        return actual.keys() == expected.keys() and all(exact_value(actual[k], v) for k, v in expected.items())
    return repr(actual) == repr(expected) if isinstance(expected, float) else bool(actual == expected)
