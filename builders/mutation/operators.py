"""The mutation operators: each makes small faults of one kind in one node of a syntax tree.

In: a node. Out: nodes that may stand in its place; the node itself is never changed. An operator knows nothing of where
its node stands: what is left alone (docstrings, annotations, imports, decorators) is the engine's affair. Left out, as
nearly every test would find them: an operand that cannot be what the new operator needs (``"a" - x``), and deleting the
only assignment to a name.
"""

import ast
from collections.abc import Callable, Iterator, Set
from copy import copy
from typing import Any

__all__ = ["MUTATION_VERSION", "OPERATORS", "PERFORMANCE_CALLS", "is_main_guard"]

MUTATION_VERSION = "1"
"""Part of what identifies a set of mutants: raise it when the mutants of some program change."""

PERFORMANCE_CALLS = frozenset({"setrecursionlimit", "stack_size", "set_int_max_str_digits"})
"""Calls that decide how far a program gets and not what it answers: neither deleted nor changed."""

Made = Iterator[ast.AST]
Operator = Callable[[ast.AST, Set[str]], Made]
"""From a node, and the names that the program binds more than once, to what may stand in the node's place."""

_ARITHMETIC: dict[type[ast.AST], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}
_BOUNDARY: dict[type[ast.AST], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
_OPPOSITE: dict[type[ast.AST], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_BUILTIN_TWINS = {"min": "max", "max": "min", "any": "all", "all": "any"}
_METHOD_TWINS = {
    "appendleft": "append",  # a list has only the other
    "bisect_left": "bisect_right",
    "bisect_right": "bisect_left",
    "ceil": "floor",
    "endswith": "startswith",
    "floor": "ceil",
    "intersection": "union",
    "lower": "upper",
    "lstrip": "rstrip",
    "popleft": "pop",
    "rstrip": "lstrip",
    "startswith": "endswith",
    "union": "intersection",
    "upper": "lower",
}
_NO_INDEX = frozenset({"int", "str", "float", "bool", "bytes", "complex", "object", "Any"})
_CONTAINERS = (ast.List, ast.Tuple, ast.ListComp, ast.JoinedStr, ast.Dict, ast.Set, ast.DictComp, ast.SetComp)


def _with(node: ast.AST, **fields: Any) -> ast.AST:
    made = copy(node)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def _at(items: list[Any], index: int, item: Any) -> list[Any]:
    return [*items[:index], item, *items[index + 1 :]]


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)))


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _arithmetic(node: ast.AST, rebound: Set[str]) -> Made:
    if not isinstance(node, ast.BinOp):
        return
    sides = (node.left, node.right)
    if isinstance(node.op, ast.Add) and any(_is_text(side) or isinstance(side, _CONTAINERS) for side in sides):
        return
    if isinstance(node.op, ast.Mod) and _is_text(node.left):
        return
    if isinstance(node.op, ast.Mult) and any(_is_text(side) or isinstance(side, _CONTAINERS) for side in sides):
        return
    yield _with(node, op=_ARITHMETIC[type(node.op)]())


def _augmented(node: ast.AST, rebound: Set[str]) -> Made:
    if isinstance(node, ast.AugAssign) and not _is_text(node.value) and not isinstance(node.value, _CONTAINERS):
        yield _with(node, op=_ARITHMETIC[type(node.op)]())


def _plain_assignment(node: ast.AST, rebound: Set[str]) -> Made:
    if isinstance(node, ast.AugAssign):
        yield ast.Assign(targets=[node.target], value=node.value, lineno=node.lineno)


def _compared(node: ast.AST, table: dict[type[ast.AST], type[ast.cmpop]]) -> Made:
    if isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            if type(op) in table:
                yield _with(node, ops=_at(node.ops, i, table[type(op)]()))


def _comparison_boundary(node: ast.AST, rebound: Set[str]) -> Made:
    return _compared(node, _BOUNDARY)


def _comparison_opposite(node: ast.AST, rebound: Set[str]) -> Made:
    return _compared(node, _OPPOSITE)


def _connective(node: ast.AST, rebound: Set[str]) -> Made:
    if isinstance(node, ast.BoolOp):
        yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())


def is_main_guard(node: ast.AST) -> bool:
    """Whether it is ``if __name__ == "__main__":``."""
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Compare)
        and any(isinstance(each, ast.Name) and each.id == "__name__" for each in ast.walk(node.test))
    )


def _negatable(test: ast.expr) -> bool:
    """Another operator gives the opposite of a comparison, of ``not x`` and of ``True``."""
    if isinstance(test, ast.Compare):
        return len(test.ops) > 1
    return not isinstance(test, ast.Constant) and not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not))


def _negate_condition(node: ast.AST, rebound: Set[str]) -> Made:
    if isinstance(node, (ast.If, ast.While, ast.IfExp, ast.Assert)) and _negatable(node.test):
        yield _with(node, test=_not(node.test))
    if isinstance(node, ast.comprehension):
        for i, test in enumerate(node.ifs):
            if _negatable(test):
                yield _with(node, ifs=_at(node.ifs, i, _not(test)))
    if isinstance(node, ast.match_case) and node.guard and _negatable(node.guard):
        yield _with(node, guard=_not(node.guard))


def _not(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(op=ast.Not(), operand=test)


def _remove_not(node: ast.AST, rebound: Set[str]) -> Made:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand


def _remove_sign(node: ast.AST, rebound: Set[str]) -> Made:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Invert)):
        yield node.operand


