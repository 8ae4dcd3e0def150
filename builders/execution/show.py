"""What a program said, made fit for a table: cut, and without addresses and paths, so the same on every machine."""

import re

__all__ = ["LONGEST", "shown"]

LONGEST = 500
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,16}\b")
_LIBRARY = re.compile(r"\(/[^()\n]*\.(?:py|pyc|so)\)")
_TEMPORARY = re.compile(r"/[\w/.-]*dualset-[a-z0-9_]{8}")


def shown(text: str | None) -> str | None:
    """At most 500 characters; memory addresses, library files and the throw-away folder's name are replaced."""
    if text is None:
        return None
    cut = text[: 4 * LONGEST].encode("utf-8", "replace").decode("utf-8")
    cut = _LIBRARY.sub("(...)", _TEMPORARY.sub("/work", _ADDRESS.sub("0x...", cut)))
    return cut if len(cut) <= LONGEST else cut[: LONGEST - 1] + "…"
