"""Co-evolution on the tiny policy: each selector and each baseline, from one base, on the same problems.

A build, then each arm by the command that a user would type, then `dualset eval` of the base and of every arm on the
problems of the test split. The arms of a consensus take turns, so the coder learns in half of them; a baseline, which
trains the coder alone, gets half as many, so that every coder learns equally often (``execution``, rewarded by the
problems' own tests, too: what the others would get if they knew the truth). What is finished in the work folder is not
done again. The figures of training are of the answers that the model was rewarded for, on problems that it had mostly
not seen: means over the turns of the first, the middle and the last fifth.

Run:  python benchmarks/coevolution.py --work coevolution [--steps 100] [--seeds 1] [--jobs 2] [--json]
"""

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import fmean
from typing import Any

import click
from machine import circumstances
from study_folder import StudyFolder

from dualset.eval.bootstrap import difference, estimate

RECIPE = Path(__file__).resolve().parent.parent / "recipes" / "micro.yaml"
NAME = "micro-coevolution"
BASE = "micro-roles"
BUILD = (
    f"name={NAME}",
    "problems.count=1000",
    f"candidates.model={BASE}",
    "candidates.n=4",
    "splits={train: 0.6, validation: 0.1, test: 0.3}",
)
CONSENSUS = {
    "maxpass": "maxpass",
    "codet": "codet",
    "b4(4,3)": "b4(4,3)",
    "dyb4": "dyb4",
}
ALIKE = ("loss_type=grpo", "epsilon_high=0.2", "max_completion_length=96")
"""What coevolve-micro sets otherwise than generate-micro."""
BASELINES = ("online", "offline", "execution")
FIGURES = ("coder/passed", "tester/accuracy", "tester/mutation_score", "selection/noise", "selection/kept")
PARTS = ("rollout", "execution", "mutation", "calibration", "training", "watch")
Run = dict[str, Any]


