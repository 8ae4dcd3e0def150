"""What a problem's ``checker`` asks for: the rule by which a result is compared with what was expected.

In: the checker's text. Out: a ``Checker`` with a rule for printed texts, one for returned values, or the source of a
program that decides. One line, or a program:

- nothing: the style's usual rule (``compare.py``);
- ``exact``: byte for byte; a single line end at the end does not count. Values: the same types all through;
- ``whitespace``: the same tokens as text. Printed texts only;
- ``float:TOL``: the usual rule, with numbers equal that differ by at most TOL, absolutely or relative to the expected;
- ``unordered``: the lines, or the elements of the outer list, in any order, each compared by the usual rule;
- ``python``, and after that line a program that defines ``check(input, expected, actual)``: it returns a bool. It runs
  in a jail of its own (``checker_jail.py``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

from dualset.builders.errors import ExecutionError
from dualset.builders.execution.compare import exact_text, exact_value, same_text, same_tokens, values_equal
from dualset.builders.execution.inside.values import Opaque
from dualset.builders.execution.unordered import same_items, same_lines

__all__ = ["Ask", "Checker", "CheckerFault", "no_jail", "plain", "read_checker"]

TextRule = Callable[[str, str], bool]
"""Whether the first, which a program printed, is as the second says."""
ValueRule = Callable[[Any, Any], bool]
"""Whether the first, which a program returned, is as the second says."""
Ask = Callable[[str, list[Any]], bool]
"""Have a checker program, the first, decide on input, expected and actual; or raise ``CheckerFault``."""


class CheckerFault(Exception):
    """A checker program did not decide; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checker:
    """A rule for each way of giving an answer; None: the checker has none for it.

    Attributes:
        texts: for what was printed.
        values: for what was returned.
        program: the source of a checker program, which goes before both.
    """

    texts: TextRule | None = None
    values: ValueRule | None = None
    program: str | None = None


_RULES = {
    "": Checker(texts=same_text, values=values_equal),
    "exact": Checker(texts=exact_text, values=exact_value),
    "whitespace": Checker(texts=same_tokens),
    "unordered": Checker(texts=same_lines, values=same_items),
}
_KNOWN = "exact, whitespace, unordered, float:TOL such as float:1e-6, or a line 'python' and a program with check()"


def read_checker(text: str | None) -> Checker:
    """The checker that a problem names.

    Raises:
        ExecutionError: it is not known.
    """
    first, _, rest = (text or "").partition("\n")
    name, _, value = first.strip().partition(":")
    if first.strip() == "python" and rest.strip():
        return Checker(program="\n" + rest)  # its line numbers are those of the whole text
    if rest.strip():
        raise _unknown(text)
    if name == "float":
        tolerance = _tolerance(value)
        if tolerance is not None:
            return Checker(
                texts=partial(same_text, tolerance=tolerance), values=partial(values_equal, tolerance=tolerance)
            )
    if first.strip() not in _RULES:
        raise _unknown(text)
    return _RULES[first.strip()]


def _tolerance(value: str) -> float | None:
    try:
        tolerance = float(value)
    except ValueError:
        return None
    return tolerance if 0 <= tolerance < 1 else None


def _unknown(text: str | None) -> ExecutionError:
    seen = text if text is None or len(text) <= 60 else text[:57] + "..."
    return ExecutionError(f"unknown checker {seen!r}: known are {_KNOWN}")


def no_jail(source: str, arguments: list[Any]) -> bool:
    """An ``Ask`` for where no checker program can be run."""
    msg = "checker programs cannot be run here"
    raise CheckerFault(msg)


def plain(value: Any) -> Any:
    """A decoded result as a checker program is given it: Python's plain types, a Decimal or a Fraction as a float.

    Raises:
        ValueError: an object of another type is in it; no checker is asked about that.
        ArithmeticError: a number that no float can be.
    """
    if isinstance(value, list | tuple | set | frozenset):  # the keys of a dictionary are tuples and frozen sets
        return type(value)(plain(each) for each in value)
    if isinstance(value, dict):
        return {plain(key): plain(each) for key, each in value.items()}
    if isinstance(value, Opaque):
        msg = f"{value!r} is not plain data"
        raise ValueError(msg)
    return float(value) if isinstance(value, (Decimal, Fraction)) else value
