"""What a program's process may use, set by itself just after the fork, before any of the program's text is read.

Portable layers only: session, rlimits, no new privileges, death with the zygote. The jail proper (namespaces, Landlock,
system-call filters) is built once in the zygote; its level is named by the driver and recorded with each label.
"""

import ctypes
import os
import resource
import sys

__all__ = ["MAXRSS_PER_MIB", "MIB", "forgo_privileges", "restrain"]

MIB = 1 << 20
MAXRSS_PER_MIB = MIB if sys.platform == "darwin" else 1024
"""``ru_maxrss`` counts bytes on macOS, KiB on Linux."""

_STACKS_MIB = 512
"""Address space beyond the limit: thread stacks are reserved, not used (``threading.stack_size(2**29)``). What is used
in truth is judged by the peak of resident memory."""
_STACK_MIB = 64
_FILES = 64
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
_SIGKILL = 9

_linux = sys.platform == "linux"
_prctl = ctypes.CDLL(None, use_errno=True).prctl if _linux else None


def forgo_privileges() -> None:
    """Once, in the zygote: no set-uid gains, nobody of the same user may read its memory, orphans come back to it."""
    if _prctl:
        _prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def restrain(zygote: int, base_mib: int, cpu_s: float, memory_mib: int, file_bytes: int) -> None:
    """In the child: a session of its own, the limits, and death when the zygote dies.

    Args:
        zygote: its process id; gone already means that the driver is too.
        base_mib: the address space that the child starts with (LiveBench#536: a limit below it fails right programs).
        cpu_s: CPU seconds in all, as the last resort.
        memory_mib: MiB that the program may use.
        file_bytes: the most that one file, standard output included, may hold.
    """
    os.setsid()
    if _prctl:
        _prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
        if os.getppid() != zygote:
            os._exit(71)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, _FILES)
    _limit(resource.RLIMIT_FSIZE, file_bytes)
    _limit(resource.RLIMIT_CPU, int(cpu_s) + 2)
    _limit(resource.RLIMIT_AS, (base_mib + memory_mib + _STACKS_MIB) * MIB)
    _limit(resource.RLIMIT_STACK, _STACK_MIB * MIB)


def _limit(which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    try:
        resource.setrlimit(which, (value, value))
    except (ValueError, OSError):  # macOS knows RLIMIT_AS and refuses it
        return
