"""What programs leave on the machine after their end: files, memory shared by name or by key, queues, mounts, keys.

Everything is found by the mark that each program puts into the names that it makes, so what others do on a busy machine
is never counted; and what is found is removed. Processes that are left are found by the driver, whose children they
become.
"""

import ctypes
import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

__all__ = ["Remains", "remains"]

_FOLDERS = ("/", "/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run", "/run/lock")
_SYSTEM_V = {"shm": "shmctl", "sem": "semctl", "msg": "msgctl"}
_IPC_RMID, _MNT_DETACH = 0, 2  # a call of semctl has the number of a semaphore first: also 0


class Remains(NamedTuple):
    """One thing left: the mark or the key that it was found by, and what it is."""

    found_by: str
    what: str


def remains(marks: Sequence[str], keys: Sequence[int], folders: Iterable[Path]) -> list[Remains]:
    """Find and remove.

    Args:
        marks: one a program; part of every name that it may make.
        keys: one a program; its System V objects have it.
        folders: where to look, besides those where everybody may write.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    return [
        *_mounts(marks, libc),
        *_names(marks, {*map(Path, _FOLDERS), *folders}),
        *_system_v(keys, libc),
        *_queues(marks, libc),
        *_kernel_keys(marks),
    ]


def _mark_in(text: str, marks: Sequence[str]) -> str | None:
    return next((mark for mark in marks if mark in text), None)


def _names(marks: Sequence[str], folders: set[Path]) -> list[Remains]:
    found = []
    for folder in sorted(folders):
        with suppress(OSError):
            for name in os.listdir(folder):
                mark = _mark_in(name, marks)
                if mark:
                    found.append(Remains(mark, f"{folder / name}"))
                    _remove(folder / name)
    return found


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _system_v(keys: Sequence[int], libc: ctypes.CDLL) -> list[Remains]:
    found = []
    for kind, control in _SYSTEM_V.items():
        with suppress(OSError):
            for line in Path(f"/proc/sysvipc/{kind}").read_text().splitlines()[1:]:
                key, number = (int(word) for word in line.split()[:2])
                if key in keys:
                    found.append(Remains(str(key), f"System V {kind} {key:#x}"))
                    getattr(libc, control)(number, _IPC_RMID, _IPC_RMID)
    return found


def _queues(marks: Sequence[str], libc: ctypes.CDLL) -> list[Remains]:
    """A queue that can be removed was there."""
    unlink = getattr(libc, "mq_unlink", None)
    if unlink is None:
        return []
    return [Remains(mark, f"message queue /{mark}") for mark in marks if unlink(f"/{mark}".encode()) == 0]


def _mounts(marks: Sequence[str], libc: ctypes.CDLL) -> list[Remains]:
    found = []
    with suppress(OSError):
        for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
            where, mark = line.split()[1], _mark_in(line, marks)
            if mark:
                found.append(Remains(mark, f"mount {where}"))
                libc.umount2(where.encode(), _MNT_DETACH)
    return found


def _kernel_keys(marks: Sequence[str]) -> list[Remains]:
    """Keys of the kernel's key rings; the corpus gives them a minute to live."""
    with suppress(OSError):
        lines = Path("/proc/keys").read_text().splitlines()
        found = [(mark, line) for mark in marks for line in lines if mark in line]
        return [Remains(mark, f"kernel key {line.split()[0]}") for mark, line in found]
    return []
