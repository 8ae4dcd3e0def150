"""Frames: how a program's process and a judge speak over a socket. A head of fixed length, and a body of bytes.

They speak in turn, so there is never more than one frame on the way; what else comes is not of our making.
"""

import socket
import struct
from typing import NamedTuple

__all__ = ["Frame", "pack", "read_frame"]

_HEAD = struct.Struct("=BIQ")  # operation, number, bytes of the body
_FIRST, _MORE, _MOST = 1 << 12, 1 << 20, 1 << 26


class Frame(NamedTuple):
    """What is asked or answered, of which object, with what."""

    operation: int
    number: int
    body: bytes


def pack(frame: Frame) -> bytes:
    """One frame as bytes."""
    operation, number, body = frame
    return _HEAD.pack(operation, number, len(body)) + body


def read_frame(sock: socket.socket) -> Frame | None:
    """Wait for the next frame; None: the other end is gone, speaks out of turn, or says more than 64 MiB."""
    data = _read(sock, sock.recv(_FIRST), _HEAD.size)
    if data is None:
        return None
    operation, number, n_body = _HEAD.unpack_from(data)
    if n_body > _MOST:
        return None
    data = _read(sock, data, _HEAD.size + n_body)
    if data is None or len(data) > _HEAD.size + n_body:
        return None
    return Frame(operation, number, data[_HEAD.size :])


def _read(sock: socket.socket, data: bytes, n: int) -> bytes | None:
    """What was read, and more until it is as long as this."""
    if len(data) >= n:
        return data
    parts, missing = [data], n - len(data)
    while missing > 0:
        some = sock.recv(min(missing, _MORE))
        if not some:
            return None
        parts.append(some)
        missing -= len(some)
    return b"".join(parts)
