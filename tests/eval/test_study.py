"""The micro study's arms and table: equal steps for all, means by problem, bold only where seeds agree."""

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from study_arms import ARMS, SHARES, Step, steps_of
from study_table import markdown, mean_scores


def taken(step: Step) -> int:
    """The optimizer steps of one command."""
    said = dict(word.removeprefix("--").split("=") for word in step.argv if word.startswith("--") and "=" in word)
    trainers = {"refresh": 1, "iterate": 2}.get(step.argv[0], 0) * int(said.get("rounds", 0))
    return trainers * int(said["steps"]) if trainers else int(said["max-steps"])


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("steps", [SHARES, 90])
def test_every_arm_takes_the_same_steps(arm: str, steps: int) -> None:
    commands = steps_of(arm, steps, 0, Path("models"))
    assert sum(map(taken, commands)) == steps
    assert len({str(command.model) for command in commands}) == len(commands)


def scored(arm: str, seed: int, **by_problem: float) -> dict[str, Any]:
    names = ("ndcg", "pairwise_accuracy", "top1", "pass@1", "best_of_4")
    scores = {problem: dict.fromkeys(names, value) for problem, value in by_problem.items()}
    return {"arm": arm, "seed": seed, "by_problem": scores}


def test_a_problem_counts_once_with_its_mean_over_the_seeds() -> None:
    found = [scored("dust", 0, a=1.0, b=0.0), scored("dust", 1, a=0.5, b=0.0, c=1.0)]
    assert mean_scores(found, "dust", "ndcg") == {"a": 0.75, "b": 0.0}


def test_bold_is_what_all_seeds_say() -> None:
    problems = [f"p{i}" for i in range(20)]
    base = [scored("base", seed, **dict.fromkeys(problems, 0.0)) for seed in (0, 1)]
    better = [scored("better", seed, **dict.fromkeys(problems, 0.5)) for seed in (0, 1)]
    unsure = [scored("unsure", 0, **dict.fromkeys(problems, 0.9)), scored("unsure", 1, **dict.fromkeys(problems, -0.1))]
    text = markdown(["base", "better", "unsure"], [*base, *better, *unsure])
    assert "| better | **+0.500 [+0.500, +0.500]** |" in text
    assert "| unsure | +0.400 [+0.400, +0.400] |" in text
    assert "| unsure | +0.900, -0.100 |" in text
