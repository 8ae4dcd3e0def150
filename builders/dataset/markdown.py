"""Markdown from values that others wrote: a name, a licence or a recipe cannot break out of its cell or fence.

In: text and numbers. Out: pieces of GitHub-flavoured Markdown.
"""

import re
from collections.abc import Sequence

__all__ = ["excerpt", "fence", "percent", "table", "word"]

_LONGEST = 120


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, texts: int = 1) -> str:
    """A pipe table: the first ``texts`` columns are text, the others are numbers, flush right."""
    lines = [columns, ["---"] * texts + ["---:"] * (len(columns) - texts), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def word(value: object) -> str:
    """A value as code on one line, cut where it is long; nothing for null."""
    if value is None:
        return ""
    text = " ".join(str(value).split()).replace("`", "'").replace("|", "\\|")
    text = "".join(c if c.isprintable() else "�" for c in text)
    return f"`{text[:_LONGEST]}{'…' if len(text) > _LONGEST else ''}`" if text else ""


def excerpt(text: str, lines: int, columns: int = 96) -> str:
    """A text that others wrote as a block of code: without its middle and the ends of its lines, where it is long."""
    whole = "".join(c if c.isprintable() or c in "\t\n" else "�" for c in text).strip("\n").split("\n")
    if len(whole) > lines:
        whole = [*whole[: lines - 4], "…", *whole[-3:]]
    return fence("\n".join(line if len(line) <= columns else f"{line[:columns]}…" for line in whole), "text")


def fence(text: str, language: str) -> str:
    """A block of code, whatever backticks it holds."""
    marks = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", text))])
    return f"{marks}{language}\n{text.rstrip()}\n{marks}"


def percent(part: int, whole: int) -> str:
    """A share: ``12.3 %``; nothing of nothing is nothing."""
    return f"{100 * part / whole:.1f} %" if whole else ""
