"""The judge: runs one block of test code, in which the program's names are proxies.

It is forked from a zygote of its own, so no program's process ever descends from memory that has held a test. The
verdict is this process's, by its own comparisons; a program can only send data.

One record a test, ``VERDICT`` with how and error: pass, wrong (an assertion failed, or the result could not be used as
the test uses it), raised (the program raised and the test did not expect it), gone (the program's process has ended),
broken (the test does not compile).
"""

import importlib
import marshal
import mmap
import random
import socket
import traceback
from typing import Any

from dualset.builders.execution.inside.failure import describe
from dualset.builders.execution.inside.records import VERDICT, Pen
from dualset.builders.execution.inside.remote import IMPORTABLE, Gone, Link
from dualset.builders.execution.inside.task import read_all
from dualset.builders.execution.inside.watch import Order

__all__ = ["run"]

_ALIASES = {"np": "numpy"}


def run(order: Order, fds: list[int], mark: mmap.mmap) -> None:
    """Judge one program by all blocks, in order, until it is gone.

    Args:
        order: its limits.
        fds: the task (entry point and blocks, each with the names it mentions), the file for records, the line.
        mark: the page shared with the zygote.
    """
    entry_point, blocks = marshal.loads(read_all(fds[0]))
    pen = Pen(fds[1], mark, order.result_bytes)
    with socket.socket(fileno=fds[2]) as line:
        link = Link(line, trusting=False)
        for test, wanted in blocks:
            pen.begin()
            random.seed(0)
            how, error = _judge(test, wanted, entry_point, link)
            pen.write(VERDICT, error=[how, error])
            if how == "gone" or not link.in_step:
                return  # the rest is judged with fresh processes


def _judge(test: str, wanted: list[str], entry_point: str | None, link: Link) -> tuple[str, dict[str, Any] | None]:
    try:
        code = compile(test, "<test>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        return "broken", describe(error)
    try:
        names = _names(link, wanted, entry_point)
        exec(code, {"__name__": "test", **names})
    except Gone:
        return "gone", None
    except BaseException as error:  # noqa: BLE001  # the test failed in one way or another
        told = getattr(error, "told", None)
        return ("raised", told) if told else _failed(error)
    return "pass", None


def _names(link: Link, wanted: list[str], entry_point: str | None) -> dict[str, Any]:
    """The program's names; a module's name means the module itself, whatever the program has put in its place."""
    shown = link.names(wanted)
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
