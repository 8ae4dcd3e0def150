"""When the problems of two sides were released, and which of EVAL's are older than the newest of TRAIN's.

In: release times, null where unknown. Out: a `Window` a side, and counts. Unknown is unknown: an undated problem is
neither old nor new, and a side without any date has no window.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

__all__ = ["Window", "not_after", "window_of"]


class Window(NamedTuple):
    """The first and last known release (UTC), and how many problems are dated or not."""

    first: datetime | None
    last: datetime | None
    dated: int
    undated: int


def window_of(times: Iterable[datetime | None]) -> Window:
    """Of one side."""
    first = last = None
    dated = undated = 0
    for time in times:
        if time is None:
            undated += 1
            continue
        dated += 1
        first = time if first is None else min(first, time)
        last = time if last is None else max(last, time)
    return Window(first, last, dated, undated)


def not_after(times: Iterable[datetime | None], newest: datetime | None) -> int | None:
    """How many were released on the day of ``newest`` or before; null where nothing is known of either side."""
    known = [time for time in times if time is not None]
    if newest is None or not known:
        return None
    return sum(time.date() <= newest.date() for time in known)
