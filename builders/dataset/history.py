"""One dataset's folder in the store: snapshots, tags, and the log of what was committed.

``snapshots/REVISION/`` are the versions, ``refs/TAG`` holds the revision that a tag names, ``log.jsonl`` has one line a
commit. All are written whole or not at all: a crash leaves at most a temporary folder and a torn last line of the log,
which the next commit removes.
"""

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from dualset.builders.dataset.faults import plain_faults
from dualset.builders.errors import CorruptVersion, VersionError

__all__ = [
    "LogEntry",
    "append_log",
    "check_word",
    "clean",
    "is_word",
    "locked",
    "read_log",
    "snapshot_path",
    "snapshots",
    "sync_folder",
    "tags_by_revision",
    "temporary_folder",
    "write_tag",
]

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_TEMPORARY = ".commit-"


@dataclass(frozen=True, kw_only=True, slots=True)
class LogEntry:
    """One commit: ``created`` is UTC, ISO 8601."""

    revision: str
    parents: tuple[str, ...]
    created: str


def is_word(word: object) -> bool:
    """Whether it can be a name or a tag."""
    return isinstance(word, str) and _WORD.fullmatch(word) is not None


def check_word(word: str, what: str) -> None:
    """Names and tags are file names: nothing in them may climb out of the store.

    Raises:
        VersionError: it is no such word.
    """
    if not is_word(word):
        msg = f"{what} {word!r}: expected letters, digits, '.', '_' or '-', starting with a letter or digit"
        raise VersionError(msg)


def snapshot_path(folder: Path, revision: str) -> Path:
    """Where a revision lies or will lie."""
    return folder / "snapshots" / revision


def snapshots(folder: Path) -> list[str]:
    """The revisions that are there."""
    place = folder / "snapshots"
    return sorted(path.name for path in place.iterdir() if (path / "manifest.json").exists()) if place.is_dir() else []


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One writer at a time for each dataset; a second one waits.

    Raises:
        VersionError: there is no room or no permission to write.
    """
    with plain_faults(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def temporary_folder(folder: Path) -> Path:
    """A place to write a snapshot to, beside ``snapshots/``: on the same file system, so that it can be renamed."""
    return folder / f"{_TEMPORARY}{os.getpid()}"


def clean(folder: Path) -> None:
    """Remove what crashed commits left. Only under the lock: then no such folder is in use."""
    for left in folder.glob(f"{_TEMPORARY}*"):
        shutil.rmtree(left)


def sync_folder(folder: Path) -> None:
    """Make names that were written into a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_log(folder: Path) -> list[LogEntry]:
    """All commits, oldest first; a torn last line is no commit.

    Raises:
        CorruptVersion: another line is damaged.
    """
    path = folder / "log.jsonl"
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]
    return [_entry(path, number, line) for number, line in enumerate(lines, start=1)]


def append_log(folder: Path, entry: LogEntry) -> None:
    """Add a commit. Only under the lock."""
    with (folder / "log.jsonl").open("a+b") as file:
        file.seek(0)
        whole = file.read()
        file.truncate(whole.rfind(b"\n") + 1)
        file.write(json.dumps(asdict(entry)).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def tags_by_revision(folder: Path) -> dict[str, tuple[str, ...]]:
    """revision -> its tags, sorted."""
    tags: dict[str, tuple[str, ...]] = {}
    for path in sorted((folder / "refs").glob("[!.]*")):
        revision = path.read_text(errors="replace").strip()
        tags[revision] = (*tags.get(revision, ()), path.name)
    return tags


def write_tag(folder: Path, tag: str, revision: str) -> None:
    """Name a revision; doing it again is allowed, moving a tag is not. Only under the lock.

    Raises:
        VersionError: the tag names another revision, or can be taken for a revision.
    """
    check_word(tag, "the tag")
    if re.fullmatch("[0-9a-f]{8,64}", tag):
        msg = f"the tag {tag!r} reads like a revision: choose one that is not all hex digits"
        raise VersionError(msg)
    path = folder / "refs" / tag
    if path.exists():
        if (old := path.read_text().strip()) != revision:
            msg = (
                f"the tag {folder.name}@{tag} already names {old[:12]} and never moves: "
                f"choose another tag for {revision[:12]}"
            )
            raise VersionError(msg)
        return
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_name(f".{tag}.tmp")
    with temporary.open("w") as file:
        file.write(f"{revision}\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def _entry(path: Path, number: int, line: bytes) -> LogEntry:
    try:
        said = json.loads(line)
        return LogEntry(revision=said["revision"], parents=tuple(said["parents"]), created=said["created"])
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{path}, line {number} is damaged ({error}): remove that line"
        raise CorruptVersion(msg) from error
