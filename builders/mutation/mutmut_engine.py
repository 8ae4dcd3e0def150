"""mutmut's mutants of a program, by its own operators: a second opinion, and what the paper used.

In: a program's text, a cap and a seed, as for our engine. Out: the same kind of mutants; comments and layout stay.
mutmut has no library interface: its visitor is used (3.6 to 3.8), never its command, its files or its configuration.
Left out, as mutmut leaves them out: code outside functions, so a program of statements alone has no mutants.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from dualset.builders.errors import MissingExtra
from dualset.builders.mutation.engine import DEFAULT_CAP, MOST, Mutant, Mutants, chosen
from dualset.builders.mutation.fit import compiles, unfit

__all__ = ["mutmut_mutants"]


class _Site(NamedTuple):
    operator: str
    line: int
    column: int
    old: Any
    new: Any


def mutmut_mutants(code: str, *, cap: int | None = DEFAULT_CAP, seed: int = 0) -> Mutants:
    """Make a program's mutants with mutmut.

    Args:
        code: the program.
        cap: at most so many; None: all, up to ``MOST``.
        seed: of the order in which a cap takes them.

    Raises:
        MissingExtra: mutmut is not installed.
    """
    try:
        import libcst
        import mutmut.mutation.file_mutation  # noqa: F401  # as it is used below
    except ImportError as error:
        raise MissingExtra("mutmut", "mutmut") from error
    reason = unfit(code)
    if reason:
        return Mutants((), reason)
    try:
        wrapper = libcst.MetadataWrapper(libcst.parse_module(code), unsafe_skip_copy=True)
        sites = list(_sites(wrapper))
    except (libcst.ParserSyntaxError, RecursionError, ValueError) as error:
        return Mutants((), f"the program cannot be read by libcst: {type(error).__name__}")
    if not sites:
        return Mutants((), "mutmut finds nothing to mutate: it mutates functions only")
    order = chosen([(site.operator, site.line) for site in sites], code, seed)
    made = _made(wrapper.module, [sites[i] for i in order], MOST if cap is None else min(cap, MOST))
    return Mutants(tuple(sorted(made, key=lambda each: (each.line, each.column, each.operator, each.code))))


def _sites(wrapper: Any) -> Iterator[_Site]:
    from libcst.metadata import PositionProvider
    from mutmut.mutation.file_mutation import MutationVisitor
    from mutmut.mutation.mutators import mutation_operators
    from mutmut.mutation.pragma_handling import IgnoredCode

    for kind, operator in mutation_operators:
        visitor = MutationVisitor([(kind, operator)], IgnoredCode(set(), set(), set()))
        wrapper.visit(visitor)
        positions = wrapper.resolve(PositionProvider)
        name = "mutmut:" + operator.__name__.removeprefix("operator_")
        for each in visitor.mutations:
            if each.contained_by_top_level_function is not None:
                at = positions[each.original_node].start
                yield _Site(name, at.line, at.column, each.original_node, each.mutated_node)


def _made(module: Any, sites: list[_Site], most: int) -> Iterator[Mutant]:
    seen, left = {module.code}, most
    for site in sites:
        if left <= 0:
            return
        text = module.deep_replace(site.old, site.new).code
        if text not in seen and compiles(text):
            seen.add(text)
            left -= 1
            yield Mutant(code=text, operator=site.operator, line=site.line, column=site.column)