def _stepped(node: ast.AST, step: int) -> Made:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        value = node.value + step
        number = ast.Constant(abs(value))
        yield ast.UnaryOp(op=ast.USub(), operand=number) if value < 0 else number  # "-1 ** 2" would be another thing


def _number_up(node: ast.AST, rebound: Set[str]) -> Made:
    return _stepped(node, 1)


def _number_down(node: ast.AST, rebound: Set[str]) -> Made:
    return _stepped(node, -1)


def _boolean(node: ast.AST, rebound: Set[str]) -> Made:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)


def _text(node: ast.AST, rebound: Set[str]) -> Made:
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
        filled: str | bytes = "?" if isinstance(node.value, str) else b"?"
        yield ast.Constant(type(node.value)() if node.value else filled)


def _loop_control(node: ast.AST, rebound: Set[str]) -> Made:
    if isinstance(node, ast.Break):
        yield ast.Continue()
    if isinstance(node, ast.Continue):
        yield ast.Break()


def _return_none(node: ast.AST, rebound: Set[str]) -> Made:
    if isinstance(node, ast.Return) and node.value and not _is_none(node.value):
        yield ast.Return(value=ast.Constant(None))


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _off_by_one(node: ast.AST, rebound: Set[str]) -> Made:
    """One more in an index, a slice's bound or a range's end; where a number is written there, ``number_*`` does it."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        yield from (_with(node, slice=each) for each in _slices(node.slice))
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, (ast.Name, ast.BinOp, ast.Attribute)):
        name = node.slice.id if isinstance(node.slice, ast.Name) else ""
        if name not in _NO_INDEX and _can_step(node.slice):
            yield _with(node, slice=_one_more(node.slice))
    elif isinstance(node, ast.Call) and _called(node) == "range" and node.args:
        last = min(1, len(node.args) - 1)
        if _can_step(node.args[last]):
            yield _with(node, args=_at(node.args, last, _one_more(node.args[last])))


def _slices(bounds: ast.Slice) -> Made:
    for name, missing in (("lower", ast.Constant(1)), ("upper", ast.UnaryOp(op=ast.USub(), operand=ast.Constant(1)))):
        bound = getattr(bounds, name)
        if bound is not None:
            if _can_step(bound):
                yield _with(bounds, **{name: _one_more(bound)})
        elif bounds.step is None and (bounds.lower or bounds.upper):
            yield _with(bounds, **{name: missing})


def _can_step(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return _can_step(node.operand)
    if isinstance(node, ast.BinOp):
        return not _is_number(node.left) and not _is_number(node.right)
    return not isinstance(node, (ast.Constant, ast.Starred, *_CONTAINERS))


def _one_more(node: ast.expr) -> ast.expr:
    return ast.BinOp(left=node, op=ast.Add(), right=ast.Constant(1))


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _call_twin(node: ast.AST, rebound: Set[str]) -> Made:
    """``min`` for ``max`` and the like; ``list`` for ``sorted``."""
    if not isinstance(node, ast.Call):
        return
    if isinstance(node.func, ast.Name) and node.func.id == "sorted" and len(node.args) == 1:
        yield ast.Call(func=ast.Name("list", ast.Load()), args=node.args, keywords=[])
    elif isinstance(node.func, ast.Name) and node.func.id in _BUILTIN_TWINS:
        yield _with(node, func=ast.Name(_BUILTIN_TWINS[node.func.id], ast.Load()))
    elif isinstance(node.func, ast.Attribute) and node.func.attr in _METHOD_TWINS:
        yield _with(node, func=_with(node.func, attr=_METHOD_TWINS[node.func.attr]))


def _delete_statement(node: ast.AST, rebound: Set[str]) -> Made:
    """A call, a raise, an update, or an assignment that is not the only one to its names."""
    if isinstance(node, ast.Expr):
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        gone = isinstance(call, ast.Call) and _called(call) not in PERFORMANCE_CALLS
    elif isinstance(node, ast.Assign):
        gone = all(_assigned_elsewhere(target, rebound) for target in node.targets)
    else:
        gone = isinstance(node, (ast.AugAssign, ast.Raise))
    if gone:
        yield ast.Pass()


def _assigned_elsewhere(target: ast.expr, rebound: Set[str]) -> bool:
    if isinstance(target, ast.Starred):
        return _assigned_elsewhere(target.value, rebound)
    if isinstance(target, (ast.Tuple, ast.List)):
        return all(_assigned_elsewhere(each, rebound) for each in target.elts)
    return target.id in rebound if isinstance(target, ast.Name) else isinstance(target, ast.Subscript)


OPERATORS: dict[str, Operator] = {
    "arithmetic": _arithmetic,
    "augmented": _augmented,
    "boolean": _boolean,
    "call_twin": _call_twin,
    "comparison_boundary": _comparison_boundary,
    "comparison_opposite": _comparison_opposite,
    "connective": _connective,
    "delete_statement": _delete_statement,
    "loop_control": _loop_control,
    "negate_condition": _negate_condition,
    "number_down": _number_down,
    "number_up": _number_up,
    "off_by_one": _off_by_one,
    "plain_assignment": _plain_assignment,
    "remove_not": _remove_not,
    "remove_sign": _remove_sign,
    "return_none": _return_none,
    "text": _text,
}
"""By name, sorted; a mutant says by which of them it was made."""
