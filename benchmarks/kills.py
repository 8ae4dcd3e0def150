"""Builds killed with SIGKILL at random moments: is anything lost, made twice or half-written, and in which stages were
the kills.

Two recipes: one samples the tiny policy of the package, one imports samples; both have references, labels, balanced
groups and a tag. A store is killed on until a build in it ends, and then a new one is begun. After each kill and each
end the store is compared with that of an undisturbed build (``tests/killing.py``). It fails at the first difference.

Run:  python benchmarks/kills.py [--json] [--kills 60] [--seed 0]
"""

import json
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import click
from machine import circumstances

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from killing import (
    STAGES,
    Shard,
    check_end,
    check_store,
    finish,
    kill_within,
    model_recipe,
    samples_recipe,
    start,
    whole_build,
)

MOST_IN_A_ROW = 8
"""Kills in one store before a build there may end."""


@click.command()
@click.option("--kills", default=60, show_default=True, help="In all, half of them with each recipe.")
@click.option("--seed", default=0, show_default=True, help="Of the moments.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(kills: int, seed: int, as_json: bool) -> None:
    """Kill builds."""
    rng, started = random.Random(seed), time.monotonic()
    figures = circumstances("pyarrow", "torch")
    for name, make in (("sampled", model_recipe), ("imported", samples_recipe)):
        with tempfile.TemporaryDirectory(prefix="kills-") as folder:
            figures[name] = _series(make(Path(folder)), Path(folder), kills // 2, rng)
    figures |= {"seed": seed, "seconds": round(time.monotonic() - started), "differences": 0}
    if as_json:
        print(json.dumps(figures))
        return
    for key, value in figures.items():
        print(f"{key:<12} {value}")


def _series(recipe: Path, folder: Path, kills: int, rng: random.Random) -> dict[str, int]:
    """How many kills met each stage, and how many builds came to their end."""
    whole = whole_build(recipe, folder / "whole")
    stages = [stage for stage in STAGES if stage != "sample" or "transformers" in recipe.read_text()]
    met, ends = Counter[str](), 0
    while met.total() < kills:
        home, before = folder / f"store-{ends}", dict[str, Shard]()
        for _ in range(min(MOST_IN_A_ROW, kills - met.total())):
            aim = min(
                stages, key=lambda stage: (met[stage], rng.random())
            )  # what was met least; not always what is met
            stage = kill_within(recipe, home, aim, rng.random())
            before = check_store(home, whole, before)
            if stage is None:
                break
            met[stage] += 1
        check_end(home, whole, finish(start(recipe, home)), before)
        ends += 1
    return {stage: met[stage] for stage in stages} | {"builds ended": ends}


if __name__ == "__main__":
    main()
