"""Landlock: which files this process and all its descendants may touch, from now on.

Readable: the interpreter and libraries. Writable: the scratch folder. Nothing may be executed; TCP, abstract sockets
and signals to processes outside are refused where the kernel's version of Landlock can.
"""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from dualset.builders.execution.inside.kernel import ABI, call
from dualset.builders.execution.inside.syscalls import number

__all__ = ["abi_version", "restrict"]

_EXECUTE, _WRITE, _READ, _READ_DIR, _MAKE_CHAR, _MAKE_SOCK, _MAKE_BLOCK = 1, 2, 4, 8, 1 << 6, 1 << 9, 1 << 11
_TRUNCATE = 1 << 14
_FS_BITS = {1: 13, 2: 14, 3: 15, 4: 15}
"""ABI -> how many file rights it knows; 16 from ABI 5 on."""
_BIND_CONNECT, _SCOPES = 3, 3
_VERSION_FLAG, _RULE_PATH = 1, 1


def abi_version() -> int:
    """The kernel's version of Landlock, 1 or higher.

    Raises:
        OSError: it has none, or it is switched off.
    """
    return call("landlock", _number("landlock_create_ruleset"), None, 0, _VERSION_FLAG)


def restrict(readable: Iterable[str], devices: Iterable[str], scratch: str) -> int:
    """Put it on this process; the kernel's version of Landlock. ``no_new_privs`` must be set.

    Args:
        readable: folders and files that may be read.
        devices: files that may be read and written.
        scratch: the folder in which anything may be done but making devices and sockets.

    Raises:
        OSError: the kernel does not do it.
    """
    version = abi_version()
    handled = (1 << _FS_BITS.get(version, 16)) - 1
    head = struct.pack("QQQ", handled, _BIND_CONNECT, _SCOPES)[: 8 if version < 4 else 16 if version < 6 else 24]
    rules = call("landlock", _number("landlock_create_ruleset"), ctypes.create_string_buffer(head), len(head), 0)
    try:
        for path in readable:
            _allow(rules, path, _READ | _READ_DIR)
        for path in devices:
            _allow(rules, path, _READ | _WRITE)
        _allow(rules, scratch, handled & ~(_EXECUTE | _MAKE_CHAR | _MAKE_SOCK | _MAKE_BLOCK))
        call("landlock", _number("landlock_restrict_self"), rules, 0)
    finally:
        os.close(rules)
    return version


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        at = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # what is not there need not be read
        return
    try:
        if not stat.S_ISDIR(os.fstat(at).st_mode):
            rights &= _READ | _WRITE | _TRUNCATE
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, at))
        call("landlock", _number("landlock_add_rule"), rules, _RULE_PATH, rule, 0)
    finally:
        os.close(at)


def _number(name: str) -> int:
    found = number(name, ABI.column) if ABI else None
    if found is None:
        msg = "Landlock is a part of Linux on x86-64 and aarch64"
        raise OSError(msg)
    return found
