"""Selectors by name: ``b4(4,3)``, ``codet``, ``codet:weighted``, ``maxpass``, ``dyb4``, as recipes write them.

In: a text. Out: a selector. What is not understood is an error that says what was meant.
"""

import re

from dualset.builders.consensus.b4 import B4
from dualset.builders.consensus.codet import CodeT
from dualset.builders.consensus.dyb4 import DyB4
from dualset.builders.consensus.maxpass import MaxPass
from dualset.builders.consensus.select import Selector
from dualset.builders.errors import RecipeError, did_you_mean

__all__ = ["SELECTORS", "parse_selector"]

SELECTORS = ("b4", "codet", "dyb4", "maxpass")
"""The names; each may be followed by ``:weighted``, and ``b4`` is followed by its two exponents."""

_TEXT = re.compile(r"(?P<name>[^(:]*)(?:\((?P<given>[^)]*)\))?(?::(?P<how>.*))?")


def parse_selector(text: str, *, exclude_zero_signature: bool = False) -> Selector:
    """The selector that this text names.

    Args:
        text: ``maxpass``, ``codet``, ``b4(b,a)`` with decimal exponents (``b4`` alone is ``b4(4,3)``) or ``dyb4``,
            each with ``:weighted`` to count repeated programs and tests as often as they were sampled.
        exclude_zero_signature: never choose programs that pass no test.

    Raises:
        RecipeError: an unknown name, a wrong number of arguments, or an exponent out of range.
    """
    match = _TEXT.fullmatch("".join(text.lower().split()))
    if match is None or match["name"] not in SELECTORS:
        raise _unknown(text, match["name"] if match else text)
    if match["how"] not in (None, "weighted"):
        msg = f"selector {text!r}: {match['how']!r} is no way to count; {did_you_mean(match['how'], ['weighted'])}"
        raise RecipeError(msg)
    weighted = match["how"] is not None
    if match["name"] == "b4":
        return _b4(text, match["given"], weighted, exclude_zero_signature)
    if match["given"] is not None:
        msg = f"selector {text!r}: {match['name']} takes no arguments in brackets, only b4(b,a) does"
        raise RecipeError(msg)
    kinds: dict[str, type[MaxPass | CodeT | DyB4]] = {"maxpass": MaxPass, "codet": CodeT, "dyb4": DyB4}
    return kinds[match["name"]](weighted=weighted, exclude_zero_signature=exclude_zero_signature)


def _unknown(text: str, name: str) -> RecipeError:
    return RecipeError(f"unknown selector {text!r}: {did_you_mean(name, SELECTORS)}; for example b4(4,3)")


def _b4(text: str, given: str | None, weighted: bool, exclude_zero_signature: bool) -> B4:
    default = B4(weighted=weighted, exclude_zero_signature=exclude_zero_signature)
    if given is None:
        return default
    try:
        b, a = (float(each) for each in given.split(","))
        return B4(b=b, a=a, weighted=weighted, exclude_zero_signature=exclude_zero_signature)
    except ValueError as error:
        msg = f"selector {text!r}: b4 takes two decimal exponents, for example b4(4,3) for β0 = 10,000 and α = 1,000"
        raise RecipeError(msg) from error
