"""The broker: opens files in a program's stead, where no namespaces keep it from them.

Where Landlock guards the files it is asked only where a program makes some, and counts them; else at each opening.

The kernel stops a process of the sandbox at each call that names a file and asks here (seccomp's user notification).
The path is read once, resolved, compared with what may be read or written, and the file is opened by the broker itself:
the program cannot change what was agreed between the look and the opening. Links cannot be made at this level, so the
scratch folder holds no way out.
"""

import errno
import os
import stat
import struct
from collections.abc import Callable, Sequence
from fcntl import ioctl
from typing import NamedTuple

from dualset.builders.execution.inside.kernel import ABI
from dualset.builders.execution.inside.syscalls import BROKERED, number

__all__ = ["Broker"]

_RECEIVE, _SEND, _ADD_FD = 0xC0502100, 0xC0182101, 0x40182103
_NOTICE = struct.Struct("=QIIiIQ6Q")  # id, pid, flags; call number, architecture, instruction pointer, arguments
_REPLY = struct.Struct("=QqiI")  # id, value, error, flags
_ADDITION = struct.Struct("=QIIII")  # id, flags, our descriptor, its descriptor, its flags
_SEND_TOO = 2  # SECCOMP_ADDFD_FLAG_SEND: Linux 5.14
_MOST_FILES = 64
_LONGEST, _PAGE, _KERNEL = 4096, 4096, 1 << 62
_LOW = 0xFFFF_FFFF
_HERE, _AT_REMOVEDIR = -100 & _LOW, 0x200  # AT_FDCWD
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_KEPT = _WRITES | os.O_EXCL | os.O_DIRECTORY


class _Asked(NamedTuple):
    """One call: its name, the thread that made it, the path it named, resolved, and its other arguments."""

    call: str
    path: str
    flags: int
    to: str = ""


class Broker:
    """Answers one call at a time.

    Args:
        listener: the descriptor on which the kernel asks.
        readable: folders and files that may be read.
        devices: files that may be read and written.
        scratch: the folder in which files may be made and removed.
    """

    def __init__(self, listener: int, readable: Sequence[str], devices: Sequence[str], scratch: str) -> None:
        self._listener = listener
        self._readable = tuple(os.path.realpath(path) for path in readable)
        self._devices = {os.path.realpath(path) for path in devices}
        self._scratch = os.path.realpath(scratch)
        assert ABI is not None
        self._made = 0
        self._names = {number(name, ABI.column): name for name in BROKERED}

    def answer(self) -> None:
        """Receive one call and answer it; one that was given up meanwhile is forgotten."""
        notice = bytearray(_NOTICE.size)
        try:
            ioctl(self._listener, _RECEIVE, notice)
        except OSError:
            return
        ident, thread, _, which, _, _, *args = _NOTICE.unpack(notice)
        try:
            self._do(ident, _read(self._names[which], thread, args))
        except OSError as error:
            self._reply(ident, error.errno or errno.EACCES)
        except (ValueError, OverflowError):  # an address or a path that is none
            self._reply(ident, errno.EFAULT)

    def begin_count(self) -> None:
        """The scratch folder is empty: files are counted from none."""
        self._made = 0

    def _count(self, asked: _Asked) -> None:
        """A file's size is limited, so their number is what limits the whole."""
        if asked.call.startswith("mkdir") or (asked.flags & os.O_CREAT and not os.path.lexists(asked.path)):
            self._made += 1
            if self._made > _MOST_FILES:
                raise OSError(errno.EDQUOT, "too many files", asked.path)

    def _do(self, ident: int, asked: _Asked) -> None:
        if asked.call in ("open", "openat"):
            fd = self._open(asked)
            try:
                ioctl(self._listener, _ADD_FD, _ADDITION.pack(ident, _SEND_TOO, fd, 0, asked.flags & os.O_CLOEXEC))
            finally:
                os.close(fd)
            return
        for path in (asked.path, asked.to or asked.path):
            if not self._in_scratch(path):
                raise _refused(path)
        self._count(asked)
        _CHANGES[asked.call](asked)
        self._reply(ident, 0)

    def _open(self, asked: _Asked) -> int:
        path = asked.path
        if path in self._devices:
            return os.open(path, asked.flags & os.O_ACCMODE)
        scratch = self._in_scratch(path) or path == self._scratch
        if not scratch and (asked.flags & _WRITES or not _within(path, self._readable)):
            raise _refused(path)
        self._count(asked)
        fd = os.open(path, (asked.flags & _KEPT) | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
        mode = os.fstat(fd).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or path in self._readable):
            os.close(fd)
            raise _refused(path)
        return fd

    def _in_scratch(self, path: str) -> bool:
        return path.startswith(self._scratch + "/")

    def _reply(self, ident: int, error: int) -> None:
        try:
            ioctl(self._listener, _SEND, _REPLY.pack(ident, 0, -error, 0))
        except OSError:  # it has been killed meanwhile
            return


