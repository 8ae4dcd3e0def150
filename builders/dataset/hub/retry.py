"""Trying again: longer and longer pauses while the Hub is busy or the connection breaks.

In: a call. Out: its result, or the error that another try would only meet again. What is retried: 408, 429, 5xx and
connections that are closed or time out; a Hub that never answered is not waited for. Left out: the retries inside
huggingface_hub, which come first where it has them.
"""

import logging
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from dualset.builders.dataset.hub.errors import one_line, status_of, transport_error

__all__ = ["Patience"]

T = TypeVar("T")
log = logging.getLogger(__name__)
_BUSY = {408, 429, 500, 502, 503, 504}


@dataclass(kw_only=True, slots=True)
class Patience:
    """How often, and with which pauses.

    Attributes:
        tries: calls in all.
        first_s: the first pause in seconds; each next one is twice as long, up to ``longest_s``.
        longest_s: a longer wait is not made; a Retry-After beyond it ends the tries.
        sleep: waits so many seconds.
        jitter: gives 0 to 1: a pause is half to all of its length, so that many clients do not come back at once.
        reached: whether the Hub has answered yet.
    """

    tries: int = 6
    first_s: float = 1.0
    longest_s: float = 300.0
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = field(default_factory=lambda: random.Random().random)
    reached: bool = False

    def __call__(self, call: Callable[[], T]) -> T:
        """The call's result, as soon as there is one."""
        for n in range(self.tries):
            try:
                result = call()
            except Exception as error:
                if (pause := self._pause(error, n)) is None:
                    raise
                log.info("the Hub: %s; again in %.0f s (%d of %d)", _seen(error), pause, n + 1, self.tries - 1)
                self.sleep(pause)
            else:
                self.reached = True
                return result
        raise AssertionError("the last try returns or raises")

    def _pause(self, error: Exception, n: int) -> float | None:
        """Seconds to wait after the n-th failure; None: there is no use in waiting."""
        status = status_of(error)
        closed = transport_error(error) and self.reached
        self.reached = self.reached or status is not None
        if n + 1 == self.tries or not (status in _BUSY or closed):
            return None
        pause = self.first_s * 2**n * (1 + self.jitter()) / 2
        wanted = _retry_after(error)
        return None if wanted > self.longest_s else min(max(pause, wanted), self.longest_s)


def _seen(error: Exception) -> str:
    status = status_of(error)
    return one_line(error.__cause__ or error) if status is None else f"answers {status}"


def _retry_after(error: Exception) -> float:
    """What the Hub asks for, in seconds; 0 where it asks nothing (a date counts as nothing)."""
    response = getattr(error, "response", None) or getattr(error.__cause__, "response", None)
    if response is None:
        return 0.0
    asked = [response.headers.get("Retry-After", "")]
    if status_of(error) == 429:  # sent with every answer, so it only means something here
        asked += re.findall(r";\s*t=(\d+)", response.headers.get("RateLimit", ""))
    return max((float(text) for text in asked if text.isdecimal()), default=0.0)
