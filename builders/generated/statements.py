"""Where asserts stand in a text that nobody vouches for: fenced or raw, indented, in prose, after one another, torn.

In: any text. Out: the text of each ``assert`` up to where Python would end it, found by brackets and quotes alone, so
that what is torn spoils nothing but itself. Only an ``assert`` at the start of a line counts (indentation, ``>>>``, a
list's mark or backticks may stand before it), or after the ``;`` of another. Left out: whether it is Python.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from dualset.builders.generated.reasons import Reason

__all__ = ["LONGEST_STATEMENT", "Statement", "statements"]

LONGEST_STATEMENT = 4_000
"""Characters of an assert as it is written; CodeGen's longest is 600."""

_START = re.compile(r"^[ \t]*(?:(?:>>>|[-*+]|\d{1,3}[.)])[ \t]+)*`{0,3}(?=assert\b)", re.MULTILINE)
_NEXT = re.compile(r"[ \t]*(?=assert\b)")
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
    at = 0
    while start := _START.search(text, at):
        at = start.end()
        while True:
            end = _end(text, at)
            yield Statement(text[at : end.at].rstrip(), end.refused, end.at == len(text))
            if text[end.at : end.at + 1] != ";" or not (following := _NEXT.match(text, end.at + 1)):
                break
            at = following.end()
        at = max(end.at, at + 1)


def _end(text: str, start: int) -> _End:
    """Where the logical line that begins here ends, and what is wrong with it."""
    depth, at, last = 0, start, min(len(text), start + LONGEST_STATEMENT)
    while at < last:
        piece = _PIECE.match(text, at, last)[0]  # type: ignore[index]  # anything is a piece
        if piece in ("'", '"'):  # never closed
            return _torn(text, at, last)
        if piece == "`" or (piece in (";", "\n") and not depth):
            return _End(at, Reason.MALFORMED if depth else None)
        if piece == "\n" and _START.match(text, at + 1):  # no expression holds an assert
            return _End(at, Reason.MALFORMED)
        depth += (piece in "([{") - (piece in ")]}")
        if depth < 0:
            return _torn(text, at, last)
        at += len(piece)
    if last < len(text):
        return _End(last, Reason.TOO_LONG)
    return _End(last, Reason.CUT if depth else None)


def _torn(text: str, at: int, last: int) -> _End:
    """No Python: it ends with its line; where that is the text's last, it was cut."""
    line = text.find("\n", at, last)
    if line < 0:
        return _End(last, Reason.CUT if last == len(text) and text[at] in "'\"" else Reason.MALFORMED)
    return _End(line, Reason.MALFORMED)
