"""How much memory there is for this process: the machine's, or less where a control group (a container) limits it.

Out: a `Memory`, in bytes; None where the system does not say. The cache of files is not counted as used: it makes room.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

__all__ = ["Memory", "look_at_memory"]

_GROUPS = Path("/sys/fs/cgroup")
_NO_LIMIT = 2**60  # the first version writes a huge number


class _Files(NamedTuple):
    """What a version of control groups calls things."""

    limit: str
    used: str
    cache: str


_V1 = _Files("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
_V2 = _Files("memory.max", "memory.current", "inactive_file")


class Memory(NamedTuple):
    """Bytes.

    Attributes:
        total: what this process may have at all.
        available: what it could have now.
        limited: whether a control group sets the total, and not the machine.
    """

    total: int | None
    available: int | None
    limited: bool


def look_at_memory(root: Path = Path("/")) -> Memory:
    """Look at this machine; ``root`` is where ``proc`` and ``sys`` are."""
    machine = _table(root / "proc/meminfo", scale=1024)
    total, available = machine.get("MemTotal:", _pages()), machine.get("MemAvailable:")
    limits = list(_limits(root))
    tightest = min((limit for limit, _ in limits), default=None)
    left = [limit - used for limit, used in limits]
    return Memory(
        total=min((size for size in (total, tightest) if size is not None), default=None),
        available=max(0, min(each for each in (available, *left) if each is not None))
        if available is not None
        else None,
        limited=tightest is not None and (total is None or tightest < total),
    )


def _limits(root: Path) -> Iterator[tuple[int, int]]:
    """The limit and what is used of it, of this process's control group and of those above it."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0":
            place, files = root / _GROUPS.relative_to("/"), _V2
        elif "memory" in controllers.split(","):
            place, files = root / _GROUPS.relative_to("/") / "memory", _V1
        else:
            continue
        group = place / path.lstrip("/")
        for each in (group, *group.parents):
            limit, used = _number(each / files.limit), _number(each / files.used)
            if limit is not None and used is not None and limit < _NO_LIMIT:
                yield limit, max(0, used - _table(each / "memory.stat").get(files.cache, 0))
            if each == place:
                break


def _table(path: Path, scale: int = 1) -> Mapping[str, int]:
    rows = (line.split() for line in _text(path).splitlines())
    return {row[0]: int(row[1]) * scale for row in rows if len(row) > 1 and row[1].isdigit()}


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdigit() else None


def _text(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(errors="replace")
    return ""


def _pages() -> int | None:
    with suppress(ValueError, OSError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None
