"""One build of a name at a time: two would run the same programs, and each replace what the other has just read.

In: a dataset's ``work`` folder. Out: it is this process's own until the end, also if it is killed, and what a killed
build left half-written in it is gone. A second build says that it waits, and then finds the finished shards.
"""

import fcntl
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dualset.builders.dataset.faults import plain_faults

__all__ = ["TEMPORARY", "at_work", "spilled"]

TEMPORARY = ".tmp"
"""The end of the name of every file and folder under ``work`` that is not finished."""

log = logging.getLogger(__name__)


@contextmanager
def at_work(folder: Path) -> Iterator[None]:
    """Have the folder alone.

    Raises:
        VersionError: there is no room or no permission to write.
    """
    with plain_faults(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("another build of %s is at work: waiting until it has ended", folder.parent.name)
            fcntl.flock(lock, fcntl.LOCK_EX)
        with plain_faults(folder):
            _clean(folder)
        yield


def _clean(folder: Path) -> None:
    for left in list(folder.rglob(f"*{TEMPORARY}")):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink(missing_ok=True)


@contextmanager
def spilled(folder: Path) -> Iterator[Path]:
    """A folder for what lies on disk during this build only; where it crashes, the next one removes it."""
    place = folder / f"spilled{TEMPORARY}"
    try:
        with plain_faults(folder):
            place.mkdir()
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
