"""Programs whose function is called: the program is loaded once and each test is one call.

All calls of one program share its namespace, as in the harnesses that HumanEval, MBPP and LiveCodeBench come with; a
``Solution`` is made anew for each call, as LeetCode does. ``__name__`` is not ``__main__``, so a main guard, which
would wait for input, does not run.
"""

import builtins
import json
import sys
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dualset.builders.execution.inside.failure import describe
from dualset.builders.execution.inside.values import decode, encode

if TYPE_CHECKING:
    from dualset.builders.execution.inside.child import Reporter

__all__ = ["answer", "entry", "load"]


def load(code: types.CodeType) -> dict[str, Any]:
    """Run the program's top level; its namespace. Raises whatever the program raises."""
    module = types.ModuleType("program")
    sys.modules["program"] = module
    names = module.__dict__
    names["__builtins__"] = builtins
    exec(code, names)
    return names


def entry(names: dict[str, Any], path: str) -> Callable[..., Any]:
    """What an entry point names: ``f``, ``Class().method``, or the method ``f`` of a class ``Solution``.

    Raises:
        NameError, AttributeError: the program does not define it.
    """
    head, _, method = path.partition("().")
    if method:
        return getattr(_name(names, head)(), method)  # type: ignore[no-any-return]
    solution = names.get("Solution")
    if isinstance(solution, type) and hasattr(solution, head):
        return getattr(solution(), head)  # type: ignore[no-any-return]
    return _name(names, head)  # type: ignore[no-any-return]


def _name(names: dict[str, Any], name: str) -> Any:
    if name in names:
        return names[name]
    msg = f"name {name!r} is not defined"
    raise NameError(msg)


def answer(names: dict[str, Any], cases: list[dict[str, Any]], report: "Reporter", longest: int) -> None:
    """One report a test; the body is the encoded result."""
    for case in cases:
        report.begin()
        if "entry" not in case:  # a test that calls nothing: loading was all
            report.test("ok")
            continue
        args, kwargs = _arguments(case)
        try:
            result = entry(names, case["entry"])(*args, **kwargs)
            body = encode(result).encode("ascii")
        except BaseException as error:  # noqa: BLE001  # whatever a program raises is data
            report.test("error", error=describe(error))
            continue
        report.test("long" if len(body) > longest else "ok", body[:longest])


def _arguments(case: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    if "json" in case:
        return json.loads(case["json"]), {}
    return decode(case["args"]), decode(case["kwargs"])
