"""Which programs are mutated: those that compile, and that are neither very long nor very deep.

In: a program's text. Out: why it is not mutated, in one line, or its syntax tree. No text makes this fall over.
"""

import ast
import warnings

__all__ = ["MOST_CHARACTERS", "MOST_DEEP", "UNREADABLE", "compiles", "parsed", "unfit"]

MOST_CHARACTERS = 50_000
"""A longer text gets no mutants: each costs writing and compiling the whole."""
MOST_DEEP = 150
"""A deeper tree gets none either: how deep Python can go depends on its version and on who is calling."""

UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
"""What reading, writing or compiling a text may raise."""


def parsed(code: str) -> ast.Module:
    """The syntax tree, without warnings, which are the writer's affair.

    Raises:
        One of ``UNREADABLE``.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(code)


def unfit(code: str) -> str | None:
    """Why this program is not mutated; None: it is."""
    if len(code) > MOST_CHARACTERS:
        return f"the program has {len(code):,} characters: at most {MOST_CHARACTERS:,} are mutated"
    try:
        deep = _depth(parsed(code))
        if deep > MOST_DEEP:
            return f"the program nests {deep:,} levels deep: at most {MOST_DEEP} are mutated"
        ast.unparse(parsed(code))
        _compile(code)
    except UNREADABLE as error:
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
    except UNREADABLE:
        return False
    return True
