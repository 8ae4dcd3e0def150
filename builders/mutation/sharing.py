"""Whether the mutants of a program may share a process: not where one could leave something behind for the next, nor
where one may well run forever, since a process that a mutant does not get through is lost with the time it has taken.

In: a program and the style of its tests. Out: yes or no. Each mutant has a namespace and streams of its own anyway;
what a stdio program changes of the recursion limit, ``random``, ``decimal`` and builtins the sandbox puts back.
"""

import ast
import re

from dualset.builders.dataset.words import Style
from dualset.builders.problems.python_text import parse_python

__all__ = ["has_while", "may_share"]

_NEVER = re.compile(
    r"\b(?:asyncio|chdir|environ|gc|globals|locale|modules|multiprocessing|setattr|setprofile|settrace|signal|warnings)\b"
)
_NOT_IF_CALLED = re.compile(r"\b(?:builtins|decimal|random|setrecursionlimit|threading)\b")


def may_share(code: str, style: Style) -> bool:
    """Whether nothing in the program's text speaks of what outlives it in a process."""
    if _NEVER.search(code) or (style != Style.STDIO and _NOT_IF_CALLED.search(code)):
        return False
    tree = parse_python(code)
    return tree is not None and not _changes_a_module(tree, style)


def has_while(code: str) -> bool:
    """Whether there is a ``while`` loop in it: of the mutants of such programs one in five runs into its limit, of
    those of others one in 500 (references of HumanEval and MBPP).
    """
    tree = parse_python(code)
    return tree is not None and any(isinstance(node, ast.While) for node in ast.walk(tree))


def _changes_a_module(tree: ast.Module, style: Style) -> bool:
    """``sys.stdin = ...`` is put back for stdio programs."""
    imported = {
        alias.asname or alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    } - ({"sys"} if style == Style.STDIO else set())
    stored = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store))
    return any(isinstance(node.value, ast.Name) and node.value.id in imported for node in stored)
