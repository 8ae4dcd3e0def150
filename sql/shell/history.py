"""Where what was typed is kept: ``$XDG_STATE_HOME/dualset/sql_history`` (``~/.local/state`` where that is not set).

In: the environment. Out: a history for the prompt, in a file of its own that only its owner can read; where it cannot
be written, one that is forgotten at the end. Left out: answers, which are never kept.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from prompt_toolkit.history import FileHistory, History, InMemoryHistory

__all__ = ["history", "history_file"]


def history_file(environ: Mapping[str, str]) -> Path:
    """Its path.

    Raises:
        RuntimeError: there is no home directory.
    """
    state = Path(environ.get("XDG_STATE_HOME", ""))
    if not state.is_absolute():  # the standard says: ignore it
        state = Path.home() / ".local" / "state"
    return state / "dualset" / "sql_history"


def history(environ: Mapping[str, str]) -> History:
    """What was typed before, and a place for what will be."""
    try:
        path = history_file(environ)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600))
    except (OSError, RuntimeError):
        return InMemoryHistory()
    return _File(str(path))


class _File(FileHistory):
    def store_string(self, string: str) -> None:
        """A full disk is no reason to leave the shell."""
        try:
            super().store_string(string)
        except OSError:
            return
