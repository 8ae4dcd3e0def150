"""Processes that a program has left behind, where nothing kept it from forking: they are the zygote's children now."""

import os
import signal

__all__ = ["end_orphans"]

_ROUNDS = 2000


def end_orphans(spare: int) -> None:
    """Kill and reap every child of this process but one; if that cannot be done, this process ends.

    Args:
        spare: the process id of the child that stays; 0: none.
    """
    for _ in range(_ROUNDS):
        left = [pid for pid in _children() if pid != spare]
        if not left:
            return
        for pid in left:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    os._exit(73)  # let the driver start a new zygote


def _children() -> list[int]:
    me = os.getpid()
    try:
        with open(f"/proc/self/task/{me}/children") as listing:
            return [int(pid) for pid in listing.read().split()]
    except FileNotFoundError:  # another system: what has left its parent is out of reach
        return []
