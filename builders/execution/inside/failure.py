"""An exception in a few words: its type, its message and the line of the program that it comes from."""

from typing import Any

__all__ = ["describe"]

_LONGEST = 500


def describe(error: BaseException) -> dict[str, Any]:
    """Plain data about the exception; a message that itself raises is left out."""
    return {"type": type(error).__name__[:80], "message": _message(error), "line": _line(error)}


def _message(error: BaseException) -> str | None:
    try:
        return str(error)[:_LONGEST]
    except BaseException:  # noqa: BLE001  # a program's own __str__ may do anything
        return None


def _line(error: BaseException) -> int | None:
    """The innermost line that is the program's own."""
    if isinstance(error, SyntaxError) and error.filename == "<program>":
        return error.lineno
    line, at = None, error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == "<program>":
            line = at.tb_lineno
        at = at.tb_next
    return line
