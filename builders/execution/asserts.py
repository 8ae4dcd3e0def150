"""Reads a block of test code: an assertion of one call with constant arguments becomes a call and what it must give.

In: the text of an ``assert`` test. Out: a ``CallAssert`` whose verdict is reached here, on data; or None, and the block
goes to the judge. Constants are literals and bounded arithmetic on them (``3 * 19``, ``1.0 / 3``, ``set([1, 2])``). A
builtin around the call (``sorted(f(x)) == [1, 2]``) and the bare truth of it (``assert not f(x)``) are left to the
program's process: its result is the program's claim like any other.
"""

import ast
import builtins
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

from dualset.builders.execution.inside.calls import THROUGH

__all__ = ["CallAssert", "names_read", "read_assert"]


class CallAssert(NamedTuple):
    """``relation(through(entry(*args, **kwargs)), expected)``; no ``entry``: nothing is called, and ``holds`` is known.

    ``through`` is one of ``calls.THROUGH``, or None.
    """

    entry: str | None
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}  # noqa: RUF012  # never changed
    through: str | None = None
    relation: Callable[[Any, Any], bool] = operator.eq
    expected: Any = None
    holds: bool = True


_MAX_BITS = 4096
_MOST_MEMBERS = 2000
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_SIGNS: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}
_MAKERS: dict[str, Callable[..., Any]] = {
    "set": set, "frozenset": frozenset, "tuple": tuple, "list": list, "float": float, "int": int, "complex": complex
}  # fmt: skip
_RELATIONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_MIRRORED = {operator.lt: operator.gt, operator.le: operator.ge, operator.gt: operator.lt, operator.ge: operator.le}


class _NotConstant(Exception):
    pass


def read_assert(code: str, own: str | None = None) -> CallAssert | None:
    """The block as one call and its expectation, or None where it is more than that.

    Args:
        code: the block.
        own: the problem's entry point: the one builtin's name that may be the program's function (MBPP has a ``sum``).
    """
    if own in _MAKERS:
        return None
    try:
        statements = ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    kept = [s for s in statements if not isinstance(s, (ast.Import, ast.ImportFrom))]
    if len(kept) != 1 or not isinstance(kept[0], ast.Assert):
        return None
    try:
        return _assertion(kept[0].test, own)
    except (_NotConstant, ArithmeticError, ValueError, TypeError, RecursionError, MemoryError):
        return None


def names_read(code: str, own: str | None = None) -> list[str]:
    """The names in the block that may be the program's: what the judge asks it for.

    A builtin stays a builtin, or a program could pass by defining its own ``abs``.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return sorted(name for name in names if name == own or not hasattr(builtins, name))


def _assertion(test: ast.expr, own: str | None) -> CallAssert:
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in _RELATIONS:
        return _comparison(test.left, _RELATIONS[type(test.ops[0])], test.comparators[0], own)
    truth = True
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, truth = test.operand, not truth
    if isinstance(test, ast.Call) and not _is_maker(test):
        return _call(test, own)._replace(through="bool", expected=truth)
    return CallAssert(None, holds=bool(_constant(test)) == truth)


def _comparison(left: ast.expr, relation: Callable[[Any, Any], bool], right: ast.expr, own: str | None) -> CallAssert:
    if _is_constant(left):
        left, right, relation = right, left, _MIRRORED.get(relation, relation)
    expected = _constant(right)
    if relation in (operator.is_, operator.is_not) and not any(expected is v for v in (True, False, None)):
        raise _NotConstant
    name, inner = _wrapped(left, own)
    if name is None:
        return _call(left, own)._replace(relation=relation, expected=expected)
    if name == "abs" and isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub):
        return _distance(inner, relation, expected, own)
    if name not in THROUGH or relation in (operator.is_, operator.is_not):
        raise _NotConstant
    return _call(inner, own)._replace(through=name, relation=relation, expected=expected)


def _distance(node: ast.BinOp, relation: Callable[[Any, Any], bool], limit: Any, own: str | None) -> CallAssert:
    """``abs(f(x) - 1.5) < 1e-6``."""
    one, other = (node.right, node.left) if _is_constant(node.left) else (node.left, node.right)
    near = _constant(other)
    return _call(one, own)._replace(
        relation=lambda actual, expected: relation(abs(actual - expected), limit), expected=near
    )


def _is_constant(node: ast.expr) -> bool:
    try:
        _constant(node)
    except _NotConstant:
        return False
    return True


def _wrapped(node: ast.expr, own: str | None) -> tuple[str | None, ast.expr]:
    """The builtin that the node calls with one argument, and that argument; None and the node: it calls none."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return None, node
    name = node.func.id
    if name == own or not hasattr(builtins, name):
        return None, node
    if len(node.args) != 1 or node.keywords:
        raise _NotConstant
    return name, node.args[0]


