"""An event loop in a thread of its own, so that a plain generator can have many requests in flight, also in a notebook.

In: nothing. Out: a running loop for ``asyncio.run_coroutine_threadsafe``; when the block ends, what still runs in it is
cancelled and waited for, and the thread is gone.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["background_loop"]


@contextmanager
def background_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """The loop, at work until the block ends."""
    runner = asyncio.Runner()
    loop = runner.get_loop()
    thread = threading.Thread(target=_work, args=(runner,), name="requests", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def _work(runner: asyncio.Runner) -> None:
    with runner:  # its end cancels what is left, and waits for it
        runner.get_loop().run_forever()
