"""An assert of one call with literal arguments as the input and expected value of a ``call`` test.

In: the expression of an assert. Out: two JSON texts, or None where JSON cannot hold exactly what was written: tuples,
sets, keys that are no texts, NaN, keyword arguments (a test has positional ones only), or more than a call and a value.
``is True``, ``is False`` and ``is None`` are read as ``==``, since call tests compare values.
"""

import ast
import json
import math
from typing import Any, NamedTuple

from dualset.builders.generated.asserts import DEEPEST, runs

__all__ = ["Pair", "as_call", "json_pair"]


class Pair(NamedTuple):
    """``input`` and ``expected`` of a test."""

    input: str
    expected: str


class _NotJSON(Exception):
    pass


def as_call(test: ast.expr, entry_point: str) -> Pair | None:
    """``f(1, [2]) == 3``, also the other way round, as ``[1, [2]]`` and ``3``."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    call, wanted = test.left, test.comparators[0]
    if not _is_call(call, entry_point):
        call, wanted = wanted, call
    if not isinstance(call, ast.Call) or not _is_call(call, entry_point) or call.keywords:
        return None
    if not isinstance(test.ops[0], ast.Eq) and not (isinstance(test.ops[0], ast.Is) and _one_of_a_kind(wanted)):
        return None
    try:
        return json_pair([ast.literal_eval(argument) for argument in call.args], ast.literal_eval(wanted))
    except (ValueError, TypeError, SyntaxError, ArithmeticError, RecursionError, MemoryError):
        return None


def json_pair(arguments: list[Any], expected: Any) -> Pair | None:
    """Both values as JSON texts, in one spelling; None where they would not read back as the same."""
    try:
        return Pair(_json(arguments), _json(expected))
    except (_NotJSON, ValueError):  # text that is half a character; a number of too many digits
        return None


def _json(value: Any) -> str:
    _check(value, DEEPEST)
    text = json.dumps(value, ensure_ascii=False)
    text.encode()
    return text


def _check(value: Any, levels: int) -> None:
    """Plain JSON, type by type: a ``True`` is no ``1``, a tuple no list."""
    if levels == 0:
        raise _NotJSON
    if isinstance(value, dict):
        for key, inner in value.items():
            if type(key) is not str:
                raise _NotJSON
            _check(inner, levels - 1)
    elif type(value) is list:
        for inner in value:
            _check(inner, levels - 1)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise _NotJSON
    elif value is not None and type(value) not in (bool, int, str):
        raise _NotJSON


def _is_call(node: ast.expr, entry_point: str) -> bool:
    return isinstance(node, ast.Call) and runs(node.func, entry_point.rpartition(".")[2])


def _one_of_a_kind(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and any(node.value is value for value in (True, False, None))
