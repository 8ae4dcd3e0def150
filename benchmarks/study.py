"""The micro study: what each way to train does to the tiny policy, from one pinned version, at equal optimizer steps.

A build, then for every seed each arm (``study_arms.py``) by the command that a user would type, then `dualset eval` of
the base and of every arm on the problems of the test split, then `dualset train compare` over the arms of each seed.
What is finished in the work folder is not done again: stopped, run it again. The table is written by
``study_table.py``; nothing is chosen by what the test split says.

Run:  python benchmarks/study.py --work study [--seeds 3] [--steps 90] [--jobs 2] [--json]
"""

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click
from machine import circumstances
from study_arms import ARMS, SHARES, steps_of
from study_folder import StudyFolder
from study_table import markdown

ROOT = Path(__file__).resolve().parent.parent
RECIPE = ROOT / "recipes" / "micro.yaml"
NAME = "micro-study"
BUILD = ("name=" + NAME, "problems.count=1000", "splits={train: 0.5, validation: 0.1, test: 0.4}")


@click.command()
@click.option("--work", type=click.Path(path_type=Path), default=Path("study"), show_default=True, help="Its folder.")
@click.option("--seeds", default=3, show_default=True, help="Runs of each arm.")
@click.option("--steps", default=90, show_default=True, help="Optimizer steps of each run; a multiple of 6.")
@click.option("--arms", default=",".join(ARMS), show_default=True, help="Which, in the order of the table.")
@click.option("--jobs", default=2, show_default=True, help="Commands at once; each takes one core.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(work: Path, seeds: int, steps: int, arms: str, jobs: int, as_json: bool) -> None:
    """Make the study's table."""
    if steps < 1 or steps % SHARES:
        raise click.UsageError(
            f"--steps is {steps}: expected a multiple of {SHARES}, so that rounds can share them out"
        )
    started = time.monotonic()
    study = Study(work.resolve(), steps)
    ref = study.build()
    chosen = arms.split(",")
    each = [(arm, seed) for seed in range(seeds) for arm in ("base", *chosen)]
    with ThreadPoolExecutor(jobs) as pool:
        evaluated = [pool.submit(study.arm, arm, seed, ref) for arm, seed in each]
        found = [task.result() for task in evaluated]
    clean = [study.compare(chosen, seed) for seed in range(seeds)]
    whole = {
        **circumstances("trl", "transformers", "torch", "datasets"),
        "version": ref,
        "steps": steps,
        "seeds": seeds,
        "clean_comparisons": sum(clean),
        "seconds": round(time.monotonic() - started),
    }
    if as_json:
        print(json.dumps(whole | {"evaluations": found}))
        return
    for key, value in whole.items():
        print(f"{key:<18} {value}")
    print("\n" + markdown(["base", *chosen], found))


class Study:
    """The arms in a folder."""

    def __init__(self, work: Path, steps: int) -> None:
        self._folder, self._steps = StudyFolder(work), steps

    def build(self) -> str:
        """The version's name and revision."""
        return self._folder.build(NAME, RECIPE, BUILD)

    def arm(self, arm: str, seed: int, ref: str) -> dict[str, Any]:
        """Train one arm, and measure it: its scores by problem."""
        name, model = f"{arm}-{seed}", "micro"
        for step in [] if arm == "base" else steps_of(arm, self._steps, seed, self._folder.model(name)):
            self._folder.train(f"{name}-{step.argv[0]}", step.argv, ref, step.output, step.model)
            model = str(step.model)
        return {"arm": arm, "seed": seed, "by_problem": self._folder.evaluate(name, model, seed, ref)}

    def compare(self, arms: Sequence[str], seed: int) -> bool:
        """Whether the arms of one seed had the same base, rows and steps."""
        last = [steps_of(arm, self._steps, seed, self._folder.model(f"{arm}-{seed}"))[-1].model for arm in arms]
        told = self._folder.run(f"compare-{seed}", ["train", "compare", *map(str, last), "--json"], may_fail=True)
        return bool(json.loads(told)["clean"])


if __name__ == "__main__":
    main()
