"""A small system-call filter for each program's process: no new processes, no signals or looks at others, no network.

It is set by the child itself, just before it reads the program, and cannot be taken off. Threads are allowed. What is
refused gives an error that Python reports as an ``OSError``, so a program sees what a locked-down judge shows.

Left out: files (that needs Landlock or namespaces) and an allow-list of calls; both belong to the jail built once in
the zygote. Linux on x86-64 and aarch64; elsewhere there is no filter, and the level recorded says so.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from typing import NamedTuple

__all__ = ["Filter", "make_filter"]


class _Abi(NamedTuple):
    """An architecture's audit number and call numbers: refused outright, and those judged by their arguments."""

    audit: int
    refused: tuple[int, ...]
    clone: int
    clone3: int
    on_self: tuple[int, ...]


_ABIS = {
    # fork vfork execve execveat tkill ptrace socket rt_sigqueueinfo rt_tgsigqueueinfo process_vm_readv
    # process_vm_writev pidfd_open pidfd_send_signal pidfd_getfd io_uring_setup bpf perf_event_open userfaultfd
    # unshare setns mount
    "x86_64": _Abi(
        0xC000003E,
        (57, 58, 59, 322, 200, 101, 41, 129, 297, 310, 311, 434, 424, 438, 425, 321, 298, 323, 272, 308, 165),
        clone=56,
        clone3=435,
        on_self=(62, 234, 302),  # kill tgkill prlimit64
    ),
    "aarch64": _Abi(
        0xC00000B7,
        (221, 281, 130, 117, 198, 138, 240, 270, 271, 434, 424, 438, 425, 280, 241, 282, 97, 268, 40),
        clone=220,
        clone3=435,
        on_self=(129, 131, 261),
    ),
}
_CLONE_THREAD = 0x00010000
_LOAD, _EQUAL, _BIT, _GE, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCH, _ARG0 = 0, 4, 16
_X32 = 0x40000000
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2


class Filter:
    """The filter's program, made once in the zygote; ``set`` puts it on the process that calls."""

    def __init__(self, abi: _Abi) -> None:
        steps = _steps(abi)
        self._code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
        self._own_pid = [i * 8 + 4 for i, step in enumerate(steps) if step[3] == _OWN_PID]
        self._head = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(self._code)))
        self._prctl = ctypes.CDLL(None, use_errno=True).prctl
        self._at = ctypes.c_void_p(ctypes.addressof(self._head))

    def set(self) -> bool:
        """Filter this process from now on; False: the kernel does not do it."""
        for at in self._own_pid:
            struct.pack_into("I", self._code, at, os.getpid())
        return bool(self._prctl(_PR_SET_SECCOMP, _MODE_FILTER, self._at, 0, 0) == 0)


def make_filter() -> Filter | None:
    """The filter for this machine; None: there is none."""
    abi = _ABIS.get(platform.machine()) if sys.platform == "linux" and sys.maxsize > 1 << 32 else None
    return Filter(abi) if abi else None


_OWN_PID = 0xFFFF_FFF0  # stands for the pid, which each child fills in


def _steps(abi: _Abi) -> list[tuple[int, int, int, int]]:
    """Instructions ``(code, jump if true, jump if false, constant)``; a jump counts the steps to skip."""
    refuse, absent = (_RETURN, 0, 0, _ERRNO | errno.EPERM), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)
    steps = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, abi.audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_GE, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
    ]
    for number in abi.refused:
        steps += [(_EQUAL, 0, 1, number), refuse]
    steps += [(_EQUAL, 0, 1, abi.clone3), absent]  # the C library then falls back to clone, whose flags can be read
    steps += [(_EQUAL, 0, 4, abi.clone), (_LOAD, 0, 0, _ARG0), (_BIT, 1, 0, _CLONE_THREAD), refuse]
    steps += [(_RETURN, 0, 0, _ALLOW)]
    for number in abi.on_self:
        steps += [(_EQUAL, 0, 5, number), (_LOAD, 0, 0, _ARG0), (_EQUAL, 2, 0, _OWN_PID), (_EQUAL, 1, 0, 0), refuse]
        steps += [(_RETURN, 0, 0, _ALLOW)]
    return [*steps, (_RETURN, 0, 0, _ALLOW)]
