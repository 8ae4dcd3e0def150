"""The folder that programs work in, made empty after each that used it.

The zygote itself never reads a name in it: what it has read, every later child could find in its memory, and a program
could leave an answer there for the next. So a process that is thrown away looks and removes.
"""

import os
import time

from dualset.builders.execution.inside.tidy import empty

__all__ = ["Scratch"]

_TICK_S = 0.012


class Scratch:
    """The folder, and when it was last changed, as far as the zygote knows."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._changed = self._settled()

    def empty_again(self) -> bool:
        """Empty it, if anything was made in it; whether there was.

        Raises:
            OSError: what is in it cannot be removed; this zygote should end.
        """
        if os.stat(self._path).st_ctime_ns == self._changed:
            return False
        pid = os.fork()
        if pid == 0:
            try:
                empty(self._path)
                os._exit(0)
            finally:
                os._exit(1)
        if os.waitpid(pid, 0)[1]:
            msg = "the scratch folder cannot be emptied"
            raise OSError(msg)
        self._changed = self._settled()
        return True

    def _settled(self) -> int:
        """The time of its last change, when a change to come will have another (older kernels count in ticks)."""
        changed = os.stat(self._path).st_ctime_ns
        time.sleep(_TICK_S)
        return changed
