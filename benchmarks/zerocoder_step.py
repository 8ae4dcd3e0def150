"""The execution and mutation of a ZeroCoder step (arXiv 2604.07864), and the same pairs by a process each.

Run:  python benchmarks/zerocoder_step.py [--json] [--data DIR] [--rounds 3] [--workers 2] [--problems 32]

The paper's step takes 574 s, 477.7 of them to run 8 programs on 8 tests for each of 32 problems (273 s), and then some
13 mutants of a selected program on the tests (204.7 s). Here that is done with CodeGen-16B's programs and tests for
HumanEval (CodeT's files): the first problems that have so many of each, the first distinct ones. Phases:

- matrix: the programs on the tests, in the sandbox, which is started for that and kept for the rest of the step.
- selection: B4(4,3), never a program that passes nothing; one of the selected at random.
- mutants: of that program, 20 at most.
- kills: the mutants on the tests that their program passes (the paper's gate); the program runs again first. Endless
  loops are most of it, so there are three steps a round: with short limits, made for a step (ten times the program's
  own time, 0.05 CPU seconds at least; after three tests over it the rest counts as over it), with the defaults (0.2 s
  at least, every test), and with the limit of the other runner.
- end: of the sandbox.

The other runner starts ``python -I -S -c`` for every pair, whose text is the program and the test: the least that a
process can be, since neither the environment nor site-packages are read, and nothing around it but the limit of
memory. It is waited for by its descriptor (``subprocess.run`` would look every 50 ms). It gets the same pairs, number
of workers and limit (seconds by the wall; CPU seconds in the sandbox), and nothing to select or to mutate. The two take
turns; medians over the rounds. The paper's seconds are of another machine and other programs: they are in no ratio.
"""

import json
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import click
import numpy as np
import numpy.typing as npt
from machine import circumstances
from one_process import run_process

from dualset.builders.candidates.load import import_candidates
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.consensus.matrix import Matrix
from dualset.builders.consensus.parse import parse_selector
from dualset.builders.consensus.rank_filter import keeps
from dualset.builders.consensus.select import Ties, select
from dualset.builders.dataset.records import Label, Problem
from dualset.builders.dataset.words import Outcome
from dualset.builders.errors import DualsetError
from dualset.builders.execution.crew import Program
from dualset.builders.execution.label import label_programs
from dualset.builders.execution.ladder import Sandbox, climb
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.execution.warm import sandboxes_kept
from dualset.builders.generated.load import generated_tests
from dualset.builders.generated.settings import TestSettings
from dualset.builders.mutation.engine import mutants
from dualset.builders.mutation.kills import Job, Kills, KillSettings, kill_matrices
from dualset.builders.problems.load import load_problems
from dualset.builders.problems.settings import ProblemSettings

SAMPLES = "codet/generated_data/HumanEval_codegen16B_temp0.8_topp0.95_num100_max300_{}.jsonl"
EACH = 8
"""Programs, and tests, of a problem."""
KILLS: dict[str, dict[str, Any]] = {
    "kills": {"time_floor_s": 0.05, "early_stop": True},
    "kills, defaults": {},
    "kills, same limit": {"time_factor": None},
}
"""Settings of the mutants' limits."""
_SELECTOR = parse_selector("b4(4,3)", exclude_zero_signature=True)


class Work(NamedTuple):
    """Problems whose tests are the generated ones, and their programs, 8 of each, in order."""

    problems: dict[str, Problem]
    programs: list[Program]


class Pair(NamedTuple):
    """A text to run on a test."""

    code: str
    test: str


Cells = dict[Pair, bool]
"""Whether the text passes the test."""


Times = npt.NDArray[np.float64]
"""Seconds by the wall and of the CPU."""


class Step(NamedTuple):
    """What our own way of it took and found; ``kills`` are those of one way to limit mutants.

    Attributes:
        times: by phase; the CPU's are known of the whole step only, since the sandbox's count when it has ended.
        cells: by phase, of each text that it ran.
        over_time: by phase, pairs over the limit of time.
        mutated: how many programs were; some problems have none that passes a test.
        above_rank: problems that the paper's rank filter would keep.
    """

    times: dict[str, Times]
    cells: dict[str, Cells]
    over_time: dict[str, int]
    mutated: int
    above_rank: int


def work_of(data: Path, n_problems: int) -> Work:
    """The first problems with enough distinct programs and tests."""
    problem_set = load_problems(ProblemSettings(source="humaneval", path=str(data / "humaneval/HumanEval.jsonl.gz")))
    codes: dict[str, dict[str, str]] = {}
    imported = CandidateSettings(source="samples", format="codet", path=(str(data / SAMPLES.format("code_solution")),))
    for each in import_candidates(imported, problem_set):
        if each.program_id and each.code and len(of := codes.setdefault(each.problem_id, {})) < EACH:
            of[each.program_id] = each.code
    written = TestSettings(
        source="samples",
        format="codet",
        path=(str(data / SAMPLES.format("test_case")),),
        per_completion=1,
        at_most=EACH,
    )
    with TemporaryDirectory() as folder, generated_tests(written, problem_set.problems, Path(folder)) as found:
        full = {
            problem.source_id: replace(problem, tests=collected.tests)
            for problem, collected in found
            if len(collected.tests) == EACH == len(codes.get(problem.problem_id, {}))
        }
    names = sorted(full, key=lambda name: int(name.rpartition("/")[2]))[:n_problems]
    problems = {full[name].problem_id: full[name] for name in names}
    programs = [Program(name, program_id, code) for name in problems for program_id, code in codes[name].items()]
    return Work(problems, programs)


