"""Programs that read standard input and print: each test runs the program anew, as ``__main__``, in a namespace of its
own, in one process.

Descriptors 0 and 1 are real files, so ``sys.stdin.buffer``, ``open(0)`` and ``os.write(1, ...)`` work, and what a
program printed before ``os._exit`` is there for the driver to read. A test ends when the main thread and every thread
that it left running have ended, as in a process of its own.

What a program changed outside its namespace (builtins, limits, streams) is put back between tests. Where that cannot be
done (threads still alive, executors shut down), the process says ``soiled`` and the driver takes a fresh one; and the
driver runs a failing test again alone, so state that slips through never fails a program.
"""

import atexit
import os
import random
import sys
import threading
import types
from typing import Any, NamedTuple

from dualset.builders.execution.inside.failure import describe
from dualset.builders.execution.inside.prelude import WITH_PRELUDE
from dualset.builders.execution.inside.records import LONG, OK, RAISED, SOILED, Pen

__all__ = ["Meddles", "answer"]


class Meddles(NamedTuple):
    """What a program's text speaks of, and what may therefore be changed when it has ended."""

    builtins: bool
    random: bool


class Settings(NamedTuple):
    """What a program may change in the interpreter, as it was before."""

    recursion_limit: int
    path: list[str]


_BUILTINS = dict(vars(WITH_PRELUDE))


def answer(
    code: types.CodeType, cases: list[str], pen: Pen, streams: tuple[int, int], longest: int, meddles: Meddles
) -> bool:
    """One record a test, in order, until done or soiled; whether all is as it was.

    Args:
        code: the program.
        cases: what each test gives on standard input.
        pen: for the records.
        streams: the files that become standard input and standard output.
        longest: bytes of output that a test may print.
        meddles: the program's text speaks of what has to be put back after each test with some effort.
    """
    source, out = streams
    before = Settings(sys.getrecursionlimit(), list(sys.path))
    for text in cases:
        _feed(source, text)
        _streams(source, out)
        pen.begin()
        error = _run(code)
        size = os.fstat(out).st_size
        body = os.pread(out, min(size, longest), 0)
        pen.write(LONG if size >= longest else RAISED if error else OK, body, error)
        os.ftruncate(out, 0)
        if _soiled():
            pen.write(SOILED)
            return False
        _put_back(before)
        if meddles.builtins:
            _put_builtins_back()
        if meddles.random:
            random.seed(0)
    return True


def _feed(source: int, text: str) -> None:
    data = text.encode("utf-8", "surrogateescape")
    os.ftruncate(source, 0)
    at = 0
    while at < len(data):
        at += os.pwrite(source, data[at:], at)


def _streams(source: int, out: int) -> None:
    """Fresh streams on fresh descriptors, under every name that the prelude gives them."""
    for fd, target in ((source, 0), (out, 1)):
        os.lseek(fd, 0, os.SEEK_SET)
        os.dup2(fd, target)
    stdin = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    stdout = open(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    vars(sys).update(stdin=stdin, __stdin__=stdin, stdout=stdout, __stdout__=stdout)
    vars(WITH_PRELUDE).update(stdin=stdin, stdout=stdout, stderr=sys.stderr)


def _run(code: types.CodeType) -> dict[str, Any] | None:
    """Run the program to its end; None, or how it failed. ``sys.exit`` is an end like any other."""
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    names = main.__dict__
    names["__builtins__"] = WITH_PRELUDE
    failure = None
    try:
        exec(code, names)
    except SystemExit:
        pass
    except BaseException as error:  # noqa: BLE001  # whatever a program raises is data
        failure = describe(error)
    return _finish() or failure


def _finish() -> dict[str, Any] | None:
    """What the interpreter does at its end: wait for threads, run exit handlers, flush."""
    try:
        for hook in reversed(getattr(threading, "_threading_atexits", [])):
            hook()
        for thread in threading.enumerate():
            if thread is not threading.main_thread() and not thread.daemon:
                thread.join()
        atexit._run_exitfuncs()
        sys.stdout.flush()
    except SystemExit:
        pass
    except BaseException as error:  # noqa: BLE001
        if not isinstance(error, (OSError, ValueError)):  # a closed or full stdout: judged by what is in the file
            return describe(error)
    return None


def _soiled() -> bool:
    return threading.active_count() > 1 or bool(getattr(threading, "_threading_atexits", []))


def _put_builtins_back() -> None:
    names = vars(WITH_PRELUDE)
    names.update(_BUILTINS)
    for name in names.keys() - _BUILTINS.keys():
        del names[name]


def _put_back(before: Settings) -> None:
    limit, path = before
    sys.setrecursionlimit(limit)
    sys.settrace(None)
    threading.stack_size(0)
    sys.path[:] = path
    sys.argv[:] = [""]
    if "decimal" in sys.modules:
        decimal = sys.modules["decimal"]
        decimal.setcontext(decimal.Context())
