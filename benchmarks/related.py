"""Recipes of related papers that the parts make possible, each by one command, on the tiny policy.

- ``judge-rlvr`` (JudgeRLVR, arXiv 2601.08468): learn to judge first, then to generate; beside generating alone for as
  many steps as the second stage has, and as both have. Here judging is ranking four programs, there a verdict on one.
- ``vds-ttt`` (VDS-TTT, arXiv 2505.19475): of the samples for the *test* problems a verifier takes the best, and the
  policy imitates those, at test time: a reward model trained on other problems. Beside imitating right samples, which
  nobody knows at test time.
- ``cure`` (CURE, arXiv 2506.03136): coder and tester trained together by the problems' own tests.

A build, then the commands that a user would type (``logs/``), then ``dualset eval`` of each on the test split. What is
finished in the work folder is not done again.

Run:  python benchmarks/related.py judge-rlvr|vds-ttt|cure|all --work related [--steps 50] [--jobs 2] [--json]
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import click
from machine import circumstances
from study_folder import StudyFolder

from dualset.eval.bootstrap import Estimate, difference, estimate

RECIPE = Path(__file__).resolve().parent.parent / "recipes" / "micro.yaml"
NAME = "micro-related"
BUILD = (f"name={NAME}", "problems.count=600", "splits={train: 0.5, validation: 0.1, test: 0.4}")
Scores = dict[str, float]


class Arm(NamedTuple):
    """A model of a recipe, its pass@1 by problem, and the base that it is compared with."""

    name: str
    base: str
    passed: Scores


class Recipes:
    """Each recipe as a function of the version."""

    def __init__(self, folder: StudyFolder, steps: int) -> None:
        self._folder, self._steps = folder, steps

    def judge_rlvr(self, ref: str) -> list[Arm]:
        """Judge, then generate."""
        steps = self._steps
        judge = self._train("judge", "rank", ref, "micro", steps)
        found = {
            "generate": self._train("generate", "generate", ref, "micro", steps),
            "generate, twice the steps": self._train("generate-twice", "generate", ref, "micro", 2 * steps),
            "judge": judge,
            "judge, then generate": self._train("judge-generate", "generate", ref, str(judge), steps),
        }
        return self._measured("micro", found, ref)

    def vds_ttt(self, ref: str) -> list[Arm]:
        """A verifier's choice of the test problems' own samples, imitated."""
        verifier = self._train("verifier", "reward", ref, "micro", 6 * self._steps)
        scores = verifier / "scores.parquet"
        if not scores.exists():
            self._folder.run("score", ["score", str(verifier), ref, "-o", str(scores)])
        on_test = ("--split", "test")
        chosen = ("--targets", f"programs:{scores}", *on_test)
        found = {
            "verifier's choice": self._train("chosen", "imitate", ref, "micro", self._steps, *chosen),
            "right ones (the truth)": self._train(
                "right", "imitate", ref, "micro", self._steps, "--targets", "programs", *on_test
            ),
        }
        return self._measured("micro", found, ref)

    def cure(self, ref: str) -> list[Arm]:
        """Both roles by the truth, in turns."""
        given = ("--set", "coevolution.method=cure")
        found = {"cure": self._train("cure", "coevolve", ref, "micro-roles", 2 * self._steps, *given)}
        return self._measured("micro-roles", found, ref)

    def _train(self, name: str, kind: str, ref: str, model: str, steps: int, *more: str) -> Path:
        folder = self._folder.model(name)
        argv = [kind, "--model", model, "--preset", "micro", "--max-steps", str(steps), *more]
        self._folder.train(name, argv, ref, folder, folder)
        return folder

    def _measured(self, base: str, found: Mapping[str, Path], ref: str) -> list[Arm]:
        models = {base: base} | {name: str(folder) for name, folder in found.items()}
        return [Arm(name, base, self.passed(name, model, ref)) for name, model in models.items()]

    def passed(self, name: str, model: str, ref: str) -> Scores:
        """pass@1 of a model, by problem."""
        words = "-".join("".join(c if c.isalnum() else " " for c in name).split())
        found = self._folder.evaluate(words, model, 0, ref)
        return {problem: scores["pass@1"] for problem, scores in found.items() if scores.get("pass@1") is not None}


class Recipe(NamedTuple):
    """A recipe and the base that it starts from."""

    run: Callable[[Recipes, str], list[Arm]]
    base: str


RECIPES = {
    "judge-rlvr": Recipe(Recipes.judge_rlvr, "micro"),
    "vds-ttt": Recipe(Recipes.vds_ttt, "micro"),
    "cure": Recipe(Recipes.cure, "micro-roles"),
}


def table(arms: Sequence[Arm]) -> Iterator[str]:
    """Markdown: pass@1, and minus the base of the same recipe."""
    bases = {arm.name: arm.passed for arm in arms if arm.name == arm.base}
    yield "| | pass@1 | minus the base |\n| --- | --- | --- |"
    for arm in arms:
        minus = "" if arm.name == arm.base else _interval(difference(arm.passed, bases[arm.base]), signed=True)
        yield f"| {arm.name} | {_interval(estimate(arm.passed))} | {minus} |"


def _interval(of: Estimate, *, signed: bool = False) -> str:
    sign = "+" if signed else ""
    assert of.value is not None
    assert of.low is not None
    assert of.high is not None
    return f"{of.value:{sign}.3f} [{of.low:{sign}.3f}, {of.high:{sign}.3f}]"


@click.command()
@click.argument("recipe", type=click.Choice([*RECIPES, "all"]))
@click.option("--work", type=click.Path(path_type=Path), default=Path("related"), show_default=True)
@click.option("--steps", type=click.IntRange(1), default=50, show_default=True, help="Optimizer steps of a stage.")
@click.option("--jobs", default=2, show_default=True, help="Recipes at once; each takes one core.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(recipe: str, work: Path, steps: int, jobs: int, as_json: bool) -> None:
    """Run a recipe, and print its table."""
    started, folder = time.monotonic(), StudyFolder(work.resolve())
    ref = folder.build(NAME, RECIPE, BUILD)
    chosen = list(RECIPES) if recipe == "all" else [recipe]
    recipes = Recipes(folder, steps)
    for base in {RECIPES[name].base for name in chosen}:  # before recipes that share it run side by side
        recipes.passed(base, base, ref)
    with ThreadPoolExecutor(jobs) as pool:
        tasks = {name: pool.submit(RECIPES[name].run, recipes, ref) for name in chosen}
        found = {name: task.result() for name, task in tasks.items()}
    whole: dict[str, Any] = circumstances("trl", "transformers", "torch") | {
        "version": ref,
        "steps": steps,
        "seconds": round(time.monotonic() - started),
    }
    if as_json:
        print(json.dumps(whole | {name: [arm._asdict() for arm in arms] for name, arms in found.items()}))
        return
    for key, value in whole.items():
        print(f"{key:<18} {value}")
    for name, arms in found.items():
        print(f"\n{name}\n\n" + "\n".join(table(arms)))


if __name__ == "__main__":
    main()
