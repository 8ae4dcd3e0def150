"""How fast programs are labelled, beside one ``python -I`` process a program, interleaved in one run.

Run:  python benchmarks/labels.py [--json] [--rounds 3] [--problems 120]

The programs are the references of generated problems (eight call tests each): nothing is downloaded. The plain process
runs the program and compares inside it: it protects nothing and can be fooled; it is the floor of what a process costs.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

import click
from machine import circumstances

from dualset.builders.dataset.records import Problem
from dualset.builders.execution.label import Program, label_programs
from dualset.builders.execution.ladder import Sandbox
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.problems.micro import micro_problems


def ours(problems: Sequence[Problem]) -> int:
    """Label with one worker; the programs that pass."""
    programs = [Program(p.problem_id, p.problem_id, p.reference_solutions[0]) for p in problems]
    labelled = label_programs(
        {p.problem_id: p for p in problems}, programs, LabelSettings(timeout_s=2), sandbox=Sandbox(workers=1)
    )
    return sum(bool(each.label.passed) for each in labelled)


def plain(problems: Sequence[Problem]) -> int:
    """One interpreter a program; the programs that end well."""
    passed = 0
    for problem in problems:
        checks = "".join(f"assert f(*{t.input}) == {t.expected}\n" for t in problem.tests)
        done = subprocess.run([sys.executable, "-I", "-S", "-c", problem.reference_solutions[0] + checks])
        passed += done.returncode == 0
    return passed


@click.command()
@click.option("--rounds", default=3, show_default=True, help="Rounds of both, interleaved; the median counts.")
@click.option("--problems", "count", default=120, show_default=True, help="Programs a round.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(rounds: int, count: int, as_json: bool) -> None:
    """Time both ways of labelling."""
    problems = micro_problems(count, seed=0)
    rates: dict[str, list[float]] = {"dualset": [], "python -I": []}
    for _ in range(rounds):
        for name, run in (("dualset", ours), ("python -I", plain)):
            started = time.perf_counter()
            passed = run(problems)
            rates[name].append(count / (time.perf_counter() - started))
            if passed != count:
                sys.exit(f"{name}: {count - passed} of {count} references fail")
    medians = {name: round(statistics.median(each), 1) for name, each in rates.items()}
    figures = circumstances("click", "pyarrow") | {
        "programs_per_s_one_worker": medians,
        "ratio": round(medians["dualset"] / medians["python -I"], 2),
    }
    if as_json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:<28} {value}")


if __name__ == "__main__":
    main()
