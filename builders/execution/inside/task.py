"""The task file: what the driver gives a child to do, and the compiled texts that the compiler adds to it.

A head with three lengths, then the texts of the variants, the rest (style, whether with prelude, tests), and what was
compiled; the last length is written last, so a compiler that was killed half-way has added nothing.
"""

import marshal
import os
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

__all__ = ["Task", "attach", "read_all", "read_task", "task_bytes", "texts_of"]

_HEAD = struct.Struct("=QQQ")
_CHUNK = 1 << 16


class Task(NamedTuple):
    """What there is to do: texts, what was compiled of them (None: nothing), and the rest as it was given."""

    texts: tuple[bytes, ...]
    compiled: list[bytes | None] | None
    rest: Any


def task_bytes(codes: Sequence[str], rest: bytes) -> bytes:
    """A task as the driver writes it.

    Args:
        codes: the texts of the variants.
        rest: ``marshal`` of everything else.
    """
    texts = marshal.dumps(tuple(code.encode("utf-8", "surrogatepass") for code in codes))
    return _HEAD.pack(len(texts), len(rest), 0) + texts + rest


def read_all(fd: int) -> bytes:
    """A file from its start."""
    data = os.pread(fd, _CHUNK, 0)
    while len(data) % _CHUNK == 0 and (more := os.pread(fd, _CHUNK << 6, len(data))):
        data += more
    return data


def read_task(fd: int) -> Task:
    """In the child: the whole task."""
    data = read_all(fd)
    n_texts, n_rest, n_compiled = _HEAD.unpack_from(data)
    start = _HEAD.size + n_texts
    end = start + n_rest
    compiled = marshal.loads(data[end : end + n_compiled]) if n_compiled else None
    return Task(marshal.loads(data[_HEAD.size : start]), compiled, marshal.loads(data[start:end]))


def texts_of(fd: int) -> tuple[bytes, ...]:
    """In the compiler: the texts alone."""
    n_texts, _, _ = _HEAD.unpack(os.pread(fd, _HEAD.size, 0))
    texts: tuple[bytes, ...] = marshal.loads(os.pread(fd, n_texts, _HEAD.size))
    return texts


def attach(fd: int, compiled: bytes) -> None:
    """In the compiler: add what was compiled, and then its length."""
    n_texts, n_rest, _ = _HEAD.unpack(os.pread(fd, _HEAD.size, 0))
    written = os.pwrite(fd, compiled, _HEAD.size + n_texts + n_rest)
    if written == len(compiled):
        os.pwrite(fd, _HEAD.pack(n_texts, n_rest, written), 0)
