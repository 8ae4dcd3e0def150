"""The judge: runs one block of test code, in which the program's names are proxies.

It is forked from a zygote of its own, so no program's process ever descends from memory that has held a test. The
verdict is this process's, by its own comparisons; a program can only send data.

Frame out: ``["verdict", how, error]``: pass, wrong (an assertion failed, or the result could not be used as the test
uses it), raised (the program raised and the test did not expect it), gone (the program's process has ended), broken
(the test does not compile).
"""

import importlib
import mmap
import os
import random
import socket
import traceback
from typing import Any

from dualset.builders.execution.inside.failure import describe
from dualset.builders.execution.inside.frames import pack, read_frame
from dualset.builders.execution.inside.remote import IMPORTABLE, Gone, Link
from dualset.builders.execution.inside.watch import Order

__all__ = ["run"]

_ALIASES = {"np": "numpy"}


def run(order: Order, fds: list[int], mark: mmap.mmap) -> None:
    """Everything between the fork and the end of the process; does not return."""
    job, sock = (socket.socket(fileno=fd) for fd in fds)
    frame = read_frame(job)
    if frame is not None:
        random.seed(0)
        job.sendall(pack(["verdict", *_judge(frame.body.decode("utf-8", "surrogatepass"), frame.head[0], sock)]))
    os._exit(0)


def _judge(test: str, entry_point: str | None, sock: socket.socket) -> tuple[str, dict[str, Any] | None]:
    try:
        code = compile(test, "<test>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        return "broken", describe(error)
    link = Link(sock, trusting=False)
    try:
        names = _names(link, entry_point)
        exec(code, {"__name__": "test", **names})
    except Gone:
        return "gone", None
    except BaseException as error:  # noqa: BLE001  # the test failed in one way or another
        told = getattr(error, "told", None)
        return ("raised", told) if told else _failed(error)
    return "pass", None


def _names(link: Link, entry_point: str | None) -> dict[str, Any]:
    """The program's names; a module's name means the module itself, whatever the program has put in its place."""
    shown = link.first()
    for name in shown:
        module = _ALIASES.get(name, name)
        if name != entry_point and module in IMPORTABLE:
            shown[name] = importlib.import_module(module)
    return shown


def _failed(error: BaseException) -> tuple[str, dict[str, Any]]:
    """An unknown name is the program's: it does not define what is asked for."""
    if isinstance(error, NameError):
        return "raised", describe(error)
    told = describe(error)
    last = traceback.extract_tb(error.__traceback__)[-1:]
    told["line"] = last[0].lineno if last and last[0].filename == "<test>" else None
    return "wrong", told
