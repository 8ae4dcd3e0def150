"""Emptying the folder that programs run in, whatever they made of it."""

import os
from contextlib import suppress
from itertools import count

__all__ = ["empty"]


def empty(folder: str) -> None:
    """Remove everything in the folder, without following links, at any depth of nesting.

    What a folder holds is moved up before the folder is removed, so no path grows long and nothing recurses.
    """
    names = count()
    _open_up(folder)
    while found := os.listdir(folder):
        for name in found:
            path = os.path.join(folder, name)
            if not _is_folder(path):
                os.unlink(path)
                continue
            _open_up(path)
            for inner in os.listdir(path):
                inside = os.path.join(path, inner)
                if _is_folder(inside):
                    _open_up(inside)  # a folder can be moved by who may write to it
                os.rename(inside, _free(folder, names))
            os.rmdir(path)


def _open_up(folder: str) -> None:
    with suppress(PermissionError):  # in a jail; the guard, which is in none, does it where it has to be
        os.chmod(folder, 0o700)


def _free(folder: str, names: "count[int]") -> str:
    """A name that nothing in the folder has."""
    while os.path.lexists(path := os.path.join(folder, str(next(names)))):
        pass
    return path


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)