def step(work: Work, limits: LabelSettings, settings: KillSettings, sandbox: Sandbox, seed: int) -> Step:
    """The work in our own way."""
    clock = Clock()
    with sandboxes_kept():
        made = _phases(work, limits, settings, sandbox, seed, clock)
        clock.leave_out()  # what is only compared is no part of a step
    clock.end("end")
    return made


def _phases(
    work: Work, limits: LabelSettings, settings: KillSettings, sandbox: Sandbox, seed: int, clock: "Clock"
) -> Step:
    ran = [each.label for each in label_programs(work.problems, work.programs, limits, sandbox=sandbox)]
    clock.end("matrix")
    rows: dict[str, list[Label]] = {}
    for label in ran:
        rows.setdefault(label.problem_id, []).append(label)
    draw, chosen, above = random.Random(seed), dict[str, str](), 0
    for problem_id, of in rows.items():
        matrix = Matrix.of(np.array([[outcome == Outcome.PASS for outcome in each.outcomes] for each in of]))
        above += keeps(matrix)
        if found := select(_SELECTOR, matrix, Ties.FIRST).rows:
            chosen[problem_id] = of[draw.choice(found)].program_id
    clock.end("selection")
    code_of = {each.program_id: each.code for each in work.programs}
    jobs = [Job(name, code_of[program_id], mutants(code_of[program_id]).found) for name, program_id in chosen.items()]
    clock.end("mutants")
    kills = list(kill_matrices(work.problems, jobs, settings, sandbox=sandbox))
    clock.end("kills")
    codes = [code_of[label.program_id] for label in ran]
    crossed = {
        Pair(code, test.code or ""): outcome == Outcome.PASS
        for code, label in zip(codes, ran, strict=True)
        for test, outcome in zip(work.problems[label.problem_id].tests, label.outcomes, strict=True)
    }
    over = {
        "matrix": sum(label.outcomes.count(Outcome.TIME_LIMIT) for label in ran),
        "kills": sum(row.count(Outcome.TIME_LIMIT) for each in kills for row in each.outcomes),
    }
    return Step(clock.times, {"matrix": crossed, "kills": _mutated(work, jobs, kills)}, over, len(jobs), above)


def _mutated(work: Work, jobs: Sequence[Job], kills: Sequence[Kills]) -> Cells:
    return {
        Pair(mutant.code, test.code or ""): not cell
        for job, of in zip(jobs, kills, strict=True)
        for mutant, row in zip(job.mutants, of.killed, strict=True)
        for test, cell in zip(work.problems[job.problem_id].tests, row, strict=True)
        if cell is not None
    }


class Clock:
    """Seconds by phase: by the wall, and of the CPU, of this process and all that it has waited for."""

    def __init__(self) -> None:
        self.times: dict[str, Times] = {}
        self._since = _now()

    def end(self, phase: str) -> None:
        """A phase is over, another begins."""
        now = _now()
        self.times[phase], self._since = now - self._since, now

    def leave_out(self) -> None:
        """What has been since the last phase belongs to none."""
        self._since = _now()


def _now() -> Times:
    return np.array([time.perf_counter(), sum(os.times()[:4])])


def by_process(pairs: Sequence[Pair], limits: LabelSettings, workers: int) -> list[bool]:
    """Whether each text passes its test, in a process of its own."""
    memory = limits.memory_mb << 20
    head = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory})); del resource\n"

    def run(pair: Pair) -> bool:
        command = [sys.executable, "-I", "-S", "-c", f"{head}{pair.code}\n{pair.test}\n"]
        return run_process(command, limits.timeout_s).code == 0

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run, pairs))


def measure(work: Work, limits: LabelSettings, workers: int, rounds: int, seed: int) -> dict[str, Any]:
    """All rounds."""
    climb()  # what the machine can do is tried once a process, not once a step
    ours: dict[str, list[Step]] = {name: [] for name in KILLS}
    theirs: list[dict[str, Times]] = []
    for number in range(rounds):
        for name, how in KILLS.items():
            ours[name].append(step(work, limits, KillSettings(limits=limits, **how), Sandbox(workers=workers), seed))
        cells, clock, verdicts = ours["kills"][-1].cells, Clock(), dict[str, list[bool]]()
        for phase in ("matrix", "kills"):
            verdicts[phase] = by_process(list(cells[phase]), limits, workers)
            clock.end(phase)
        theirs.append(clock.times)
        told = {name: _seconds(made[-1].times) for name, made in ours.items()} | {
            "a process a pair": _seconds(theirs[-1])
        }
        print(f"round {number + 1}: {told}", file=sys.stderr, flush=True)
    made = ours["kills"][-1]
    passed = {phase: dict(zip(cells[phase], verdicts[phase], strict=True)) for phase in cells}
    return {
        "problems": len(work.problems),
        "problems_of_rank_above_2": made.above_rank,
        "programs_mutated": made.mutated,
        "mutants": len({pair.code for pair in made.cells["kills"]}),
        "phases": _table(ours, theirs, passed),
    }


