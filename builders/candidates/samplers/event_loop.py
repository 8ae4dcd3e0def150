"""An event loop in a thread of its own, so that a plain generator can have many requests in flight, also in a notebook.

In: nothing. Out: a running loop for ``asyncio.run_coroutine_threadsafe``; when the block ends, what still runs in it is
cancelled and waited for, and the thread is gone. Where the interpreter ends before the block, its exit ends the loop.
"""

import asyncio
import atexit
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["background_loop", "wait_for"]


@contextmanager
def background_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """The loop, at work until the block ends."""
    runner = asyncio.Runner()
    loop = runner.get_loop()
    thread = threading.Thread(target=_work, args=(runner,), name="requests", daemon=True)
    thread.start()

    def stop() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    atexit.register(stop)  # a generator that nobody has closed is closed when no thread works any more
    try:
        yield loop
    finally:
        stop()
        atexit.unregister(stop)


def wait_for(work: Coroutine[Any, Any, object], loop: asyncio.AbstractEventLoop) -> None:
    """Let a loop do something, and wait until it is done; nothing where the loop has ended."""
    if loop.is_closed():
        work.close()
    else:
        asyncio.run_coroutine_threadsafe(work, loop).result()


def _work(runner: asyncio.Runner) -> None:
    with runner:  # its end cancels what is left, and waits for it
        runner.get_loop().run_forever()
