"""System calls that Python has no name for, made through the C library; a refusal is an ``OSError`` that names it.

Linux on x86-64 and aarch64. Elsewhere ``ABI`` is None and no level above ``none`` can be built.
"""

import ctypes
import os
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["ABI", "Abi", "call", "prctl", "prctl_call"]


class Abi(NamedTuple):
    """An architecture: its name, the audit number that filters see, and its column in ``syscalls.py``."""

    name: str
    audit: int
    column: int


def _abi() -> Abi | None:
    if sys.platform != "linux" or sys.maxsize < 1 << 32:
        return None
    known = {"x86_64": Abi("x86_64", 0xC000003E, 0), "aarch64": Abi("aarch64", 0xC00000B7, 1)}
    return known.get(os.uname().machine)


ABI = _abi()
_libc = ctypes.CDLL(None, use_errno=True)
_syscall = _libc.syscall
_syscall.restype = ctypes.c_long
_prctl = getattr(_libc, "prctl", None)


def call(name: str, number: int, *args: Any) -> int:
    """Make the call; integers are passed as longs, bytes and buffers by address.

    Raises:
        OSError: the kernel refused; the message begins with ``name``.
    """
    given = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    result: int = _syscall(ctypes.c_long(number), *given)
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result


def prctl(option: int, *args: int) -> None:
    """``prctl(2)``.

    Raises:
        OSError: the kernel refused.
    """
    prctl_call(option, *args)()


def prctl_call(option: int, *args: int) -> Callable[[], None]:
    """``prctl(2)`` with its arguments made ready, for where making them costs too much."""
    if _prctl is None:
        msg = "prctl is a part of Linux"
        raise OSError(msg)
    make_call = _prctl
    ready = [ctypes.c_int(option), *map(ctypes.c_ulong, args), *[ctypes.c_ulong(0)] * (4 - len(args))]

    def make() -> None:
        if make_call(*ready) == -1:
            error = ctypes.get_errno()
            raise OSError(error, f"prctl {option}: {os.strerror(error)}")

    return make
