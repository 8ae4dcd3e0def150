"""Reading Python text that nobody vouches for: parse it without running it, without warnings and without falling over.

In: any text. Out: its syntax tree or None, and the name of the function that starter code asks for.
"""

import ast
import re
import warnings

__all__ = ["MAX_PARSED_CHARS", "entry_point_of", "parse_python"]

MAX_PARSED_CHARS = 262_144
"""A text longer than this is not parsed: no program that a person or model writes is near it, and parsing costs
about a kilobyte of memory a token."""


def parse_python(text: str) -> ast.Module | None:
    """The syntax tree; None where it does not parse, is too deep to, or is too long to be a program."""
    if len(text) > MAX_PARSED_CHARS:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "invalid escape sequence" is the writer's affair
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def entry_point_of(starter_code: str, name: str | None = None) -> str | None:
    """What tests call: ``name``, or the first function of the starter code; ``Class().method`` where it is a method.

    The starter code ends in the middle of a function as a rule, so it is read by its lines and not parsed.
    """
    owner = None
    for indent, kind, found in re.findall(r"^([ \t]*)(class|(?:async )?def)\s+(\w+)", starter_code, re.MULTILINE):
        if kind == "class":
            owner = found if not indent else owner
        elif found == name or (name is None and not found.startswith("__")):
            return f"{owner}().{found}" if indent and owner else str(found)
        elif not indent:
            owner = None
    return name
