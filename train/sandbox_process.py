"""A process of its own that drives the sandbox while a model trains: the training process only asks and waits.

In: what the other process shall hold, once; then functions to call there, with what they are given. Out: what they
return. It is spawned: a fork would inherit the model and the accelerator. Its sandboxes are kept from one call to the
next. It ends with the training process, whatever ends that.
"""

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing.util import Finalize
from types import TracebackType
from typing import Any, Self, TypeVar

from dualset.builders.errors import ExecutionError
from dualset.builders.execution.warm import sandboxes_kept

__all__ = ["SandboxProcess"]

H = TypeVar("H")
G = TypeVar("G")
R = TypeVar("R")


class SandboxProcess:
    """To be closed, or used in a ``with``.

    Args:
        held: what functions there are given first; it can be pickled.
    """

    def __init__(self, held: Any) -> None:
        spawned = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, spawned, initializer=_begin, initargs=(held,))

    def ask(self, function: Callable[[H, G], R], given: G) -> R:
        """What ``function(held, given)`` returns there.

        Raises:
            ExecutionError: the sandbox cannot work, or the process has died.
        """
        try:
            answer: R = self._pool.submit(_called, function, given).result()
        except RuntimeError as error:  # BrokenProcessPool is one
            msg = f"the process that runs the programs has died ({error}): is there memory enough? run it again"
            raise ExecutionError(msg) from error
        return answer

    def close(self) -> None:
        """End the process and its sandboxes."""
        self._pool.shutdown(cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


_held: list[Any] = []
"""In the other process: what it was given at its start."""


def _begin(held: Any) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _held.append(held)
    keeping = ExitStack()
    keeping.enter_context(sandboxes_kept())
    Finalize(None, keeping.close, exitpriority=1)


def _end_with_parent() -> None:
    """A training process that is killed takes this one, and so its sandboxes, along."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _called(function: Callable[[Any, Any], Any], given: Any) -> Any:
    [held] = _held
    return function(held, given)
