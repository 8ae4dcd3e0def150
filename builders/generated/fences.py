"""The fenced blocks of a text, all of them, by the rule that ``candidates/extract.py`` finds the last one with.

In: any text with plain line ends. Out: the closed blocks in order, each with the word after its fence, and whether a
last one never closes. Blocks that say that they hold a program are left out.
"""

import re
from typing import NamedTuple

__all__ = ["Blocks", "fenced_blocks"]

_FENCE = re.compile(r"([ \t]*)(`{3,}|~{3,})([^\n]*)")
_PROGRAMS = {"c", "c++", "cpp", "go", "java", "javascript", "js", "py", "python", "python3", "rust", "typescript"}


class Blocks(NamedTuple):
    """The text of each block, and whether the last fence that opens is never closed."""

    texts: list[str]
    open: bool


def fenced_blocks(text: str) -> Blocks:
    """The blocks of a text that are no programs."""
    texts, inside, opening = list[str](), list[str](), None
    for line in text.split("\n"):
        fence = _FENCE.fullmatch(line) if "```" in line or "~~~" in line else None
        if opening is None:
            if fence and not ("`" in fence[2] and "`" in fence[3]):
                opening, inside = fence, []
        elif fence and _closes(fence, opening):
            if (opening[3].split() or [""])[0].lower() not in _PROGRAMS:
                texts.append("\n".join(inside))
            opening = None
        else:
            inside.append(_outdented(line, len(opening[1])))
    return Blocks(texts, opening is not None)


def _closes(fence: re.Match[str], opening: re.Match[str]) -> bool:
    indented = len(fence[1]) > len(opening[1]) + 3  # CommonMark §4.5
    return not indented and fence[2].startswith(opening[2]) and not fence[3].strip()


def _outdented(line: str, width: int) -> str:
    """The line without the fence's own indentation."""
    lead = len(line) - len(line.lstrip(" \t"))
    return line[min(lead, width) :]
