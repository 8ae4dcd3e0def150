"""Where versions live. A file of its own, because it is asked for where nothing of a version is."""

import os
from pathlib import Path

__all__ = ["store_home"]


def store_home() -> Path:
    """$DUALSET_HOME, or ``dualsets`` in the current folder."""
    return Path(os.path.expanduser(os.environ.get("DUALSET_HOME") or "dualsets")).absolute()
