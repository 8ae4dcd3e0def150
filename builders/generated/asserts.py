"""One assert: read alone, judged by rule as a test of the program, and written in one normal form.

In: the text of a statement, and the name of the function that a problem asks for. Out: its syntax tree; why it says
nothing about the program; its normal form, which is the same for every layout, quote mark and number spelling. The
message after the comma is left out: it decides nothing. Left out: whether the test is right, which only a run can say,
and names that nobody defines.
"""

import ast
import builtins
import warnings
from collections.abc import Iterator

from dualset.builders.generated.reasons import Reason
from dualset.builders.problems.python_text import parse_python

__all__ = ["DEEPEST", "fault_of", "normal_form", "one_assert", "runs"]

DEEPEST = 100
"""Levels of a syntax tree, or of JSON."""

_LOOKING = ("callable", "dir", "getattr", "hasattr", "hash", "id", "isinstance", "repr", "str", "type", "vars")
"""Builtins that look at a function without calling it."""
_DISPLAYS = (ast.List, ast.Tuple, ast.Set)


def one_assert(text: str) -> ast.Assert | None:
    """The syntax tree of a text that is one assert and compiles alone; None for any other."""
    tree = parse_python(text)
    if tree is None or len(tree.body) != 1 or not isinstance(tree.body[0], ast.Assert) or not _shallow(tree):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "assertion is always true"
        try:
            compile(tree, "<test>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
            return None
    return tree.body[0]


def normal_form(test: ast.expr) -> str | None:
    """``assert`` and the expression as ``ast.unparse`` writes it; None where that would not read back as the same."""
    try:
        code = f"assert {ast.unparse(test)}"
    except (ValueError, RecursionError):
        return None
    again = one_assert(code)
    return code if again is not None and ast.dump(again.test) == ast.dump(test) else None


def fault_of(test: ast.expr, entry_point: str | None) -> Reason | None:
    """Why an assert is no test of the program, by these rules; None where it is one.

    ``not_the_program``: it neither calls the entry point nor hands it to a call that may (``map(f, …)``); or it gives
    the entry point's name another meaning. Without an entry point, it calls nothing but builtins. ``says_nothing``: its
    truth is known from its form: a constant, ``(f(1) == 2, "text")``, ``f(1) == f(1)``, ``… or True``. ``malformed``:
    it has an f-string, which each version of Python writes in its own way, so that it has no normal form.
    """
    name = entry_point and entry_point.rpartition(".")[2]
    nodes = list(ast.walk(test))
    if not _asks(nodes, name):
        return Reason.NOT_THE_PROGRAM
    if any(isinstance(node, ast.JoinedStr) for node in nodes):
        return Reason.MALFORMED
    return None if _truth(test) is None else Reason.SAYS_NOTHING


def runs(node: ast.expr, name: str) -> bool:
    """Whether the expression is the function of this name: ``f``, ``solution.f`` or ``Solution().f``."""
    if isinstance(node, ast.Name):
        return node.id == name
    if not isinstance(node, ast.Attribute) or node.attr != name:
        return False
    owner = node.value
    if isinstance(owner, ast.Call) and not owner.args and not owner.keywords:
        owner = owner.func
    return isinstance(owner, ast.Name)


def _shallow(tree: ast.AST) -> bool:
    """Whether it is no deeper than a test may be. Text literals lose their ``u``, which says nothing."""
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        for node in level:
            if isinstance(node, ast.Constant):
                node.kind = None
        if not level:
            return True
    return False


def _asks(nodes: list[ast.AST], name: str | None) -> bool:
    if name is not None and any(name in _bound(node) for node in nodes):
        return False
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    if name is None:
        return any(isinstance(call.func, ast.Name) and not hasattr(builtins, call.func.id) for call in calls)
    return any(runs(call.func, name) or any(runs(each, name) for each in _handed(call)) for call in calls)


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id


def _handed(call: ast.Call) -> Iterator[ast.expr]:
    """What a call is given, where it may call that."""
    if isinstance(call.func, ast.Name) and call.func.id in _LOOKING:
        return
    yield from call.args
    yield from (keyword.value for keyword in call.keywords)


def _truth(node: ast.expr) -> bool | None:
    """What the expression's truth is, whatever the program gives back, as far as its form tells."""
    if isinstance(node, ast.Constant):
        return bool(node.value)
    if isinstance(node, _DISPLAYS):
        return True if any(not isinstance(each, ast.Starred) for each in node.elts) else None if node.elts else False
    if isinstance(node, ast.Dict):
        return True if any(key is not None for key in node.keys) else None if node.keys else False
    if isinstance(node, ast.Lambda | ast.GeneratorExp):
        return True
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        truth = _truth(node.operand)
        return None if truth is None else not truth
    if isinstance(node, ast.NamedExpr):
        return _truth(node.value)
    return _truth_of_several(node)


def _truth_of_several(node: ast.expr) -> bool | None:
    if isinstance(node, ast.BoolOp):
        decides = isinstance(node.op, ast.Or)
        truths = [_truth(value) for value in node.values]
        return decides if decides in truths else None if None in truths else not decides
    if isinstance(node, ast.IfExp):
        one, other = _truth(node.body), _truth(node.orelse)
        return one if one == other else None
    if isinstance(node, ast.Compare) and all(isinstance(op, ast.Eq | ast.Is | ast.LtE | ast.GtE) for op in node.ops):
        return _alike([node.left, *node.comparators]) or None
    return None


def _alike(sides: list[ast.expr]) -> bool:
    """Whether all are written alike."""
    return len(set(map(type, sides))) == 1 and len(set(map(ast.dump, sides))) == 1
