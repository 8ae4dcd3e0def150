"""How many pass matrices a second the selectors decide, at once and one after the other, on one core.

Run:  python benchmarks/consensus.py [--json] [--rounds 5] [--core K]

Matrices are 8 x 8 and 100 x 500 (programs x tests), with programs that repeat. ``many`` is one call for all of them,
``loop`` one call each; both choose the same, which is checked. Medians over the rounds, the two ways in turn; nothing
is asserted about speed.
"""

import json
import os

# before numpy: its matrix products would take every core
os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import click
import numpy as np
from machine import circumstances

from dualset.builders.consensus.matrix import Bools, Matrix
from dualset.builders.consensus.parse import parse_selector
from dualset.builders.consensus.select import Selector, select, select_many

_SHAPES = {"8x8": (20_000, 500), "100x500": (400, 100)}
"""Matrices decided at once, and in the loop."""
_SELECTORS = ("b4(4,3)", "codet", "maxpass", "dyb4")


@click.command()
@click.option("--rounds", default=5, show_default=True, help="Rounds of everything; the medians count.")
@click.option("--core", type=int, help="Core to stay on; the last one by default.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(rounds: int, core: int | None, as_json: bool) -> None:
    """Time the selectors."""
    figures = circumstances("numpy") | {"core": _stay_on(core), "rounds": rounds}
    for shape, (at_once, one_by_one) in _SHAPES.items():
        n, m = map(int, shape.split("x"))
        cells = _matrices(at_once, n, m)
        for name in _SELECTORS:
            figures[f"{shape} {name}"] = _time(parse_selector(name), cells, one_by_one, rounds)
    print(json.dumps(figures) if as_json else "\n".join(_lines(figures)))


def _matrices(b: int, n: int, m: int) -> Bools:
    """Programs drawn from a third as many, and tests of every difficulty."""
    random = np.random.default_rng(0)
    kinds = random.random((b, n, m)) < random.random((b, 1, m))
    which = random.integers(0, max(1, n // 3), (b, n))
    return np.take_along_axis(kinds, which[:, :, None], axis=1)


def _time(selector: Selector, cells: Bools, one_by_one: int, rounds: int) -> dict[str, Any]:
    some = [Matrix.of(each) for each in cells[:one_by_one]]
    many, loop = select_many(selector, cells), [select(selector, each) for each in some]
    same = all(tuple(np.flatnonzero(many.rows_BN[i])) == each.rows for i, each in enumerate(loop))
    at_once, alone = [], []
    for _ in range(rounds):
        at_once.append(_seconds(lambda: select_many(selector, cells)))
        alone.append(_seconds(lambda: [select(selector, each) for each in some]))
    many_s, loop_s = len(cells) / median(at_once), len(some) / median(alone)
    return {"many_per_s": round(many_s), "loop_per_s": round(loop_s), "ratio": round(many_s / loop_s, 1), "same": same}


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _stay_on(core: int | None) -> int | None:
    """Keep to one core; which, or None where the system cannot."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    chosen = max(os.sched_getaffinity(0)) if core is None else core
    os.sched_setaffinity(0, {chosen})
    return chosen


def _lines(figures: dict[str, Any]) -> list[str]:
    lines = [f"{key:<10} {value}" for key, value in figures.items() if not isinstance(value, dict) or key == "versions"]
    lines.append(f"\n{'':<20}{'many/s':>10}{'loop/s':>10}{'ratio':>8}  the same")
    for key, each in figures.items():
        if isinstance(each, dict) and "ratio" in each:
            numbers = f"{each['many_per_s']:>10,}{each['loop_per_s']:>10,}{each['ratio']:>8}"
            lines.append(f"{key:<20}{numbers}  {'yes' if each['same'] else 'NO'}")
    return lines


if __name__ == "__main__":
    main()
