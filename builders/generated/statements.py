"""Where asserts stand in a text that nobody vouches for: fenced or raw, indented, in prose, after one another, torn.

In: any text. Out: the text of each ``assert`` up to where Python would end it, found by brackets and quotes alone, so
that what is torn spoils nothing but itself. Only an ``assert`` at the start of a line counts (indentation, ``>>>``, a
list's mark or backticks may stand before it), or after the ``;`` of another. Such a line is a new statement, whatever
stands before it, also within quotes. Left out: whether it is Python.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from dualset.builders.generated.reasons import Reason

__all__ = ["LONGEST_STATEMENT", "Statement", "statements"]

LONGEST_STATEMENT = 4_000
"""Characters of an assert as it is written; CodeGen's longest is 600."""

_START = re.compile(r"^[ \t]*(?:(?:>>>|[-*+]|\d{1,3}[.)])[ \t]+)*`{0,3}(?=assert\b)", re.MULTILINE)
_NEXT = re.compile(r";[ \t]*(?=assert\b)")
_PIECE = re.compile(
    r"""'''(?:[^\\]|\\.)*?'''|\"""(?:[^\\]|\\.)*?\"""|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\#[^\n]*|\\\n|"""
    r"""[^'"\#\\()\[\]{};`\n]+|.""",
    re.DOTALL,
)


class Statement(NamedTuple):
    """The text of one assert, or why it has none; ``ends`` where the text does."""

    text: str
    refused: Reason | None = None
    ends: bool = False


class _End(NamedTuple):
    at: int
    refused: Reason | None


def statements(text: str) -> Iterator[Statement]:
    """The asserts of a text with plain line ends, in order."""
    lines = list(_START.finditer(text))
    for line, next_line in zip(lines, [*lines[1:], None], strict=False):
        start: re.Match[str] | None = line
        limit = next_line.start() if next_line else len(text)
        while start:
            end = _end(text, start.end(), limit)
            yield Statement(text[start.end() : end.at].rstrip(), end.refused, end.at == len(text))
            start = _NEXT.match(text, end.at, limit)


def _end(text: str, start: int, limit: int) -> _End:
    """Where the logical line that begins here ends, and what is wrong with it; not beyond the limit."""
    depth, at, last = 0, start, min(limit, start + LONGEST_STATEMENT)
    while at < last:
        piece = _PIECE.match(text, at, last)[0]  # type: ignore[index]  # anything is a piece
        if piece in (";", "\n") and not depth:
            return _End(at, None)
        depth += (piece in "([{") - (piece in ")]}")
        if depth < 0 or piece in ("'", '"', "`"):  # a quote that never closes
            return _End(at, None) if piece == "`" and not depth else _torn(text, at, last)
        at += len(piece)
    if last < limit:
        return _End(last, Reason.TOO_LONG)
    if limit < len(text):
        return _End(last, Reason.MALFORMED)
    return _End(last, Reason.CUT if depth else None)


def _torn(text: str, at: int, last: int) -> _End:
    """No Python: it ends with its line; where that is the text's last, it was cut."""
    line = text.find("\n", at, last)
    if line < 0:
        return _End(last, Reason.CUT if last == len(text) and text[at] in "'\"" else Reason.MALFORMED)
    return _End(line, Reason.MALFORMED)
