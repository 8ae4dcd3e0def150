"""The jail, built once in the zygote: its children inherit all of it, so it costs nothing a program.

A level is whole or it is not: a step that the machine refuses ends the attempt, and the driver tries the next level.
"""

import ctypes
import os
import sys
from collections.abc import Sequence
from typing import NamedTuple

from dualset.builders.execution.inside import landlock, namespaces
from dualset.builders.execution.inside.bpf import Filter
from dualset.builders.execution.inside.filters import child_filter, zygote_filter
from dualset.builders.execution.inside.kernel import ABI, call, prctl
from dualset.builders.execution.inside.syscalls import number

__all__ = ["DEVICES", "Jail", "enter", "readable"]

_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
_DATA = ("/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo", "/dev/zero", "/dev/urandom", "/dev/random")
DEVICES = ("/dev/null",)
_SCRATCH_MIB = 64
_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_SET_CHILD_SUBREAPER = 4, 38, 36
_NEW_LISTENER, _SET_MODE_FILTER = 8, 1
_CAPABILITY_V3 = 0x20080522


class Jail(NamedTuple):
    """What was built.

    Attributes:
        layers: their names, joined by ``+``, as recorded with each label.
        scratch: the folder that programs work in.
        child_filter: what each child puts on; None: nothing.
        own_processes: in a process namespace, where everything ends with the zygote.
        listener: a descriptor on which the kernel asks the broker; None: there is none.
    """

    layers: str
    scratch: str
    child_filter: Filter | None
    own_processes: bool
    listener: int | None


def enter(level: str, scratch: str, installed: Sequence[str]) -> Jail:
    """Build the level around this process.

    Args:
        level: namespaces, landlock, seccomp or none; for namespaces the guard has done its part.
        scratch: the folder that the driver made.
        installed: folders of installed packages that may be read.

    Raises:
        OSError: a step was refused; the message names it.
    """
    if level == "none":
        os.chdir(scratch)
        if ABI:
            prctl(_PR_SET_NO_NEW_PRIVS, 1)
            prctl(_PR_SET_CHILD_SUBREAPER, 1)
        return Jail(level, scratch, None, False, None)
    paths = readable(installed)
    layers = []
    if level == "namespaces":
        namespaces.enter_root(scratch, paths, DEVICES, _SCRATCH_MIB)
        scratch = namespaces.SCRATCH
        layers.append("namespaces")
    os.chdir(scratch)
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    _drop_capabilities()
    if level == "landlock" or (level == "namespaces" and _has_landlock()):
        landlock.restrict(paths, DEVICES, scratch)
        layers.append("landlock")
    layers.append("seccomp")
    listener = _put_on(level)
    return Jail("+".join(layers), scratch, child_filter(), level == "namespaces", listener)


def readable(installed: Sequence[str]) -> list[str]:
    """Folders and files that programs may read: the interpreter, its libraries, and these folders of packages."""
    own = [path for path in sys.path if os.path.isdir(path)]
    return sorted({*own, os.path.join(sys.base_prefix, "lib"), *installed, *_LIBRARIES, *_DATA})


def _has_landlock() -> bool:
    try:
        return landlock.abi_version() > 0
    except OSError:
        return False


def _drop_capabilities() -> None:
    """All of them, for good: root without capabilities is a user like others."""
    if ABI is None:
        msg = "system calls are known for Linux on x86-64 and aarch64 only"
        raise OSError(msg)
    head = ctypes.create_string_buffer(_CAPABILITY_V3.to_bytes(4, "little") + bytes(4))
    call("capset", number("capset", ABI.column) or 0, head, ctypes.create_string_buffer(24))


def _put_on(level: str) -> int | None:
    """The zygote's filter. With a broker its memory stays readable to the guard, which reads paths from it."""
    made = zygote_filter(level)
    if level == "namespaces":
        prctl(_PR_SET_DUMPABLE, 0)
        made.put_on()
        return None
    assert ABI is not None
    return call(
        "seccomp", number("seccomp", ABI.column) or 0, _SET_MODE_FILTER, _NEW_LISTENER, ctypes.c_void_p(made.address)
    )