class Study:
    """The arms in a folder."""

    def __init__(self, work: Path, steps: int) -> None:
        self._folder, self._steps = StudyFolder(work), steps

    def build(self) -> str:
        """The version's name and revision."""
        return self._folder.build(NAME, RECIPE, BUILD)

    def arm(self, arm: str, seed: int, ref: str) -> Run:
        """Train one arm, and measure it."""
        name = f"{re.sub('[^a-z0-9]+', '-', arm).rstrip('-')}-{seed}"
        folder = self._folder.model(name)
        if arm != "base":
            self._folder.train(name, [*self._argv(arm), f"--seed={seed}"], ref, folder, folder)
        lines = [] if arm in ("base", "execution") else _metrics(folder)
        found = self._folder.evaluate(name, BASE if arm == "base" else str(folder), seed, ref)
        passed = {name: scores["pass@1"] for name, scores in found.items() if scores.get("pass@1") is not None}
        return {"arm": arm, "seed": seed, "metrics": lines, "by_problem": passed}

    def _argv(self, arm: str) -> list[str]:
        given = ["--model", BASE, "--preset", "micro"]
        if arm in CONSENSUS:
            chosen = ["--set", f"coevolution.selector={CONSENSUS[arm]}", "--max-steps", str(self._steps)]
            return ["coevolve", *given, *chosen]
        half = ["--max-steps", str(self._steps // 2)]
        if arm == "execution":
            return ["generate", *given, *half, *(f"--set={each}" for each in ALIKE)]
        return ["coevolve", *given, "--set", f"coevolution.method={arm}", *half]


def _metrics(folder: Path) -> list[Run]:
    lines = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    return [line for line in lines if "time/rollout_s" in line]


def table(runs: Sequence[Run], arms: Sequence[str]) -> Iterator[str]:
    """Markdown: on held-out problems, over the turns, and the seconds of a turn."""
    base = {run["seed"]: run["by_problem"] for run in runs if run["arm"] == "base"}
    yield "| arm | pass@1 on held-out problems | minus the base |\n| --- | --- | --- |"
    for arm in ("base", *arms):
        own = {run["seed"]: run["by_problem"] for run in runs if run["arm"] == arm}
        means = _over_seeds(own)
        minus = "" if arm == "base" else _interval(difference(means, _over_seeds(base)), signed=True)
        yield f"| {arm} | {_interval(estimate(means))} | {minus} |"
    shown = [arm for arm in arms if arm != "execution"]
    heads = " | ".join(name.replace("_", " ") for name in FIGURES)
    yield f"\n| arm | {heads} |\n|{' --- |' * (len(FIGURES) + 1)}"
    for arm in shown:
        lines = [_fifths([run["metrics"] for run in runs if run["arm"] == arm], name) for name in FIGURES]
        yield f"| {arm} | {' | '.join(lines)} |"
    yield f"\n| arm | {' | '.join(f'{name} s' for name in PARTS)} |\n|{' --- |' * (len(PARTS) + 1)}"
    for arm in shown:
        every = [line for run in runs if run["arm"] == arm for line in run["metrics"]]
        seconds = [f"{_mean(every, f'time/{name}_s'):.2f}" for name in PARTS]
        yield f"| {arm} | {' | '.join(seconds)} |"


def _over_seeds(of: Mapping[int, Mapping[str, float]]) -> dict[str, float]:
    names = next(iter(of.values()))
    return {name: fmean(scores[name] for scores in of.values()) for name in names}


def _fifths(series: Sequence[Sequence[Run]], name: str) -> str:
    """The mean of a figure over the first, the middle and the last fifth of the turns that have it."""
    parts: list[list[float]] = [[], [], []]
    for lines in series:
        turns = len(lines)
        for place, line in enumerate(lines):
            at = {0: 0, 2: 1, 4: 2}.get(5 * place // turns)
            if at is not None and line.get(name) is not None:
                parts[at].append(line[name])
    return " → ".join(f"{fmean(part):.2f}" for part in parts if part)


def _mean(lines: Sequence[Run], name: str) -> float:
    return fmean(line[name] for line in lines)


def _interval(of: Any, *, signed: bool = False) -> str:
    sign = "+" if signed else ""
    return f"{of.value:{sign}.3f} [{of.low:{sign}.3f}, {of.high:{sign}.3f}]"


@click.command()
@click.option("--work", type=click.Path(path_type=Path), default=Path("coevolution"), show_default=True)
@click.option(
    "--steps", default=100, show_default=True, help="Optimizer steps of a run in which roles take turns; even."
)
@click.option("--seeds", default=1, show_default=True, help="Runs of each arm.")
@click.option("--arms", default=";".join((*CONSENSUS, *BASELINES)), show_default=True, help="Which, with ; between.")
@click.option("--jobs", default=2, show_default=True, help="Commands at once; each takes one core.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(work: Path, steps: int, seeds: int, arms: str, jobs: int, as_json: bool) -> None:
    """Make the table."""
    if steps < 2 or steps % 2:
        msg = f"--steps is {steps}: expected an even number, the coder learns in half of them"
        raise click.UsageError(msg)
    chosen, started = arms.split(";"), time.monotonic()
    study = Study(work.resolve(), steps)
    ref = study.build()
    with ThreadPoolExecutor(jobs) as pool:
        tasks = [pool.submit(study.arm, arm, seed, ref) for seed in range(seeds) for arm in ("base", *chosen)]
        runs = [task.result() for task in tasks]
    whole = {
        **circumstances("trl", "transformers", "torch"),
        "version": ref,
        "steps": steps,
        "seeds": seeds,
        "jobs": jobs,
        "seconds": round(time.monotonic() - started),
    }
    if as_json:
        print(json.dumps(whole | {"runs": runs}))
        return
    for key, value in whole.items():
        print(f"{key:<18} {value}")
    print("\n" + "\n".join(table(runs, chosen)))


if __name__ == "__main__":
    main()
