"""A program's process: read the task, compile the program, answer its tests one after the other, write records.

What it writes is only a claim about the program's own output: the driver compares it with what only the driver knows.
Records: ``SYNTAX`` or ``FAILED`` with the error, or ``LOADED``; then for each test ``OK``, ``RAISED`` or ``LONG`` with
what it printed or returned; ``SOILED`` where the rest should run in a fresh process. A task may hold several variants
of one program; ``NEXT`` stands between them.

This runs once a program, on memory shared with the zygote until it is written to: each page first touched costs about
four microseconds, so it is kept short, and the zygote has rehearsed it (see ``rehearsal.py``).
"""

import builtins
import marshal
import mmap
import os
import socket
import sys
import types
from collections.abc import Sequence
from typing import Any

from dualset.builders.execution.inside import calls, remote, stdio
from dualset.builders.execution.inside.failure import describe
from dualset.builders.execution.inside.prelude import RECURSION_LIMIT, WITH_PRELUDE
from dualset.builders.execution.inside.records import FAILED, LOADED, NEXT, SYNTAX, Pen
from dualset.builders.execution.inside.watch import Order

__all__ = ["read_all", "run", "task_bytes"]

_CHUNK = 1 << 16
_LENGTH = 8


def task_bytes(codes: Sequence[str], rest: bytes) -> bytes:
    """A task as the driver writes it: the texts of the variants, and the rest as ``marshal`` made it once a problem."""
    texts = marshal.dumps(tuple(code.encode("utf-8", "surrogatepass") for code in codes))
    return len(texts).to_bytes(_LENGTH, "little") + texts + rest


def run(order: Order, fds: list[int], mark: mmap.mmap) -> None:
    """Everything that a program's process does.

    Args:
        order: its limits.
        fds: the task, the file for records, and, where there is one, standard output or the line to a judge.
        mark: the page shared with the zygote.
    """
    data = read_all(fds[0])
    start = _LENGTH + int.from_bytes(data[:_LENGTH], "little")
    style, prelude, cases = marshal.loads(data[start:])
    pen = Pen(fds[1], mark)
    for i, text in enumerate(marshal.loads(data[_LENGTH:start])):
        if i:
            pen.write(NEXT)
        try:
            code = compile(str(text, "utf-8", "surrogatepass"), "<program>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
            pen.write(SYNTAX, error=describe(error))
            continue
        if style == "stdio":
            if not _print(code, cases, pen, fds[2], order.file_bytes, b"builtins" in text):
                return
        elif not _call(code, prelude, cases, pen, fds[2:], order.file_bytes):
            return


def read_all(fd: int) -> bytes:
    """A file from its start."""
    data = os.pread(fd, _CHUNK, 0)
    while len(data) % _CHUNK == 0 and (more := os.pread(fd, _CHUNK << 6, len(data))):
        data += more
    return data


def _print(code: types.CodeType, cases: list[str], pen: Pen, out: int, longest: int, meddles: bool) -> bool:
    """A variant that reads and prints; whether this process may go on to another."""
    sys.modules["builtins"] = WITH_PRELUDE
    sys.setrecursionlimit(RECURSION_LIMIT)
    pen.write(LOADED)
    return stdio.answer(code, cases, pen, out, longest, meddles)


def _call(code: types.CodeType, prelude: bool, cases: list[Any], pen: Pen, line: list[int], longest: int) -> bool:
    """A variant whose function is called, by us or by a judge; whether this process may go on to another."""
    if prelude:
        sys.modules["builtins"] = WITH_PRELUDE
        sys.setrecursionlimit(RECURSION_LIMIT)
    pen.begin()
    try:
        names = calls.load(code, WITH_PRELUDE if prelude else builtins)
    except BaseException as error:  # noqa: BLE001  # SystemExit too: a program that is to be called has to stay
        pen.write(FAILED, error=describe(error))
        return True
    pen.write(LOADED)
    calls.answer(names, cases, pen, longest)
    if line:
        remote.serve(names, socket.socket(fileno=line[0]), pen)
    return not line
