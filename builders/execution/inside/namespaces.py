"""Namespaces of the sandbox's own: no other process, no network, no file but the interpreter and libraries to be seen.

In two steps. The guard leaves the user and process namespaces and forks; the zygote, first of its process namespace,
leaves the rest and makes itself a root folder in memory, with the readable folders mounted read-only in their usual
places and a small writable ``/tmp``.
"""

import ctypes
import os
import struct
from collections.abc import Iterable

from dualset.builders.execution.inside.kernel import ABI, call
from dualset.builders.execution.inside.syscalls import number

__all__ = ["SCRATCH", "enter_root", "leave_users_and_processes"]

SCRATCH = "/tmp"
"""Where programs work, in the root folder that ``enter_root`` makes."""

_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = (
    *(0x00020000, 0x02000000, 0x04000000, 0x08000000),
    *(0x10000000, 0x20000000, 0x40000000),
)
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
_DETACH = 2
_RECURSIVE, _AT_FDCWD = 0x8000, -100


def leave_users_and_processes() -> None:
    """In the guard: a user namespace in which it is the same user, and a process namespace for the children to come.

    Raises:
        OSError: the kernel, a limit or a security module does not allow it.
    """
    uid, gid = os.geteuid(), os.getegid()
    _call("unshare", _NEWUSER | _NEWPID)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {uid} 1")
    _write("/proc/self/gid_map", f"{gid} {gid} 1")


def enter_root(folder: str, readable: Iterable[str], devices: Iterable[str], scratch_mib: int) -> None:
    """In the zygote: everything else, and the new root folder, made on ``folder``.

    Raises:
        OSError: a step was refused; the message names it.
    """
    _call("unshare", _NEWNS | _NEWNET | _NEWIPC | _NEWUTS | _NEWCGROUP)
    _mount("private", "none", "/", None, _REC | _PRIVATE)
    _mount("root", "tmpfs", folder, "tmpfs", _NOSUID | _NODEV, "mode=755,size=1m")
    for path in readable:
        _show(folder, path)
    for path in devices:
        _show(folder, path)
    os.makedirs(folder + SCRATCH, exist_ok=True)
    options = f"mode=1777,size={scratch_mib}m,nr_inodes=16k"
    _mount("scratch", "tmpfs", folder + SCRATCH, "tmpfs", _NOSUID | _NODEV | _NOEXEC, options)
    old = folder + "/old"
    os.mkdir(old)
    _call("pivot_root", folder.encode(), old.encode())
    os.chdir("/")
    _call("umount2", b"/old", _DETACH)
    os.rmdir("/old")
    _mount("read-only root", "none", "/", None, _REMOUNT | _BIND | _RDONLY | _NOSUID | _NODEV)
    os.chdir(SCRATCH)


def _show(folder: str, path: str) -> None:
    """Mount a file or folder in its usual place, read-only; links on the way to it are made again."""
    real = os.path.realpath(path)
    target = folder + real
    if not os.path.exists(real) or os.path.ismount(target):
        return
    if os.path.isdir(real):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
    _mount(real, real, target, None, _BIND | _REC)
    _read_only(target, device=real.startswith("/dev/"))
    _link(folder, path, real)


def _read_only(target: str, *, device: bool) -> None:
    if device:
        return
    attributes = ctypes.create_string_buffer(struct.pack("QQQQ", _RDONLY | _NOSUID | _NODEV, 0, 0, 0))
    _call("mount_setattr", _AT_FDCWD, target.encode(), _RECURSIVE, attributes, 32)


def _link(folder: str, path: str, real: str) -> None:
    """The name by which the interpreter knows it, where that is not its real one (``/lib`` is ``/usr/lib``)."""
    if path == real or os.path.lexists(folder + path):
        return
    os.makedirs(os.path.dirname(folder + path), exist_ok=True)
    os.symlink(real, folder + path)


def _mount(what: str, source: str, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    try:
        _call("mount", source.encode(), target.encode(), kind and kind.encode(), flags, options and options.encode())
    except OSError as error:
        raise OSError(error.errno, f"mount {what}: {os.strerror(error.errno or 0)}") from error


def _call(name: str, *args: object) -> int:
    found = number(name, ABI.column) if ABI else None
    if found is None:
        msg = "namespaces are a part of Linux on x86-64 and aarch64"
        raise OSError(msg)
    return call(name, found, *args)


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