def _call(node: ast.expr, own: str | None) -> CallAssert:
    if not isinstance(node, ast.Call) or _is_maker(node):
        raise _NotConstant
    args = tuple(_constant(arg) for arg in node.args)
    kwargs = {k.arg: _constant(k.value) for k in node.keywords if k.arg is not None}
    if len(kwargs) != len(node.keywords):
        raise _NotConstant
    return CallAssert(_entry(node.func, own), args, kwargs)


def _entry(function: ast.expr, own: str | None) -> str:
    """``f`` or ``Class().method``; a builtin is no program's function."""
    if isinstance(function, ast.Name) and (function.id == own or not hasattr(builtins, function.id)):
        return function.id
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Call):
        made = function.value
        if isinstance(made.func, ast.Name) and not made.args and not made.keywords:
            return f"{made.func.id}().{function.attr}"
    raise _NotConstant


def _is_maker(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id in _MAKERS


def _constant(node: ast.expr) -> Any:
    """The value of a constant expression; each step is bounded, since generated tests are written by models."""
    if isinstance(node, ast.Constant):
        if node.value is Ellipsis:
            raise _NotConstant
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd, ast.Not)):
        value = _constant(node.operand)
        return _SIGNS[type(node.op)](value)
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        made = [_constant(item) for item in node.elts]
        return set(_few(made)) if isinstance(node, ast.Set) else {ast.Tuple: tuple, ast.List: list}[type(node)](made)
    if isinstance(node, ast.Dict):
        return {_constant(_present(k)): _constant(v) for k, v in zip(_few(node.keys), node.values, strict=True)}
    if isinstance(node, ast.BinOp):
        return _arithmetic(node)
    if isinstance(node, ast.Call) and _is_maker(node) and len(node.args) <= 1 and not node.keywords:
        name = node.func.id  # type: ignore[attr-defined]
        given = [_constant(arg) for arg in node.args]
        return _MAKERS[name](*map(_few, given) if name in ("set", "frozenset") else given)
    raise _NotConstant


def _few(members: Any) -> Any:
    """A set's or dict's members, if they are few: with equal hashes, building it takes the square of their number."""
    if len(members) > _MOST_MEMBERS:
        raise _NotConstant
    return members


def _present(key: ast.expr | None) -> ast.expr:
    if key is None:  # {**other}
        raise _NotConstant
    return key


def _arithmetic(node: ast.BinOp) -> Any:
    left, right = _constant(node.left), _constant(node.right)
    apply = _ARITHMETIC.get(type(node.op))
    if apply is operator.add and isinstance(left, str) and isinstance(right, str):
        return left + right
    if apply is None or not _small(left) or not _small(right):
        raise _NotConstant
    if apply is operator.pow and not (isinstance(right, int) and abs(right) <= 64 and _small(left, 64)):
        raise _NotConstant
    return apply(left, right)


def _small(value: Any, bits: int = _MAX_BITS) -> bool:
    return isinstance(value, float) or (isinstance(value, int) and value.bit_length() <= bits)
