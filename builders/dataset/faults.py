"""A full disk, a place that cannot be written to: what the operating system says, in one line that says what to do.

In: an ``OSError`` while something is written. Out: a `VersionError`. Left out: every other error, which keeps its own
words.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dualset.builders.errors import VersionError

__all__ = ["plain_faults"]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM}


@contextmanager
def plain_faults(folder: Path) -> Iterator[None]:
    """Around everything that writes below ``folder``; what writes must itself leave nothing half-written.

    Raises:
        VersionError: there is no room, or no permission.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL | _CLOSED:
            raise
        where, said = error.filename or folder, os.strerror(error.errno or 0)
        if error.errno in _FULL:
            msg = f"{where}: {said}: nothing is lost or half-written; free space and run the same command again"
        else:
            msg = f"{where}: {said}: make {folder} writable, or set DUALSET_HOME to a place that is"
        raise VersionError(msg) from error
