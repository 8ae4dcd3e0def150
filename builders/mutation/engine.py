"""Mutants of a program: the same program with one small fault each.

In: a program's text, a cap and a seed. Out: mutants in the order of the text. Functions, classes and statements at the
top level alike. A mutant's text is what ``ast.unparse`` writes of the changed tree, so comments and layout go, in the
mutants and not in the program; two that are written alike are one, and one that is written like the program is none.
Every mutant compiles.

Not mutated: docstrings, annotations, decorators, bases of classes, imports, ``if __name__ == ...``, the text of an
exception, the literal parts of f-strings, and calls such as ``sys.setrecursionlimit`` (``PERFORMANCE_CALLS``).

With a cap, mutants are taken in an order that the seed gives and that spreads them over operators and lines: a larger
cap gives the same mutants and more. The same on each run; on another version of Python at most the spelling differs
(f-strings).
"""

import ast
import hashlib
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any, NamedTuple

from dualset.builders.mutation.operators import OPERATORS, PERFORMANCE_CALLS, is_main_guard

__all__ = [
    "DEFAULT_CAP",
    "MOST",
    "MOST_CHARACTERS",
    "MOST_DEEP",
    "Mutant",
    "Mutants",
    "chosen",
    "compiles",
    "mutants",
    "unfit",
]

DEFAULT_CAP = 20
"""Mutants of a program where nothing else is said: on HumanEval 13.7 a function (ZeroCoder: 13.4)."""
MOST = 1000
"""Mutants of a program at most, without a cap."""
MOST_CHARACTERS = 50_000
"""A longer text gets no mutants: each costs writing and compiling the whole."""
MOST_DEEP = 150
"""A deeper tree gets none either: how deep Python can go depends on its version and on who is calling."""

_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
_SKIPPED = frozenset({"annotation", "bases", "decorator_list", "format_spec", "msg", "returns", "type_params"})
_NOT_ENTERED = (ast.Import, ast.ImportFrom, ast.Raise, ast.Global, ast.Nonlocal)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mutant:
    """A program with one fault.

    Attributes:
        code: its text.
        operator: what made it: a name in ``OPERATORS``, or ``mutmut:`` and the name of one of its operators.
        line: of the program, from 1, where the fault is.
        column: from 0, in UTF-8 bytes, as in ``ast``; in an f-string its beginning.
    """

    code: str
    operator: str
    line: int
    column: int


class Mutants(NamedTuple):
    """The mutants of a program, and why there are none where the program could not be read."""

    found: tuple[Mutant, ...]
    reason: str | None = None


class _Site(NamedTuple):
    """A node in its place, and what may take that place."""

    operator: str
    line: int
    column: int
    parent: ast.AST
    field: str
    at: int | None
    new: ast.AST


def mutants(code: str, *, cap: int | None = DEFAULT_CAP, seed: int = 0) -> Mutants:
    """Make a program's mutants.

    Args:
        code: the program.
        cap: at most so many; None: all, up to ``MOST``.
        seed: of the order in which a cap takes them.
    """
    reason = unfit(code)
    if reason:
        return Mutants((), reason)
    tree = _parsed(code)
    original, sites = ast.unparse(tree), list(_sites(tree))
    order = chosen([(site.operator, site.line) for site in sites], code, seed)
    made = _made(tree, [sites[i] for i in order], original, MOST if cap is None else min(cap, MOST))
    return Mutants(tuple(sorted(made, key=lambda each: (each.line, each.column, each.operator, each.code))))


def chosen(kinds: Sequence[tuple[str, int]], code: str, seed: int) -> list[int]:
    """The indices of sites in the order that a cap takes them, each operator and each line in turn.

    Args:
        kinds: operator and line of each site.
        code: the program: with it the order of two programs differs.
        seed: gives another order.
    """
    salt = hashlib.sha256(f"{seed}\n{code}".encode("utf-8", "surrogatepass")).hexdigest()
    draw = [hashlib.sha256(f"{salt}:{operator}:{i}".encode()).digest() for i, (operator, _) in enumerate(kinds)]
    turns: dict[int, int] = defaultdict(int)
    for axis in (0, 1):
        seen: Counter[Any] = Counter()
        for i in sorted(range(len(kinds)), key=draw.__getitem__):
            turns[i] += seen[kinds[i][axis]]
            seen[kinds[i][axis]] += 1
    return sorted(range(len(kinds)), key=lambda i: (turns[i], draw[i]))


def _parsed(code: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(code)


def unfit(code: str) -> str | None:
    """Why this program is not mutated; None: it is."""
    if len(code) > MOST_CHARACTERS:
        return f"the program has {len(code):,} characters: at most {MOST_CHARACTERS:,} are mutated"
    try:
        deep = _depth(_parsed(code))
        if deep > MOST_DEEP:
            return f"the program nests {deep:,} levels deep: at most {MOST_DEEP} are mutated"
        ast.unparse(_parsed(code))
        _compile(code)
    except _UNREADABLE as error:
        return f"the program does not compile: {type(error).__name__}: {str(error).partition(chr(10))[0][:200]}"
    return None


def _depth(tree: ast.AST) -> int:
    level, deep = [tree], 0
    while level:
        level, deep = [child for node in level for child in ast.iter_child_nodes(node)], deep + 1
    return deep


def _compile(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(text, "<program>", "exec", dont_inherit=True)


def compiles(text: str) -> bool:
    """Whether Python takes it for a program."""
    try:
        _compile(text)
    except _UNREADABLE:
        return False
    return True


def _made(tree: ast.Module, sites: Iterable[_Site], original: str, most: int) -> Iterator[Mutant]:
    """The mutants of these sites, until there are enough; each site is put back as it was."""
    seen, left = {original}, most
    for site in sites:
        if left <= 0:
            return
        text = _written(tree, site)
        if text is not None and text not in seen and compiles(text):
            seen.add(text)
            left -= 1
            yield Mutant(code=text + "\n", operator=site.operator, line=site.line, column=site.column)


def _written(tree: ast.Module, site: _Site) -> str | None:
    holder = getattr(site.parent, site.field)
    before = holder if site.at is None else holder[site.at]
    _put(site, site.new)
    try:
        return ast.unparse(tree)
    except _UNREADABLE:
        return None
    finally:
        _put(site, before)


def _put(site: _Site, node: Any) -> None:
    if site.at is None:
        setattr(site.parent, site.field, node)
    else:
        getattr(site.parent, site.field)[site.at] = node


def _sites(tree: ast.Module) -> Iterator[_Site]:
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
            yield from (_Site(name, *last, parent, field, index, new) for new in operator(node, rebound))
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
