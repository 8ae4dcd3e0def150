"""Files that no program may touch: a small folder with a secret in it, and whether anything in it has changed."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

__all__ = ["Bait"]

_ATTRIBUTE = "user.note"


class Seen(NamedTuple):
    """What can be seen of one path: metadata, and the content or the target of a link."""

    mode: int
    owner: int
    links: int
    modified_ns: int
    content: bytes
    attributes: bytes


class Bait:
    """A folder to read from, write to and delete in.

    It holds ``secret.txt``, ``kept.txt``, ``doomed/inner.txt``, an empty folder ``empty``, and three more ways to tell
    the secret: a name in ``names/``, the target of ``link``, and an attribute of ``kept.txt``.
    """

    def __init__(self, folder: Path, secret: str) -> None:
        self.folder = folder
        for inner in ("doomed", "names", "empty"):
            (folder / inner).mkdir(parents=True)
        (folder / "secret.txt").write_text(f"{secret}\n")
        (folder / "kept.txt").write_text("kept\n")
        (folder / "doomed/inner.txt").write_text("kept\n")
        (folder / "names" / secret).touch()
        (folder / "link").symlink_to(secret)
        with suppress(OSError, AttributeError):  # not every file system, not every platform
            os.setxattr(folder / "kept.txt", _ATTRIBUTE, secret.encode())
        self._before = dict(_seen(folder))

    def changes(self) -> list[str]:
        """What is not as it was, by name."""
        after = dict(_seen(self.folder))
        names = sorted(self._before.keys() | after.keys())
        return [_change(name, self._before.get(name), after.get(name)) for name in names if not self._same(name, after)]

    def _same(self, name: str, after: dict[str, Seen]) -> bool:
        return self._before.get(name) == after.get(name)


def _change(name: str, before: Seen | None, after: Seen | None) -> str:
    if before is None:
        return f"made {name}"
    if after is None:
        return f"deleted {name}"
    different = [field for field in Seen._fields if getattr(before, field) != getattr(after, field)]
    return f"changed {name} ({', '.join(different)})"


def _seen(folder: Path) -> Iterator[tuple[str, Seen]]:
    """Everything in it, the folder itself too; folders without their times, which others change."""
    yield ".", _one(folder)
    for where, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(where) / name
            yield str(path.relative_to(folder)), _one(path)


def _one(path: Path) -> Seen:
    status = path.lstat()
    content, attributes, modified = b"", b"", 0
    if path.is_symlink():
        content = os.fsencode(path.readlink())
    elif path.is_file():
        modified = status.st_mtime_ns
        with suppress(OSError):  # its mode may have been changed
            content = path.read_bytes()
        with suppress(OSError, AttributeError):
            attributes = os.getxattr(path, _ATTRIBUTE)
    links = status.st_nlink if path.is_file() else 1
    return Seen(status.st_mode, status.st_uid, links, modified, content, attributes)
