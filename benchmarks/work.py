"""What ``sandbox.py`` has run: HumanEval's own checks, and solutions of a small problem on standard input.

In: HumanEval's file, or nothing. Out: plans for our sandbox, and the same work as jobs for the other runners.
"""

import gzip
import json
import time
from pathlib import Path
from typing import NamedTuple

from runners import Job, Lane

from dualset.builders.dataset.records import Problem, Test, with_test_ids
from dualset.builders.dataset.words import Style
from dualset.builders.execution.plan import Plan, plan
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.problems.load import load_problems
from dualset.builders.problems.settings import ProblemSettings

__all__ = ["HumanEval", "Matrix", "humaneval_work", "matrix_work"]

_SETTINGS = LabelSettings(timeout_s=3)
_SLOW_S = 0.1
_TESTS = 20
_READERS = (
    "n = int(input())\nxs = list(map(int, input().split()))\n",
    "import sys\nn, *xs = map(int, sys.stdin.read().split())\n",
    "import sys\nn, *xs = map(int, sys.stdin.buffer.read().split())\n",
    "lines = open(0).read().split('\\n')\nxs = [int(x) for x in lines[1].split()]\n",
    "import sys\nread = sys.stdin.readline\nn = int(read())\nxs = [int(x) for x in read().split()]\n",
)
_COUNTERS = (
    "from collections import Counter\nprint(sum(xs), max(Counter(xs).values()))\n",
    "total, seen = 0, {}\nfor x in xs:\n    total += x\n    seen[x] = seen.get(x, 0) + 1\n"
    "print(total, max(seen.values()))\n",
)


class HumanEval(NamedTuple):
    """Its references, as plans and jobs in the same order, and the ids of the problems left out."""

    plans: list[Plan]
    jobs: list[Job]
    left_out: list[str]


class Matrix(NamedTuple):
    """One problem with many tests, its solutions, and a job for each pair of the two."""

    plan: Plan
    solutions: list[str]
    jobs: list[Job]


def humaneval_work(path: Path) -> HumanEval:
    """Each problem's reference against its check, without those whose check alone takes over 100 ms."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        checks = {row["task_id"]: row["test"] for row in map(json.loads, lines)}
    problems = load_problems(ProblemSettings(source="humaneval", path=str(path))).problems
    jobs = [Job(p.reference_solutions[0], p.entry_point or "", checks[p.source_id]) for p in problems]
    slow = _slow(jobs)
    kept = [i for i in range(len(jobs)) if i not in slow]
    left_out = sorted(problems[i].source_id for i in slow)
    return HumanEval([plan(problems[i], _SETTINGS) for i in kept], [jobs[i] for i in kept], left_out)


def _slow(jobs: list[Job]) -> set[int]:
    lane = Lane("exec", [[job] for job in jobs])
    slow = {i for i in range(len(jobs)) if min(_seconds(lane, i) for _ in range(2)) > _SLOW_S}
    lane.close()
    return slow


def _seconds(lane: Lane, piece: int) -> float:
    started = time.perf_counter()
    lane.run(piece)
    return time.perf_counter() - started


def matrix_work() -> Matrix:
    """10 solutions x 20 tests: sum a line of numbers, and count the commonest."""
    tests = tuple(_test([(7 * i + j * j) % 11 for j in range(2 + i)]) for i in range(_TESTS))
    problem = Problem(
        problem_id="matrix",
        source="jsonl",
        source_id="matrix",
        statement="",
        style=Style.STDIO,
        tests=with_test_ids(tests),
    )
    solutions = [reader + counter for reader in _READERS for counter in _COUNTERS]
    jobs = [Job(code, given=t.input or "", expected=t.expected or "") for code in solutions for t in tests]
    return Matrix(plan(problem, _SETTINGS), solutions, jobs)


def _test(xs: list[int]) -> Test:
    return Test(input=f"{len(xs)}\n{' '.join(map(str, xs))}\n", expected=f"{sum(xs)} {max(map(xs.count, xs))}\n")
