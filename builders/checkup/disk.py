"""Room on disk: how much there is where something would be written, and whether it may be.

In: a path that need not be there yet. Out: a `Room`. Nothing is written to find out.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Room", "room_at"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """Where something would lie.

    Attributes:
        path: as it was asked for, absolute.
        free_bytes: for this user; None: it cannot be told.
        total_bytes: of the whole file system, likewise.
        writable: whether this user may write there; where it is not there yet, in the folder that it would be made in.
    """

    path: str
    free_bytes: int | None
    total_bytes: int | None
    writable: bool


def room_at(path: Path) -> Room:
    """Look at a path, or at the nearest folder above it that is there."""
    try:
        path = path.absolute()
        there = next((each for each in (path, *path.parents) if each.exists()), Path("/"))
        total, _, free = shutil.disk_usage(there)
    except OSError:  # also where the current folder is gone
        return Room(path=str(path), free_bytes=None, total_bytes=None, writable=False)
    return Room(path=str(path), free_bytes=free, total_bytes=total, writable=there.is_dir() and _may_write(there))


def _may_write(folder: Path) -> bool:
    read_only = bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    return not read_only and os.access(folder, os.W_OK | os.X_OK)
