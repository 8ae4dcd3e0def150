"""Order that does not count: the lines of a text, or the elements of a list, as multisets.

In: what a program gave and what was expected. Out: whether the one is the other in some order, elements compared by the
usual rule. Each element becomes a text that equal elements share, and the texts are sorted. No hash of a program's data
is taken, since it could choose equal ones; nothing has to be hashable; a hundred thousand elements take a second.
"""

import json
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from dualset.builders.execution.compare import NUMBER, lines_of, values_equal

__all__ = ["same_items", "same_lines"]

_PLACES = 1100
"""Digits, and powers of ten, of the Decimals that can equal a float; larger ones take too long to spell."""


class _EqualsNothing(Exception):
    """NaN, an object that is not plain data, a Decimal out of all proportion."""


def same_lines(actual: str, expected: str) -> bool:
    """Whether a printed text has the expected lines, each as often, in any order."""
    if actual == expected:
        return True
    mine, theirs = lines_of(actual), lines_of(expected)
    return len(mine) == len(theirs) and sorted(map(_line, mine)) == sorted(map(_line, theirs))


def same_items(actual: Any, expected: Any) -> bool:
    """Whether a list has the expected elements, each as often, in any order. What is no list is compared as usual."""
    if not isinstance(expected, list) or not isinstance(actual, list):
        return values_equal(actual, expected)
    try:
        return len(actual) == len(expected) and sorted(map(_item, actual)) == sorted(map(_item, expected))
    except _EqualsNothing:
        return False


def _line(line: str) -> str:
    """What lines that the usual rule takes for equal have in common."""
    tokens = line.split()
    numbers = [NUMBER.fullmatch(token) for token in tokens]
    if not tokens or None in numbers:
        return "text " + line
    return "numbers " + " ".join(_spelt(*found.groups(default="")) for found in numbers if found)


def _spelt(sign: str, whole: str, part: str, alone: str, power: str) -> str:
    """One spelling for each number: digits without zeros at the ends, and the power of ten of the last one."""
    behind = part + alone
    digits = (whole + behind).lstrip("0")
    kept = digits.rstrip("0")
    exponent = int(power or 0) - len(behind) + len(digits) - len(kept)
    return f"{'-' if sign == '-' else ''}{kept}e{exponent}" if kept else "0"


def _item(value: Any) -> str:
    """What elements that are equal in Python have in common; ``1``, ``1.0`` and ``True`` are equal."""
    if isinstance(value, str):
        return json.dumps(value)
    if value is None:
        return "null"
    if isinstance(value, (int, float, complex, Decimal, Fraction)):
        return _number(value)
    if isinstance(value, (list, tuple)):
        return _joined("[]", map(_item, value))
    if isinstance(value, dict):
        return _joined("{}", sorted(f"{_item(k)}:{_item(v)}" for k, v in value.items()))
    if isinstance(value, (set, frozenset)):
        return _joined("()", sorted(map(_item, value)))
    if isinstance(value, (bytes, bytearray)):
        return "b" + value.hex()
    raise _EqualsNothing


def _joined(ends: str, items: Iterable[str]) -> str:
    return ends[0] + ",".join(items) + ends[1]


def _number(value: complex | Decimal | Fraction) -> str:
    if isinstance(value, Decimal):
        return _decimal(value)
    if value != value:  # NaN
        raise _EqualsNothing
    if isinstance(value, complex):
        return f"{_number(value.real)}+{_number(value.imag)}j" if value.imag else _number(value.real)
    if isinstance(value, float) and not value.is_integer():
        return float.hex(value)
    if isinstance(value, Fraction) and value.denominator != 1:
        return _fraction(value)
    return hex(int(value))


def _decimal(value: Decimal) -> str:
    if value.is_infinite():
        return float.hex(float(value))
    if value.is_nan() or abs(value.adjusted()) > _PLACES or len(value.as_tuple().digits) > _PLACES:
        raise _EqualsNothing
    return _number(Fraction(value))


def _fraction(value: Fraction) -> str:
    """As a float where it is one."""
    try:
        near = float(value)
    except OverflowError:
        near = 0.0
    return float.hex(near) if near == value else f"{value.numerator:x}/{value.denominator:x}"
