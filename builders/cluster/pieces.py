"""Completions on their way: pieces of them, written by one attempt at an order and read by the driver.

In: completions as they come. Out: the same, by file and index, as far as they are whole. A piece is gzip members, each
a line of JSON: file, index, completion. On a file system each is appended at once; a store of objects cannot append, so
there a piece is put every twenty seconds. No two attempts write the same piece.
"""

import gzip
import io
import json
import time
import zlib
from collections.abc import Callable, Iterator

from dualset.builders.candidates.samplers.sampler import Completion
from dualset.builders.cluster.place import Place

__all__ = ["EVERY_S", "Pieces", "read_piece"]

EVERY_S = 20.0
_LARGE = 16 * 2**20


class Pieces:
    """What one attempt has made.

    Args:
        place: where it goes.
        stem: the attempt's own: no other writes names that begin with it.
        clock: seconds.
    """

    def __init__(self, place: Place, stem: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._place, self._stem, self._clock = place, stem, clock
        self.names: list[str] = []
        self._waiting: list[bytes] = []
        self._size, self._since = 0, clock()

    def add(self, file: str, index: int, completion: Completion) -> None:
        """Keep one."""
        line = json.dumps([file, index, *completion])  # ASCII: also for lone surrogates
        member = gzip.compress(f"{line}\n".encode(), mtime=0)
        if self._place.appends:
            self._append(member)
            return
        self._waiting.append(member)
        self._size += len(member)
        if self._size >= _LARGE or self._clock() - self._since >= EVERY_S:
            self.send()

    def send(self) -> None:
        """Let the rest go, too."""
        if self._waiting:
            self._place.put(self._next(), b"".join(self._waiting))
        self._waiting, self._size, self._since = [], 0, self._clock()

    def _append(self, member: bytes) -> None:
        if not self.names or self._size >= _LARGE:
            self._next()
            self._size = 0
        self._place.append(self.names[-1], member)
        self._size += len(member)

    def _next(self) -> str:
        self.names.append(f"{self._stem}.{len(self.names):06}.jsonl.gz")
        return self.names[-1]


def read_piece(data: bytes) -> Iterator[tuple[str, int, Completion]]:
    """The completions in a piece: file, index, completion. What was cut by a crash, and all after it, is not there."""
    try:
        with gzip.open(io.BytesIO(data)) as lines:
            for line in lines:
                file, index, *said = json.loads(line)
                yield file, index, Completion(*said)
    except (EOFError, OSError, zlib.error, ValueError, TypeError):
        return
