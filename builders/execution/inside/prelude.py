"""Names that ``stdio`` and ``call`` programs may use without importing them, as their usual judges allow.

LiveCodeBench puts a page of imports in front; LeetCode's ``List`` is defined nowhere. Here they stand in a ``builtins``
module of the programs' own, so the program's line numbers stay its own and no name counts as defined by it. A star
import that would hide a builtin (``math.pow``, ``io.open``, ``re.compile``, ``operator.abs``) is left out: the builtin
stays. ``assert`` programs get none, because the sets they come from (HumanEval, MBPP) import what they use.
"""

import builtins
import importlib
import sys
import types
from typing import Any

__all__ = ["RECURSION_LIMIT", "WITH_PRELUDE", "prelude"]

RECURSION_LIMIT = 50_000
"""What LiveCodeBench's prelude sets; the recursive programs of its models rely on it."""

_STARS = (
    *("string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random", "statistics"),
    *("itertools", "functools", "operator", "io", "json", "typing"),
)
_ALSO = ("sys", "time")


def prelude() -> dict[str, Any]:
    """Later modules win over earlier ones, and a module's own name over what others export (``datetime``, ``copy``)."""
    names: dict[str, Any] = {}
    for name in _STARS:
        module = importlib.import_module(name)
        public = getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")]
        names.update({n: getattr(module, n) for n in public if not hasattr(builtins, n)})
    for name in (*_STARS, *_ALSO):
        names[name] = importlib.import_module(name)
    names["setrecursionlimit"] = sys.setrecursionlimit
    names["maxsize"] = sys.maxsize
    return names


WITH_PRELUDE = types.ModuleType("builtins", builtins.__doc__)
"""``builtins`` as these programs see it, also when they import it; what they change in it changes nothing of ours."""

vars(WITH_PRELUDE).update(vars(builtins) | prelude())
