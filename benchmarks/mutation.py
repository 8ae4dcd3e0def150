"""How many mutants right programs have, how long making and running them takes, and how many the tests kill.

Run:  python benchmarks/mutation.py [--json] [--data DIR] [--part humaneval] [--limit 150] [--cap 20] [--mutmut]

HumanEval and MBPP: the reference programs on the official tests. LiveCodeBench: programs of a model that the official
harness judged right, on the public tests. Reported: mutants a program, with the cap and without one; over the programs
that pass a test, the share of mutants that the tests kill together and the mean of a single test; CPU seconds.
"""

import json
import os
import time
from pathlib import Path
from statistics import mean
from typing import Any

import click
from machine import circumstances

from dualset.builders.dataset.records import Problem
from dualset.builders.dataset.words import Outcome
from dualset.builders.mutation.engine import DEFAULT_CAP, Mutants, mutants
from dualset.builders.mutation.kills import Job, Kills, kill_matrices
from dualset.builders.mutation.mutmut_engine import mutmut_mutants
from dualset.builders.mutation.score import suite_score, test_scores
from dualset.builders.problems.load import load_problems
from dualset.builders.problems.settings import ProblemSettings

FILES = {
    "humaneval": "humaneval/HumanEval.jsonl.gz",
    "mbpp": "mbpp/mbpp.jsonl",
    "livecodebench": "livecodebench/problems_public_tests",
}
SAMPLES = "livecodebench/outputs/O1-Preview-2024-09-12.v5_880.n1.eval_all.json"


def programs(part: str, data: Path, limit: int) -> list[tuple[Problem, str]]:
    """Problems with a right program each."""
    found = load_problems(ProblemSettings(source=part, path=str(data / FILES[part])))
    if part != "livecodebench":
        return [(each, each.reference_solutions[0]) for each in found.problems][:limit]
    rows = json.loads((data / SAMPLES).read_text())
    right = {row["question_id"]: row["code_list"][0] for row in rows if row["graded_list"][0]}
    return [(each, right[each.source_id]) for each in found.problems if each.source_id in right and each.tests][:limit]


def figures(work: list[tuple[Problem, str]], cap: int, make: Any) -> dict[str, Any]:
    """All of one part."""
    begin = time.process_time()
    every: list[Mutants] = [make(code, cap=None) for _, code in work]
    making_s = time.process_time() - begin
    some = [make(code, cap=cap) for _, code in work]
    begun = sum(os.times()[:4]), time.monotonic()
    jobs = [Job(problem.problem_id, code, made.found) for (problem, code), made in zip(work, some, strict=True)]
    kills = list(kill_matrices({problem.problem_id: problem for problem, _ in work}, jobs))
    cells = [cell for each in kills for row in each.killed for cell in row]
    outcomes = [outcome for each in kills for row in each.outcomes for outcome in row]
    return {
        "programs": len(work),
        "without_mutants": sum(not made.found for made in every),
        "mutants_a_program": round(mean(len(made.found) for made in every), 2),
        "mutants_a_program_capped": round(mean(len(made.found) for made in some), 2),
        "making_s": round(making_s, 2),
        "runs": sum(cell is not None for cell in cells),
        "unknown": sum(cell is None and any(each.passed) for each in kills for row in each.killed for cell in row),
        "programs_that_pass_a_test": sum(any(each.passed) for each in kills),
        **_killed(kills),
        "time_limits": outcomes.count(Outcome.TIME_LIMIT),
        "running_cpu_s": round(sum(os.times()[:4]) - begun[0], 1),
        "running_wall_s": round(time.monotonic() - begun[1], 1),
    }


def _killed(kills: list[Kills]) -> dict[str, Any]:
    suites = [score for each in kills if (score := suite_score(each)) is not None]
    singles = [score for each in kills for score in test_scores(each) if score is not None]
    return {
        "killed_by_all_tests": round(mean(suites), 4) if suites else None,
        "killed_by_a_test": round(mean(singles), 4) if singles else None,
    }


@click.command()
@click.option("--part", "parts", type=click.Choice(list(FILES)), multiple=True, default=list(FILES))
@click.option("--data", type=click.Path(exists=True, file_okay=False), help="Folder of the data sets; $DUALSET_DATA.")
@click.option("--limit", default=150, show_default=True, help="Programs a part.")
@click.option("--cap", default=DEFAULT_CAP, show_default=True, help="Mutants a program that are run.")
@click.option("--mutmut", "with_mutmut", is_flag=True, help="mutmut's mutants in place of ours.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(parts: list[str], data: str | None, limit: int, cap: int, with_mutmut: bool, as_json: bool) -> None:
    """Measure mutants and kills."""
    folder = Path(data or os.environ.get("DUALSET_DATA") or ".")
    made = circumstances("mutmut") | {"cap": cap, "engine": "mutmut" if with_mutmut else "ast"}
    for part in parts:
        made[part] = figures(programs(part, folder, limit), cap, mutmut_mutants if with_mutmut else mutants)
    print(json.dumps(made) if as_json else "\n".join(f"{name:<14} {value}" for name, value in made.items()))


if __name__ == "__main__":
    main()
