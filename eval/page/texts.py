"""Text from models and data sets, made fit for a page: cut to a length, and nothing in it invisible.

In: any text. Out: text of at most so many characters, in which control characters and those that turn the reading
direction (so that a program reads otherwise than it runs) are written as escapes. Escaping for HTML is the template's.
"""

from typing import overload

__all__ = ["cut", "name", "percent", "visible"]

NAME = 100
"""Characters of an id, a title, a model's name."""


def visible(text: str) -> str:
    """The text with everything that does not print as an escape; lines and tabs stay."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


@overload
def cut(text: str, most: int) -> str: ...
@overload
def cut(text: str | None, most: int) -> str | None: ...
def cut(text: str | None, most: int) -> str | None:
    """The beginning of a text, visible; ``…`` where there is more. None stays None."""
    if text is None:
        return None
    shown = visible(text[: most + 1].replace("\r\n", "\n"))
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def name(text: str | None, absent: str = "unknown") -> str:
    """An id, a title or a model's name on one line."""
    return absent if text is None else cut(text.replace("\n", " "), NAME)


def percent(part: int, whole: int) -> str:
    """A share in words; nothing is no share."""
    return f"{part / whole:.1%}" if whole else "none"
