"""What JSON forgets: which of the lists in a test's input are tuples, sets or dicts, which texts are numbers.

In: the arguments of an example call as Python writes them, and values that went through JSON. Out: the values with the
types that the examples have at the same place; the items of one container share a place. Where examples disagree
between list and tuple, it stays a list.
"""

import ast
from collections.abc import Iterable, Sequence
from typing import Any

from dualset.builders.problems.python_text import parse_python

__all__ = ["Shape", "calls_of", "restore", "shape_of"]


_NUMBERS = {int, float, complex}


class Shape:
    """The types seen at one place, and the shape of what is inside containers there."""

    def __init__(self, values: Iterable[Any]) -> None:
        values = list(values)
        self.kinds = {type(value) for value in values}
        inside = [item for value in values for item in _items(value)]
        keys = [key for value in values if isinstance(value, dict) for key in value]
        self.inner = Shape(inside) if inside else None
        self.keys = Shape(keys) if keys else None


def shape_of(calls: Sequence[tuple[Any, ...]]) -> list[Shape]:
    """The shape of each argument, from the arguments of several calls."""
    places = max(map(len, calls), default=0)
    return [Shape(call[n] for call in calls if n < len(call)) for n in range(places)]


def restore(value: Any, shape: Shape | None, around: type = list) -> Any:
    """A value from JSON with the types of the shape; a list deeper than the examples go is what is ``around`` it."""
    kinds = shape.kinds if shape else set()
    inner = shape.inner if shape else None
    if isinstance(value, list):
        kind = _container(kinds, around, empty=not value)
        items = [restore(item, inner, kind if kind is tuple else list) for item in value]
        return {} if kind is dict else kind(items)
    if isinstance(value, dict):
        keys = shape.keys if shape else None
        return {_key(key, keys): restore(item, inner) for key, item in value.items()}
    if isinstance(value, str) and kinds and kinds <= _NUMBERS:
        return _number(value, kinds)
    return value


def calls_of(code: str, function: str) -> list[tuple[Any, ...]]:
    """The arguments of the calls of a function in test code, as far as they are literals."""
    tree = parse_python(code)
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call)] if tree else []
    calls = []
    for node in found:
        if isinstance(node.func, ast.Name) and node.func.id == function:
            try:
                calls.append(tuple(ast.literal_eval(argument) for argument in node.args))
            except (ValueError, TypeError, RecursionError, MemoryError):
                continue
    return calls


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list | tuple | set) else ()


def _container(kinds: set[type], around: type, *, empty: bool) -> type:
    """What a JSON list is here: the one container that is known, and where there is none, as around it.

    An empty one is a dict where there may be one; where the examples disagree, it stays a list.
    """
    held = kinds & {list, tuple, set, dict}
    if dict in held and list not in held and empty:
        return dict
    held -= {dict}
    if not held:
        return around
    return held.pop() if len(held) == 1 else list


def _number(text: str, kinds: set[type]) -> Any:
    """A text where there are only numbers, as JSON has complex ones: ``(1+2j)``."""
    for kind in (complex,) if complex in kinds else (int, float, complex):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _key(key: str, shape: Shape | None) -> Any:
    """JSON's keys are all texts."""
    return int(key) if shape and int in shape.kinds and key.isdecimal() else key
