"""Programs in a normal form, so that the same program is found again under other comments, blanks and imports.

In: a code text, and what its problem's tests call. Out: its `Form`, or None where it is not Python. The form is the
syntax tree without comments, docstrings and other bare constants, annotations, imports, and top-level definitions and
assignments that what is run does not reach (such as helpers that a source puts before every reference). What is run:
the entry point, or, where tests speak by stdin, the other top-level statements. Names, order and constants stay: a
program with a variable renamed is another one. Left out: code in other languages or Python 2, and top-level loops that
fill a table for the entry point: they bind nothing.
"""

import ast
from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

from dualset.builders.problems.python_text import parse_python

__all__ = ["Form", "form_of"]

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Form(NamedTuple):
    """A program's normal form: its digest (16 bytes), how many nodes it has, and the names that it reads and binds."""

    digest: bytes
    nodes: int
    names: frozenset[str]


def form_of(code: str, entry_point: str | None) -> Form | None:
    """The normal form; None: it does not parse, or is nested too deeply to be written down.

    Args:
        code: the program.
        entry_point: the function or ``Class().method`` that tests call; None: it is run as a script.
    """
    tree = parse_python(code)
    if tree is None:
        return None
    _strip(tree)
    tree.body = _reached(tree.body, entry_point)
    try:
        text = ast.dump(tree)
    except RecursionError:
        return None
    nodes = [node for node in ast.walk(tree) if not isinstance(node, ast.expr_context)]
    names = frozenset(name for node in nodes for name in _names(node))
    return Form(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest(), len(nodes), names)


def _strip(tree: ast.Module) -> None:
    """Take out what does not change what the program does, in place."""
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            if isinstance(block := getattr(node, field, None), list):
                setattr(node, field, [_plain(each) for each in block if not _idle(each)])
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = node.type_comment = None
        elif isinstance(node, ast.arg):
            node.annotation = None


def _idle(node: ast.stmt) -> bool:
    """An import, a docstring or another bare constant, ``pass``, or an annotation that binds nothing."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Import | ast.ImportFrom | ast.Pass) or (
        isinstance(node, ast.AnnAssign) and node.value is None
    )


def _plain(node: ast.stmt) -> ast.stmt:
    """``x: int = 1`` as ``x = 1``."""
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return ast.copy_location(ast.Assign(targets=[node.target], value=node.value), node)
    return node


def _reached(body: list[ast.stmt], entry_point: str | None) -> list[ast.stmt]:
    """The top-level statements that are run, and those that bind what they read, in order."""
    bound = [_bound(node) for node in body]
    entry = entry_point.partition(".")[0].removesuffix("()") if entry_point else None
    kept = {i for i, names in enumerate(bound) if (entry in names if entry else not names)}
    if not kept:  # nothing has that name, or a script that only defines: all of it counts
        return body
    waiting = list(kept)
    while waiting:
        read = {node.id for node in ast.walk(body[waiting.pop()]) if isinstance(node, ast.Name)}
        new = {i for i, names in enumerate(bound) if names & read} - kept
        kept |= new
        waiting += new
    return [body[i] for i in sorted(kept)]


def _bound(node: ast.stmt) -> set[str]:
    """The names that a definition or an assignment to plain names binds; of any other statement none."""
    if isinstance(node, _Definition):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else []
    names = {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}
    plain = all(
        isinstance(each, ast.Name | ast.Tuple | ast.List | ast.expr_context) for t in targets for each in ast.walk(t)
    )
    return names if plain else set()


def _names(node: ast.AST) -> Iterator[str]:
    """Each stands in the text as a word of its own."""
    for field in ("id", "attr", "arg"):
        if isinstance(name := getattr(node, field, None), str):
            yield name
    if isinstance(node, _Definition):
        yield node.name
