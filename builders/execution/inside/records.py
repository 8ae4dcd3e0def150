"""Records: what a child writes down as it goes, in a file that outlives it.

A file rather than a line: nothing has to be read while the program runs, and what it said before a crash is there. It
is made anew for each child, so none finds the answers of another. What stands in it is the child's claim: a kind, what
it cost, an error as JSON, and a body (what was printed or returned) that the driver compares.
"""

import json
import os
import resource
import struct
import sys
from mmap import mmap
from typing import Any, NamedTuple

from dualset.builders.execution.inside.watch import MARK

__all__ = [
    "FAILED",
    "FULL",
    "LOADED",
    "LONG",
    "MAXRSS_PER_MIB",
    "NEXT",
    "OK",
    "RAISED",
    "SOILED",
    "SYNTAX",
    "VERDICT",
    "Pen",
    "Record",
    "records_in",
]

MAXRSS_PER_MIB = 1 << 20 if sys.platform == "darwin" else 1024
"""``ru_maxrss`` counts bytes on macOS, KiB on Linux."""

SYNTAX, FAILED, LOADED, OK, RAISED, LONG, SOILED, NEXT, VERDICT = "SFLORXDNV"
_HEAD = struct.Struct("=cddIQ")  # kind, CPU seconds, peak MiB, bytes of error, bytes of body


FULL = 75
"""The exit code of a child whose results have become too many for one file: the rest should run in a fresh process."""


class Record(NamedTuple):
    """One record, as the child claims it."""

    kind: str
    cpu_s: float
    peak_mib: float
    error: Any
    body: bytes


class Pen:
    """Writes a child's records, and the marks from which CPU time is judged.

    CPU time is read by getrusage: with a CPU limit set, the process clock moves only with the scheduler's tick.
    """

    def __init__(self, fd: int, mark: mmap, most: int) -> None:
        self._fd = fd
        self._most, self._size = most, 0
        self._mark = mark
        self._start = 0.0

    def begin(self) -> None:
        """A test begins now."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        self._start = usage.ru_utime + usage.ru_stime
        MARK.pack_into(self._mark, 0, self._start)

    def write(self, kind: str, body: bytes = b"", error: Any = None) -> None:
        """One record; its CPU seconds are those since ``begin``."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        cpu_s = usage.ru_utime + usage.ru_stime - self._start
        told = b"" if error is None else json.dumps(error).encode("ascii")
        head = _HEAD.pack(kind.encode("ascii"), cpu_s, usage.ru_maxrss / MAXRSS_PER_MIB, len(told), len(body))
        self._size += len(head) + len(told) + len(body)
        if self._size > self._most:
            os._exit(FULL)
        os.write(self._fd, head + told + body)


def records_in(data: bytes, most: int) -> list[Record]:
    """The records, ``most`` of them, up to the first thing that is none: a program may have written there itself."""
    found: list[Record] = []
    at = 0
    while at + _HEAD.size <= len(data) and len(found) < most:
        kind, cpu_s, peak_mib, n_error, n_body = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        end = at + n_error + n_body
        if end > len(data):
            break
        try:
            error = json.loads(data[at : at + n_error]) if n_error else None
        except (ValueError, RecursionError):
            break
        found.append(Record(kind.decode("latin-1"), cpu_s, peak_mib, error, data[at + n_error : end]))
        at = end
    return found
