"""Several ways to do the same work, timed in turn, piece by piece, so that a busy minute slows them all.

In: for each way the same pieces of work, as functions. Out: a row of figures a way, by the wall and in CPU time of this
process and all its descendants, which says more where the machine is shared. Leaves out: what the work is.
"""

import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

__all__ = ["Piece", "Rows", "Ways", "cpu_seconds", "ratios", "time_in_turn"]

Piece = Callable[[], int]
"""Does a part of the work; how much of it passed."""
Ways = Mapping[str, Sequence[Piece]]
Rows = dict[str, dict[str, Any]]

_TICKS = os.sysconf("SC_CLK_TCK")


def time_in_turn(ways: Ways, unit: int, rounds: int) -> Rows:
    """Run every piece of the work in each way, one way after the other; another begins each round.

    Args:
        ways: each with the same pieces.
        unit: how many programs or pairs all pieces together are.
        rounds: how often everything is done.
    """
    names = list(ways)
    pieces = list(zip(*ways.values(), strict=True))
    wall: dict[str, list[list[float]]] = {name: [[] for _ in pieces] for name in names}
    cpu, passed = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0)
    for r in range(rounds):
        passed = dict.fromkeys(names, 0)
        for at, same in enumerate(pieces):
            for i in [*range(r % len(names), len(names)), *range(r % len(names))]:
                cpu_before, before = cpu_seconds(), time.perf_counter()
                passed[names[i]] += same[i]()
                wall[names[i]][at].append(time.perf_counter() - before)
                cpu[names[i]] += cpu_seconds() - cpu_before
    return {name: _row(wall[name], cpu[name] / rounds, unit) | {"passed": passed[name]} for name in names}


def _row(wall_s: Sequence[Sequence[float]], cpu_s: float, unit: int) -> dict[str, Any]:
    """Milliseconds a program or pair: the sums of each piece's median and best.

    CPU time is counted in ticks of the kernel's, so only its mean over the rounds can be told.
    """
    median_s, best_s = sum(map(statistics.median, wall_s)), sum(map(min, wall_s))
    milliseconds = {"ms": median_s, "best_ms": best_s, "cpu_ms": cpu_s}
    row = {name: round(seconds / unit * 1000, 4) for name, seconds in milliseconds.items()}
    return row | {"per_s": round(unit / median_s, 1)}


def ratios(rows: Rows, base: str) -> dict[str, dict[str, float]]:
    """How many times the base's time each way takes, for each kind of time."""
    kinds = [kind for kind in ("ms", "best_ms", "cpu_ms") if rows[base][kind]]
    return {kind: {name: round(row[kind] / rows[base][kind], 3) for name, row in rows.items()} for kind in kinds}


def cpu_seconds() -> float:
    """CPU seconds of this process, of its living descendants, and of what these have reaped."""
    return time.process_time() + sum(map(_ticks, _children(os.getpid()))) / _TICKS


def _ticks(pid: int) -> int:
    with suppress(OSError), open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) + sum(map(_ticks, _children(pid)))
    return 0


def _children(pid: int) -> list[int]:
    with suppress(OSError), open(f"/proc/{pid}/task/{pid}/children") as listing:
        return [int(child) for child in listing.read().split()]
    return []
