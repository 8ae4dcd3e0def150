"""Plain data as tagged JSON: how arguments and results cross between the driver, a program's process and a judge.

In: values of Python's own plain types. Out: JSON text in which everything that JSON lacks is a tagged object, so that
a tuple stays a tuple and a set a set. Decoding executes nothing and builds nothing but plain data: a program's claim
about its result is judged on the data alone, whatever ``__eq__``, ``__reduce__`` or ``__class__`` it had.

Left out: objects of other types. They are encoded by the caller's ``other`` (a handle for the judge), or as an
``Opaque`` that equals nothing.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, ItemsView, KeysView, Mapping, Sequence, Set
from typing import Any

__all__ = ["Opaque", "decode", "decoder", "encode", "largest_collection"]

_JSON = json.JSONEncoder(separators=(",", ":"))
_BIG_BITS = 8000  # an int with more digits than Python converts to decimal (4300) travels in hex
_LONGEST_PART = 5000
_ALIKE = 16

Other = Callable[[Any], Any]


class Opaque:
    """A value that is not plain data; it equals nothing."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<{self.name}>"


def encode(value: Any, other: Other | None = None) -> str:
    """The value as tagged JSON text.

    Raises:
        RecursionError: the value nests too deeply or contains itself.
    """
    return _JSON.encode(_tree(value, other))


def _tree(value: Any, other: Other | None) -> Any:
    kind = type(value)
    if value is None or kind is bool or kind is str or kind is float:
        return value
    if kind is int:
        return value if value.bit_length() < _BIG_BITS else {"i": hex(value)}
    if kind is list:
        return [_tree(v, other) for v in value]
    if kind is tuple:
        return {"t": [_tree(v, other) for v in value]}
    if kind is dict:
        return {"d": [[_tree(k, other), _tree(v, other)] for k, v in value.items()]}
    return _rare(value, other)


def _rare(value: Any, other: Other | None) -> Any:
    """Sets, numbers of other kinds, and subclasses, read through the base type's own methods."""
    if isinstance(value, (set, frozenset, KeysView, ItemsView)):
        return {"s": sorted((_tree(v, other) for v in value), key=repr)}
    if isinstance(value, int):
        return _tree(int.__add__(value, 0), other)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (bytes, bytearray)):
        return {"b": bytes(value).hex()}
    if isinstance(value, complex):
        return {"c": [value.real, value.imag]}
    if _is(value, "decimal", "Decimal"):
        return {"D": str(value)}
    if _is(value, "fractions", "Fraction"):
        return {"F": [hex(value.numerator), hex(value.denominator)]}
    if isinstance(value, list):
        return [_tree(v, other) for v in list.__iter__(value)]
    if isinstance(value, tuple):
        return {"t": [_tree(v, other) for v in tuple.__iter__(value)]}
    if isinstance(value, dict):
        return {"d": [[_tree(k, other), _tree(v, other)] for k, v in dict.items(value)]}
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        return _tree(value.item(), other)
    return other(value) if other else {"o": type(value).__name__[:80]}


def _is(value: Any, module: str, name: str) -> bool:
    """Whether it is of a class whose module a child has only where the program imported it."""
    found = sys.modules.get(module)
    return found is not None and isinstance(value, getattr(found, name, ()))


def decoder(
    *,
    tuples_as_lists: bool = False,
    members: int | None = None,
    other: Mapping[str, Callable[[Any], Any]] | None = None,
) -> Callable[[str | bytes], Any]:
    """What reads tagged JSON text: made once, used often.

    It raises ValueError for text that is not tagged JSON, too deep, beyond ``members``, or made to take long; what
    ``encode`` made, or what a hostile program wrote in its place.

    Args:
        tuples_as_lists: JSON expectations know no tuples.
        members: refuse a set or dict with more members: equal hashes would make building it take hours.
        other: what to make of further tags.
    """
    others = other or {}

    def value_of(pairs: list[tuple[str, Any]]) -> Any:
        if len(pairs) != 1:
            msg = "no tagged value"
            raise ValueError(msg)
        tag, content = pairs[0]
        if tag in others:
            return others[tag](content)
        return _tagged(tag, content, tuples_as_lists, members)

    read = json.JSONDecoder(object_pairs_hook=value_of).decode

    def decode(text: str | bytes) -> Any:
        try:
            return read(text if isinstance(text, str) else str(text, "utf-8", "surrogatepass"))
        except (TypeError, ArithmeticError, RecursionError, AttributeError) as error:
            msg = f"not plain data: {type(error).__name__}"
            raise ValueError(msg) from error

    return decode


decode = decoder()
"""The value that tagged JSON text says."""


def _tagged(tag: str, content: Any, tuples_as_lists: bool, members: int | None) -> Any:
    if tag == "t":
        return _listed(content) if tuples_as_lists else tuple(_listed(content))
    if tag in ("s", "d"):
        if members is not None and len(content) > members:
            msg = "more members than expected"
            raise ValueError(msg)
        return set(_spread(_listed(content))) if tag == "s" else _dict(_listed(content))
    if tag == "i":
        return int(content, 16)
    if tag == "b":
        return bytes.fromhex(content)
    if tag == "c":
        return complex(*content)
    if tag == "D":
        from decimal import Decimal

        return Decimal(content)
    if tag == "F":
        from fractions import Fraction

        return Fraction(*(int(_short(part), 16) for part in content))
    if tag == "o":
        return Opaque(str(content))
    msg = "unknown tag"
    raise ValueError(msg)


def _dict(items: list[Any]) -> dict[Any, Any]:
    return dict(zip(_spread([key for key, _ in items]), [value for _, value in items], strict=True))


def _spread(keys: list[Any]) -> list[Any]:
    """The keys, if few share a hash: a set of those that do takes the square of their number. A set in it is frozen."""
    keys = [frozenset(key) if type(key) is set else key for key in keys]
    if len(keys) > _ALIKE and max(Counter(map(hash, keys)).values()) > _ALIKE:
        msg = "keys with equal hashes"
        raise ValueError(msg)
    return keys


def _short(digits: str) -> str:
    """A part of a fraction: to reduce it takes the square of its length."""
    if len(digits) > _LONGEST_PART:
        msg = "a fraction of too many digits"
        raise ValueError(msg)
    return digits


def _listed(content: Any) -> list[Any]:
    if isinstance(content, list):
        return content
    msg = "not a list"
    raise ValueError(msg)


def largest_collection(value: Any) -> int:
    """The most members that any set or dict within the value has: the ``members`` bound for what should equal it."""
    if isinstance(value, Mapping):
        return max([len(value), *(largest_collection(v) for v in (*value.keys(), *value.values()))])
    if isinstance(value, Set):
        return max([len(value), *(largest_collection(v) for v in value)])
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        return max((largest_collection(v) for v in value), default=0)
    return 0
