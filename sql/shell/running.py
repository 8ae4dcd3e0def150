"""Work that Ctrl-C cancels without leaving the shell.

In: a connection and a function that queries it. Out: whether it was cancelled; what the function raises is raised. The
function runs in a thread of its own; Ctrl-C interrupts the connection's query, again and again until the thread ends.
"""

import signal
from collections.abc import Callable
from threading import Event, Thread

import duckdb

__all__ = ["interruptible"]

_LOOK = 0.1
"""Seconds between two looks at whether the work is done."""


def interruptible(connection: duckdb.DuckDBPyConnection, work: Callable[[Event], None]) -> bool:
    """Run the work, which is given the event that tells it to stop; from the main thread only.

    Returns:
        True: Ctrl-C was pressed, and what the work raised is not worth a word.
    """
    stop = Event()
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work(stop)
        except BaseException as error:  # noqa: BLE001  raised again below, in the thread that asked
            raised.append(error)

    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        thread = Thread(target=run, name="dualset-sql", daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(_LOOK)
            if stop.is_set():
                connection.interrupt()
    finally:
        signal.signal(signal.SIGINT, before)
    if raised and not stop.is_set():
        raise raised[0]
    return stop.is_set()
