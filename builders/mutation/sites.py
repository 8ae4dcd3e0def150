"""Where a program may be changed: every node that an operator has something for, in its place.

In: a syntax tree. Out: the sites, in the order of the tree. Left out: what is no part of what a program answers
(docstrings, annotations, decorators, bases, imports, the main guard, the text of an exception, the literal parts of
f-strings, ``PERFORMANCE_CALLS``).
"""

import ast
from collections import Counter
from collections.abc import Iterator, Set
from typing import NamedTuple

from dualset.builders.mutation.operators import OPERATORS, PERFORMANCE_CALLS, is_main_guard

__all__ = ["Site", "sites_of"]

_SKIPPED = frozenset({"annotation", "bases", "decorator_list", "format_spec", "msg", "returns", "type_params"})
_NOT_ENTERED = (ast.Import, ast.ImportFrom, ast.Raise, ast.Global, ast.Nonlocal)


class Site(NamedTuple):
    """A node in its place, and what may take that place."""

    operator: str
    line: int
    column: int
    parent: ast.AST
    field: str
    at: int | None
    new: ast.AST


def sites_of(tree: ast.Module) -> Iterator[Site]:
    """Every way to change one node, in the order of the tree. No recursion: a tree may be deep."""
    rebound = _rebound(tree)
    waiting: list[tuple[ast.AST, str, int | None, ast.AST, tuple[int, int] | None]] = []

    def enter(node: ast.AST, at: tuple[int, int] | None) -> None:
        waiting.extend((node, field, index, child, at) for field, index, child in reversed(list(_children(node))))

    enter(tree, None)
    last = (1, 0)
    while waiting:
        parent, field, index, node, fixed = waiting.pop()
        last = fixed or _position(node, last)
        for name, operator in OPERATORS.items():
            yield from (Site(name, *last, parent, field, index, new) for new in operator(node, rebound))
        if not isinstance(node, _NOT_ENTERED):
            enter(node, fixed or (last if isinstance(node, ast.JoinedStr) else None))


def _position(node: ast.AST, last: tuple[int, int]) -> tuple[int, int]:
    """Of a node without one (a comprehension's part), where the node before it is."""
    return (node.lineno, node.col_offset) if isinstance(node, (ast.expr, ast.stmt)) else last


def _children(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    """The nodes below that may be changed, each with its place."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring, or what has no effect
    if isinstance(node, ast.Call) and _name_of(node.func) in PERFORMANCE_CALLS:
        return
    for field in node._fields:
        if field in _SKIPPED or (field == "keywords" and isinstance(node, ast.ClassDef)):
            continue
        if field == "test" and is_main_guard(node):
            continue
        value = getattr(node, field, None)
        if isinstance(value, ast.AST):
            yield field, None, value
        elif isinstance(value, list):
            literal = isinstance(node, ast.JoinedStr)
            yield from (
                (field, i, each)
                for i, each in enumerate(value)
                if isinstance(each, ast.AST) and not (literal and isinstance(each, ast.Constant))
            )


def _name_of(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _rebound(tree: ast.Module) -> Set[str]:
    """The names that are bound at more than one place."""
    bound = Counter(n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return {name for name, times in bound.items() if times > 1}
