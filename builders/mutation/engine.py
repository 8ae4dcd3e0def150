"""Mutants of a program: the same program with one small fault each.

In: a program's text, a cap and a seed. Out: mutants in the order of the text. Functions, classes and statements at the
top level alike. A mutant's text is what ``ast.unparse`` writes of the changed tree, so comments and layout go, in the
mutants and not in the program; two that are written alike are one, and one that is written like the program is none.
Every mutant compiles.

With a cap, mutants are taken in an order that the seed gives and that spreads them over operators and lines: a larger
cap gives the same mutants and more. The same on each run; on another version of Python at most the spelling differs
(f-strings).
"""

import ast
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from dualset.builders.mutation.fit import UNREADABLE, compiles, parsed, unfit
from dualset.builders.mutation.sites import Site, sites_of

__all__ = ["DEFAULT_CAP", "MOST", "Mutant", "Mutants", "chosen", "mutants"]

DEFAULT_CAP = 20
"""Mutants of a program where nothing else is said: on HumanEval 13.7 a function (ZeroCoder: 13.4)."""
MOST = 1000
"""Mutants of a program at most, without a cap."""


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
    tree = parsed(code)
    original, sites = ast.unparse(tree), list(sites_of(tree))
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


def _made(tree: ast.Module, sites: Iterable[Site], original: str, most: int) -> Iterator[Mutant]:
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


def _written(tree: ast.Module, site: Site) -> str | None:
    holder = getattr(site.parent, site.field)
    before = holder if site.at is None else holder[site.at]
    _put(site, site.new)
    try:
        return ast.unparse(tree)
    except UNREADABLE:
        return None
    finally:
        _put(site, before)


def _put(site: Site, node: Any) -> None:
    if site.at is None:
        setattr(site.parent, site.field, node)
    else:
        getattr(site.parent, site.field)[site.at] = node
