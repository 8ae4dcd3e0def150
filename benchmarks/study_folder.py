"""The folder of a study: a store, models, evaluations, and a log a command. What is finished in it is not done again.

In: commands of dualset, as a user would type them. Out: what they print, and what ``dualset eval`` found by problem.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click

__all__ = ["AS_SAMPLED", "StudyFolder"]

AS_SAMPLED = ("--temperature", "1", "--top-p", "1", "--top-k", "0")
"""The pool was sampled so; at a low temperature the tiny policy hardly errs, and there is nothing to choose."""


class StudyFolder:
    """Where a study is done; made if it is not there."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self._environment = os.environ | {"DUALSET_HOME": str(work / "dualsets")}
        for name in ("models", "evaluations", "logs"):
            (work / name).mkdir(parents=True, exist_ok=True)

    def model(self, name: str) -> Path:
        """The folder of a model."""
        return self._work / "models" / name

    def build(self, name: str, recipe: Path, overrides: Sequence[str]) -> str:
        """Build a version: its name and revision."""
        done = self.run("build", ["build", str(recipe), *(f"--set={each}" for each in overrides), "--json"])
        return f"{name}@{json.loads(done.splitlines()[-1])['revision'][:12]}"

    def train(self, name: str, argv: Sequence[str], ref: str, output: Path, model: Path) -> None:
        """One training command; nothing where the very same one is finished."""
        command = ["train", *argv, ref, "-o", str(output)]
        if _finished(model) and not self._said(name, command):
            msg = (
                f"{model} was trained by another command than  dualset {' '.join(command)}: give --work another folder"
            )
            raise click.ClickException(msg)
        if not _finished(model):
            self.run(name, command)

    def evaluate(self, name: str, model: str, seed: int, ref: str) -> dict[str, dict[str, float]]:
        """Scores on the test split, by problem and metric."""
        file = self._work / "evaluations" / f"{name}.json"
        if not file.exists():
            made = file.with_suffix(".tmp")
            self.run(f"{name}-eval", ["eval", model, ref, *AS_SAMPLED, f"--seed={seed}", "-o", str(made)])
            made.rename(file)
        by_problem: dict[str, dict[str, float]] = json.loads(file.read_text())["models"][0]["by_problem"]
        return by_problem

    def _said(self, name: str, argv: Sequence[str]) -> bool:
        """Whether the log of that name is of this command."""
        log = self._work / "logs" / f"{name}.log"
        return log.exists() and log.read_text().startswith(f"$ dualset {' '.join(argv)}\n")

    def run(self, name: str, argv: Sequence[str], *, may_fail: bool = False) -> str:
        """One command of dualset; what it says is kept in ``logs/NAME.log``."""
        command = [sys.executable, "-m", "dualset", *argv]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True)
        (self._work / "logs" / f"{name}.log").write_text(f"$ dualset {' '.join(argv)}\n{done.stdout}{done.stderr}")
        if done.returncode and not may_fail:
            msg = f"dualset {' '.join(argv)}: {done.stderr.strip()[-2000:]}"
            raise click.ClickException(msg)
        return done.stdout


def _finished(model: Path) -> bool:
    try:
        return bool(json.loads((model / "run.json").read_text())["finished"])
    except (FileNotFoundError, ValueError):
        return False
