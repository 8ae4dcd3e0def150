"""Programs whose function is called: the program is loaded once and each test is one call.

All calls of one program share its namespace, as in the harnesses that HumanEval, MBPP and LiveCodeBench come with; a
``Solution`` is made anew for each call, as LeetCode does. ``__name__`` is not ``__main__``, so a main guard, which
would wait for input, does not run.
"""

import sys
import types
from collections.abc import Callable
from typing import Any

from dualset.builders.execution.inside.failure import describe
from dualset.builders.execution.inside.records import LONG, OK, RAISED, Pen
from dualset.builders.execution.inside.values import encode

__all__ = ["THROUGH", "answer", "entry", "load"]

Case = tuple[str | None, list[Any], dict[str, Any], str | None]
"""What is called (None: nothing; loading was all), its positional and its keyword arguments, and what its result goes
through (a name of ``THROUGH``, None: nothing)."""

THROUGH: dict[str, Callable[[Any], Any]] = {
    f.__name__: f for f in (bool, float, frozenset, int, len, list, set, sorted, str, sum, tuple)
}
"""Builtins that a test may put around a call."""


def load(code: types.CodeType, builtins: types.ModuleType) -> dict[str, Any]:
    """Run the program's top level; its namespace. Raises whatever the program raises."""
    module = types.ModuleType("program")
    sys.modules["program"] = module
    names = module.__dict__
    names["__builtins__"] = builtins
    exec(code, names)
    return names


def entry(names: dict[str, Any], path: str, *, plain_first: bool) -> Callable[..., Any]:
    """What an entry point names: ``f``, ``Class().method``, or the method ``f`` of a class ``Solution``.

    Args:
        names: the program's.
        path: the entry point.
        plain_first: a function ``f`` goes before such a method, as in a test that says ``f(1)``.

    Raises:
        NameError, AttributeError: the program does not define it.
    """
    head, _, method = path.partition("().")
    if method:
        return getattr(_name(names, head)(), method)  # type: ignore[no-any-return]
    solution = names.get("Solution")
    if isinstance(solution, type) and hasattr(solution, head) and not (plain_first and head in names):
        return getattr(solution(), head)  # type: ignore[no-any-return]
    return _name(names, head)  # type: ignore[no-any-return]


def _name(names: dict[str, Any], name: str) -> Any:
    if name in names:
        return names[name]
    msg = f"name {name!r} is not defined"
    raise NameError(msg)


def answer(names: dict[str, Any], cases: list[Case], pen: Pen, longest: int, *, plain_first: bool) -> None:
    """One record a test; the body is the encoded result."""
    for path, args, kwargs, through in cases:
        pen.begin()
        if path is None:
            pen.write(OK)
            continue
        try:
            result = entry(names, path, plain_first=plain_first)(*args, **kwargs)
            body = encode(THROUGH[through](result) if through else result).encode("ascii")
        except BaseException as error:  # noqa: BLE001  # whatever a program raises is data
            pen.write(RAISED, error=describe(error))
            continue
        if len(body) > longest:
            pen.write(LONG, body[:longest])
        else:
            pen.write(OK, body)
