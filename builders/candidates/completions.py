"""Completions on disk: appended as they come, a file a problem, so that a crash loses those in flight and no more.

In: completions of one way of sampling. Out: the same, by problem and sample index, now or after any crash. Each is a
line of JSON in a gzip member of its own: ``zcat`` reads the file, and a member that was cut is known as such.
"""

import gzip
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dualset.builders.at_work import TEMPORARY
from dualset.builders.candidates.samplers.sampler import Answered, Completion
from dualset.builders.dataset.faults import plain_faults
from dualset.builders.dataset.ids import content_id
from dualset.builders.dataset.records import Message
from dualset.builders.errors import VersionError

__all__ = ["Completions"]

_GZIP = 31  # zlib's word for a gzip member of any window
_WINDOW = 4096  # bytes that are looked at together: what lies behind a member is copied


class Completions:
    """The completions of one way of sampling. One writer at a time (``at_work.py``).

    Args:
        folder: where those of every way lie.
        way: all that decides a completion beside its chat and index, as plain data; it is kept in ``way.json``.
        read_only: look at what is there and leave it as it is, a torn line too: somebody may be writing it.

    Raises:
        VersionError: there is no room or no permission to write.
    """

    def __init__(self, folder: Path, way: Mapping[str, Any], *, read_only: bool = False) -> None:
        self.folder, self._read_only = folder / content_id(way), read_only
        if read_only:
            return
        with plain_faults(folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            told = self.folder / f"way.{os.getpid()}{TEMPORARY}"
            told.write_text(json.dumps(way, indent=1) + "\n")
            told.replace(self.folder / "way.json")

    def path(self, problem_id: str, chat: tuple[Message, ...]) -> Path:
        """Where those of a problem are or will be; another prompt is another file."""
        return self.folder / f"{content_id([problem_id, chat])}.jsonl.gz"

    def read(self, path: Path) -> dict[int, Completion]:
        """By sample index. A line that was cut by a crash is not there, and makes room for the next.

        Raises:
            VersionError: the file is damaged.
        """
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return {}
        found: dict[int, Completion] = {}
        whole = 0
        try:
            for line, end in _members(data):
                index, *said = json.loads(line)
                found.setdefault(index, Completion(*said))
                whole = end
        except (zlib.error, ValueError, TypeError) as error:
            msg = f"{path} is damaged at byte {whole} ({error}): delete it and run the same command again"
            raise VersionError(msg) from error
        if whole < len(data) and not self._read_only:
            with plain_faults(self.folder):
                os.truncate(path, whole)
        return found

    def add(self, path: Path, answered: Answered) -> None:
        """Append one; after this it survives the end of this process.

        Raises:
            VersionError: there is no room.
        """
        line = json.dumps([answered.request.sample_index, *answered.completion])  # ASCII: also for lone surrogates
        member = gzip.compress(f"{line}\n".encode(), mtime=0)
        with plain_faults(self.folder), path.open("ab") as file:
            file.write(member)

    def settle(self, path: Path) -> None:
        """All of a problem's are there: from now on they survive the end of the machine, too."""
        with plain_faults(self.folder), path.open("rb") as file:
            os.fsync(file.fileno())


def _members(data: bytes) -> Iterator[tuple[bytes, int]]:
    """What is in each whole gzip member, and where it ends."""
    view, at = memoryview(data), 0
    while at < len(data):
        member, line, end = zlib.decompressobj(_GZIP), b"", at
        while not member.eof and end < len(data):
            line += member.decompress(view[end : end + _WINDOW])
            end = min(end + _WINDOW, len(data))
        if not member.eof:
            return
        at = end - len(member.unused_data)
        yield line, at