def _seconds(times: dict[str, Times]) -> dict[str, float]:
    return {name: round(float(each[0]), 2) for name, each in times.items()}


def _table(
    ours: dict[str, list[Step]], theirs: Sequence[dict[str, Times]], passed: dict[str, Cells]
) -> dict[str, dict[str, Any]]:
    """By phase, and of the whole step with each way to limit mutants."""
    every = [step for steps in ours.values() for step in steps]
    table: dict[str, dict[str, Any]] = {}
    for phase in ("matrix", "selection", "mutants", *KILLS, "end"):
        of, name = (ours[phase], "kills") if phase in KILLS else (every, phase)
        table[phase] = _row([each.times[name] for each in of], [each[name] for each in theirs if name in each])
        if name in passed:
            table[phase] |= _compared(of[-1].cells[name], passed[name]) | {"over_time": of[-1].over_time[name]}
        for unknown in table[phase].keys() & {"cpu_s", "cpu_ratio"}:
            del table[phase][unknown]
    for name, steps in ours.items():
        whole = [sum(each.times.values(), np.zeros(2)) for each in steps]
        table[f"all with {name}"] = _row(whole, [each["matrix"] + each["kills"] for each in theirs])
    return table


def _row(ours: Sequence[Times], theirs: Sequence[Times]) -> dict[str, Any]:
    mine = np.median(ours, axis=0)
    row: dict[str, Any] = {"seconds": round(mine[0], 3), "cpu_s": round(mine[1], 2)}
    if theirs:
        other = np.median(theirs, axis=0)
        row |= {"process_a_pair_s": round(other[0], 2), "process_a_pair_cpu_s": round(other[1], 2)}
        row |= {"ratio": round(other[0] / mine[0], 1), "cpu_ratio": round(other[1] / mine[1], 1)}
    return row


def _compared(ours: Cells, theirs: Cells) -> dict[str, Any]:
    """How many pairs there are, and on how many the two do not agree."""
    return {
        "pairs": len(ours),
        "passed": sum(ours.values()),
        "only_we_pass": sum(passed and not theirs[pair] for pair, passed in ours.items()),
        "only_they_pass": sum(theirs[pair] and not passed for pair, passed in ours.items()),
    }


@click.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False), help="Folder of the data sets; $DUALSET_DATA.")
@click.option("--problems", type=click.IntRange(min=1), default=32, show_default=True, help="Problems of the step.")
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Rounds of everything; the medians count.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Programs run at the same time, in both ways.",
)
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), default=0.5, show_default=True, help="Seconds a test."
)
@click.option("--seed", default=0, show_default=True, help="Of the draw among the selected programs.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(data: str | None, problems: int, rounds: int, workers: int, timeout: float, seed: int, as_json: bool) -> None:
    """Time a step's execution and mutation."""
    limits = LabelSettings(timeout_s=timeout, memory_mb=512)
    try:
        work = work_of(Path(data or os.environ.get("DUALSET_DATA") or "."), problems)
    except DualsetError as error:
        raise click.ClickException(f"{error}: name the folder of the data sets with --data") from error
    figures = circumstances("numpy") | {
        "timeout_s": timeout,
        "workers": workers,
        "rounds": rounds,
        "isolation": next(rung.layers for rung in climb() if rung.missing is None),
        "load_before": [round(each, 2) for each in os.getloadavg()],
    }
    figures |= measure(work, limits, workers, rounds, seed)
    figures["load_after"] = [round(each, 2) for each in os.getloadavg()]
    print(json.dumps(figures) if as_json else "\n".join(_lines(figures)))


def _lines(figures: dict[str, Any]) -> Iterator[str]:
    yield from (f"{name:<26} {value}" for name, value in figures.items() if name != "phases")
    heads = (
        "seconds",
        "process_a_pair_s",
        "ratio",
        "cpu_s",
        "process_a_pair_cpu_s",
        "cpu_ratio",
        "pairs",
        "passed",
        "over_time",
        "only_we_pass",
        "only_they_pass",
    )
    yield f"\n{'':<26}" + "".join(f"{head.replace('_', ' '):>{len(head) + 3}}" for head in heads)
    for name, row in figures["phases"].items():
        cells = (f"{'' if row.get(head) is None else row[head]:>{len(head) + 3}}" for head in heads)
        yield f"{name:<26}" + "".join(cells)


if __name__ == "__main__":
    main()
