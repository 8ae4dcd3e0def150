"""Frames: how the driver, a program's process and a judge speak over a socket. A head of JSON, and a body of bytes."""

import json
import socket
import struct
from typing import Any, NamedTuple

__all__ = ["Frame", "pack", "read_frame", "unpack"]

_HEADER = struct.Struct(">II")


class Frame(NamedTuple):
    """A small JSON head and a body of bytes."""

    head: Any
    body: bytes


def pack(head: Any, body: bytes = b"") -> bytes:
    """One frame as bytes."""
    text = json.dumps(head, separators=(",", ":")).encode("ascii")
    return _HEADER.pack(len(text), len(body)) + text + body


def unpack(data: bytes | bytearray | memoryview, at: int = 0) -> tuple[Frame, int] | None:
    """The frame that begins at ``at`` and where the next one begins; None: it is not complete yet.

    Raises:
        ValueError: the bytes are no frame (a program may write what it likes).
    """
    if len(data) - at < _HEADER.size:
        return None
    n_head, n_body = _HEADER.unpack_from(data, at)
    start = at + _HEADER.size
    end = start + n_head + n_body
    if len(data) < end:
        return None
    try:
        head = json.loads(bytes(data[start : start + n_head]))
    except RecursionError as error:
        msg = "a frame's head nests too deeply"
        raise ValueError(msg) from error
    return Frame(head, bytes(data[start + n_head : end])), end


def read_frame(sock: socket.socket) -> Frame | None:
    """Wait for the next frame; None: the other end is gone."""
    header = _read(sock, _HEADER.size)
    if header is None:
        return None
    n_head, n_body = _HEADER.unpack(header)
    rest = _read(sock, n_head + n_body)
    return None if rest is None else Frame(json.loads(rest[:n_head]), rest[n_head:])


def _read(sock: socket.socket, n: int) -> bytes | None:
    data = bytearray()
    while len(data) < n:
        some = sock.recv(n - len(data))
        if not some:
            return None
        data += some
    return bytes(data)
