"""What `dualset train rank` adds to a step of TRL's own `trl grpo`: the same rows, preset, seed and model, in turn.

Both train the tiny policy of the package with one thread, each in a process of its own; the time is TRL's
``train_runtime``, which holds everything between the first step and the last. What they earn at each step is compared
too: the runs must be the same run.

Run:  python benchmarks/overhead.py REF [--steps 15] [--rounds 4] [--json]
"""

import ast
import json
import os
import re
import subprocess
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import click
import yaml
from machine import circumstances

from dualset.builders.candidates.generate import MICRO_POLICY_FOLDER
from dualset.builders.dataset.store import open_version
from dualset.train.presets import PRESETS

SCRIPTS = Path(sysconfig.get_path("scripts"))
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}


class Run(NamedTuple):
    """Seconds a step, and the reward of each step."""

    step_s: float
    rewards: list[float]


@click.command()
@click.argument("ref")
@click.option("--steps", default=15, show_default=True, help="Of each run.")
@click.option("--rounds", default=4, show_default=True, help="Runs of each.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(ref: str, steps: int, rounds: int, as_json: bool) -> None:
    """Train both ways on the version REF, in turn."""
    version = open_version(ref)
    ours: list[Run] = []
    stock: list[Run] = []
    with tempfile.TemporaryDirectory(prefix="overhead-") as folder:
        for number in range(rounds):
            turns = [(ours, _ours), (stock, _stock)]
            for runs, train in turns if number % 2 == 0 else turns[::-1]:
                runs.append(train(version.path, steps, Path(folder) / f"{number}-{train.__name__}"))
    same = all(run.rewards == ours[0].rewards for run in (*ours, *stock))
    whole = {
        **circumstances("trl", "transformers", "torch"),
        "version": f"{version.name}@{version.revision[:12]}",
        "same_rewards": same,
        "ours_s": [round(run.step_s, 3) for run in ours],
        "stock_s": [round(run.step_s, 3) for run in stock],
        "ratio": round(median(a.step_s / b.step_s for a, b in zip(ours, stock, strict=True)), 3),
    }
    if as_json:
        print(json.dumps(whole))
        return
    for key, value in whole.items():
        print(f"{key:<12} {value}")


def _ours(snapshot: Path, steps: int, output: Path) -> Run:
    asked = ["--model", "micro", "--preset", "micro", "--seed", "0", "--max-steps", str(steps), "-o", str(output)]
    _run([str(SCRIPTS / "dualset"), "train", "rank", str(snapshot), *asked, "--json"])
    return _read(json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines())


def _stock(snapshot: Path, steps: int, output: Path) -> Run:
    config = yaml.safe_load((PRESETS / "rank-micro.yaml").read_text())
    config |= {"model_name_or_path": str(MICRO_POLICY_FOLDER), "output_dir": str(output), "seed": 0, "bf16": False}
    config |= {"max_steps": steps, "disable_tqdm": True}
    config["datasets"] = [{"path": "parquet", "data_files": str(snapshot / "data" / "groups" / "train-*.parquet")}]
    file = output.with_suffix(".yaml")
    file.write_text(yaml.safe_dump(config))
    said = _run([str(SCRIPTS / "trl"), "grpo", "--config", str(file)])
    return _read(ast.literal_eval(line) for line in re.findall(r"^\{.*\}$", said, re.MULTILINE))


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
    if done.returncode:
        raise click.ClickException(done.stderr.strip()[-2000:])
    return done.stdout + "\n" + done.stderr


def _read(lines: Any) -> Run:
    logged = list(lines)
    rewards = [round(float(line["reward"]), 4) for line in logged if "reward" in line]
    [seconds] = [float(line["train_runtime"]) for line in logged if "train_runtime" in line]
    return Run(seconds / len(rewards), rewards)


if __name__ == "__main__":
    main()
