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
import socket
import sys
import types
from typing import Any

from dualset.builders.execution.inside import calls, remote
from dualset.builders.execution.inside.compiler import compile_text
from dualset.builders.execution.inside.failure import describe
from dualset.builders.execution.inside.records import FAILED, LOADED, NEXT, SYNTAX, Pen
from dualset.builders.execution.inside.task import read_task
from dualset.builders.execution.inside.watch import Order

__all__ = ["run"]


def run(order: Order, fds: list[int], mark: mmap.mmap) -> None:
    """Everything that a program's process does.

    Args:
        order: its limits.
        fds: the task, the file for records, and what there is of standard output and input, or the line to a judge.
        mark: the page shared with the zygote.
    """
    texts, compiled, (style, prelude, cases) = read_task(fds[0])
    pen = Pen(fds[1], mark, order.result_bytes)
    for i, text in enumerate(texts):
        if i:
            pen.write(NEXT)
        ready = compiled[i] if compiled else None
        try:
            code = marshal.loads(ready) if ready else compile_text(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
            pen.write(SYNTAX, error=describe(error))
            continue
        if style == "stdio":
            if not _print(code, cases, pen, (fds[3], fds[2]), order.file_bytes, text):
                return
        elif not _call(code, prelude, cases, pen, fds[2:], order.file_bytes):
            return


def _prelude() -> types.ModuleType:
    """The programs' own ``builtins``, which a zygote for such programs has imported."""
    from dualset.builders.execution.inside.prelude import RECURSION_LIMIT, WITH_PRELUDE

    sys.modules["builtins"] = WITH_PRELUDE
    sys.setrecursionlimit(RECURSION_LIMIT)
    return WITH_PRELUDE


def _print(
    code: types.CodeType, cases: list[str], pen: Pen, streams: tuple[int, int], longest: int, text: bytes
) -> bool:
    """A variant that reads and prints; whether this process may go on to another."""
    from dualset.builders.execution.inside import stdio

    _prelude()
    pen.write(LOADED)
    meddles = stdio.Meddles(builtins=b"builtins" in text, random=b"random" in text)
    return stdio.answer(code, cases, pen, streams, longest, meddles)


def _call(code: types.CodeType, prelude: bool, cases: list[Any], pen: Pen, line: list[int], longest: int) -> bool:
    """A variant whose function is called, by us or by a judge; whether this process may go on to another."""
    its_builtins = _prelude() if prelude else builtins
    pen.begin()
    try:
        names = calls.load(code, its_builtins)
    except BaseException as error:  # noqa: BLE001  # SystemExit too: a program that is to be called has to stay
        pen.write(FAILED, error=describe(error))
        return True
    pen.write(LOADED)
    calls.answer(names, cases, pen, longest, plain_first=not prelude)
    if line:
        with socket.socket(fileno=line[0]) as judge:
            remote.serve(names, judge, pen)
    return not line
