"""Talking with one child until its zygote says that it has ended: the task goes in, frames come out.

Nothing that the child writes, or does not write or read, makes the driver wait beyond the limits or keep more than was
agreed; what is no frame ends the reading.
"""

import json
import select
import socket
import sys
from collections.abc import Callable
from typing import Any

from dualset.builders.execution.inside.frames import Frame, unpack
from dualset.builders.execution.inside.watch import Order

__all__ = ["Fault", "Patience", "converse", "frames_in"]

_CHUNK = 1 << 18
_GRACE_S = 60.0
_HEAD_BYTES = 8192


class Fault(Exception):
    """The sandbox failed, not the program."""


class Patience:
    """How much of a child is put up with: seconds until its zygote reports, and bytes sent."""

    def __init__(self, order: Order) -> None:
        tests = max(1, round(order.cpu_s / order.timeout_s))
        self.wait_ms = int(1000 * (order.stall_s + _GRACE_S))
        self.bytes = tests * (order.file_bytes + _HEAD_BYTES) + 65536


def converse(
    job: socket.socket, control: socket.socket, task: bytes, patience: Patience, stop: Callable[[], None]
) -> tuple[bytearray, dict[str, Any]]:
    """Write the task and read until the zygote's report is there; what was read, and the report.

    Raises:
        Fault: the zygote is gone, or does not report in time.
    """
    job.setblocking(False)
    left, received, enough, report = memoryview(task), bytearray(), patience.bytes, b""
    poller = select.poll()
    poller.register(control, select.POLLIN)
    poller.register(job, select.POLLIN | (select.POLLOUT if left else 0))
    while not report.endswith(b"\n"):
        events = dict(poller.poll(patience.wait_ms))
        if not events:
            msg = "the zygote does not report"
            raise Fault(msg)
        happened = events.get(job.fileno(), 0)
        if happened & select.POLLIN:
            if not _receive(job, received):
                poller.unregister(job)
        elif happened & select.POLLOUT:
            left = _send(job, left)
            if not left:
                poller.modify(job, select.POLLIN)
        elif happened:
            poller.unregister(job)
        if len(received) > enough:
            poller.unregister(job)
            enough = sys.maxsize
            stop()
        if control.fileno() in events:
            report += _report(control)
    while len(received) <= patience.bytes and _receive(job, received):
        pass
    return received, json.loads(report)


def frames_in(received: bytearray) -> list[Frame]:
    """The frames, up to the first thing that is none: a program may have written to the socket itself."""
    frames: list[Frame] = []
    at = 0
    try:
        while found := unpack(received, at):
            frame, at = found
            if not isinstance(frame.head, list) or not frame.head:
                break
            frames.append(frame)
    except ValueError:
        return frames
    return frames


def _report(control: socket.socket) -> bytes:
    try:
        some = control.recv(4096)
    except ConnectionResetError:
        some = b""
    if not some:
        msg = "the zygote was lost"
        raise Fault(msg)
    return some


def _receive(job: socket.socket, received: bytearray) -> bool:
    """Read what is there; False: nothing more will come, or nothing is there now."""
    try:
        some = job.recv(_CHUNK)
    except (BlockingIOError, ConnectionResetError):
        return False
    received += some
    return bool(some)


def _send(job: socket.socket, left: memoryview) -> memoryview:
    try:
        return left[job.send(left[:_CHUNK]) :]
    except BlockingIOError:
        return left
    except (BrokenPipeError, ConnectionResetError):
        return left[:0]
