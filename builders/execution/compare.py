"""Is what a program printed or returned what was expected? The comparison of data with data, nothing else.

``stdio``: texts, stripped; as many lines as expected, each equal when stripped, or equal as numbers token by token
(LiveCodeBench's rule). Never a prefix: open-r1's zip passes one; never an empty expectation that passes anything
(verl#7853).
``call``: Python's ``==`` on decoded data, tuples as lists, since JSON has no tuples.

Checkers: none or ``exact`` as above; ``float:TOL`` takes numbers as equal that differ by at most TOL, absolutely or
relative to the expected one.
"""

import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from dualset.builders.errors import ExecutionError

__all__ = ["ValueCheck", "same_text", "tolerance_of", "values_equal"]

ValueCheck = Callable[[Any, Any], bool]
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)


def tolerance_of(checker: str | None) -> float | None:
    """What a problem's checker says: None is exact.

    Raises:
        ExecutionError: the checker is not known.
    """
    if checker in (None, "", "exact", "whitespace"):
        return None
    name, _, value = str(checker).partition(":")
    try:
        tolerance = float(value)
    except ValueError:
        tolerance = -1.0
    if name != "float" or not 0 <= tolerance < 1:
        msg = f"unknown checker {checker!r}: known are exact, whitespace and float:TOL such as float:1e-6"
        raise ExecutionError(msg)
    return tolerance


def same_text(actual: str, expected: str, tolerance: float | None = None) -> bool:
    """Whether a printed text is the expected one, up to white space at the ends of lines and spelling of numbers."""
    if actual == expected:
        return True
    mine, theirs = _lines(actual), _lines(expected)
    return len(mine) == len(theirs) and all(
        a == e or _same_numbers(a, e, tolerance) for a, e in zip(mine, theirs, strict=True)
    )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().split("\n")]


def _same_numbers(actual: str, expected: str, tolerance: float | None) -> bool:
    """Exactly: every token is a number. With a tolerance words may stand among them, as they are."""
    mine, theirs = actual.split(), expected.split()
    return len(mine) == len(theirs) and all(
        (tolerance is not None and a == e) or _same_number(a, e, tolerance) for a, e in zip(mine, theirs, strict=True)
    )


def _same_number(actual: str, expected: str, tolerance: float | None) -> bool:
    if not (_NUMBER.fullmatch(actual) and _NUMBER.fullmatch(expected)):
        return False
    if tolerance is None:
        return Decimal(actual) == Decimal(expected)
    return _near(float(actual), float(expected), tolerance)


def values_equal(actual: Any, expected: Any, tolerance: float | None = None) -> bool:
    """Whether a decoded result is the expected value; with a tolerance, number by number within lists and dicts."""
    if tolerance is None:
        return bool(actual == expected)
    if isinstance(expected, (int, float)) and isinstance(actual, (int, float)):
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


def _near(actual: float, expected: float, tolerance: float) -> bool:
    if actual == expected:
        return True
    try:
        if not (math.isfinite(actual) and math.isfinite(expected)):
            return False
        return abs(actual - expected) <= tolerance * max(1.0, abs(expected))
    except OverflowError:
        return False