def _read(name: str, thread: int, args: Sequence[int]) -> _Asked:
    """What a stopped thread asks: its arguments, its path from its memory, resolved from its own folder."""
    if name.startswith("rename"):
        old, new = ((args[0], args[1]), (args[2], args[3])) if "at" in name else ((_HERE, args[0]), (_HERE, args[1]))
        if name == "renameat2" and args[4]:
            raise OSError(errno.EINVAL, "no flags")
        return _Asked(name, _real_parent(_path(thread, *old)), 0, _real_parent(_path(thread, *new)))
    folder, text, flags = args[:3] if name.endswith("at") else (_HERE, args[0], args[1])
    path = _path(thread, folder, text)
    by_name = name.startswith(("unlink", "rmdir", "mkdir"))  # these act on a name, not on what it leads to
    return _Asked(name, _real_parent(path) if by_name else os.path.realpath(path), flags & _LOW)


def _path(thread: int, folder: int, address: int) -> str:
    """A path of a stopped thread's, from its own folder where it is relative."""
    text = os.fsdecode(_text(thread, address))
    if not text:
        raise FileNotFoundError(errno.ENOENT, "no path")
    folder &= _LOW
    base = "cwd" if folder == _HERE else f"fd/{folder}"
    return text if text.startswith("/") else os.path.join(os.readlink(f"/proc/{thread}/{base}"), text)


def _real_parent(path: str) -> str:
    path = path.rstrip("/")
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


def _text(thread: int, address: int) -> bytes:
    if address >= _KERNEL:
        raise OSError(errno.EFAULT, "no path")
    memory = os.open(f"/proc/{thread}/mem", os.O_RDONLY)
    try:
        found = b""
        while b"\0" not in found:
            some = os.pread(memory, _PAGE - (address + len(found)) % _PAGE, address + len(found))
            found += some
            if not some or len(found) > _LONGEST + _PAGE:
                raise OSError(errno.EFAULT, "no path")
        return found[: found.index(b"\0")]
    finally:
        os.close(memory)


def _within(path: str, roots: Sequence[str]) -> bool:
    return any(path == root or path.startswith(root + "/") for root in roots)


def _refused(path: str) -> OSError:
    return PermissionError(errno.EACCES, "not for programs", path)


def _unlinkat(asked: _Asked) -> None:
    (os.rmdir if asked.flags & _AT_REMOVEDIR else os.unlink)(asked.path)


_CHANGES: dict[str, Callable[[_Asked], None]] = {
    "mkdir": lambda asked: os.mkdir(asked.path, 0o700),
    "mkdirat": lambda asked: os.mkdir(asked.path, 0o700),
    "unlink": lambda asked: os.unlink(asked.path),
    "unlinkat": _unlinkat,
    "rmdir": lambda asked: os.rmdir(asked.path),
    **dict.fromkeys(("rename", "renameat", "renameat2"), lambda asked: os.rename(asked.path, asked.to)),
}
