"""Labels of a dozen programs at every level that works where this runs: as another user, within a container.

    python labels_elsewhere.py FOLDER_OF_THE_PACKAGE

Prints JSON: the levels as they were tried, the level that ``auto`` takes, and all labels by level and program, with
every field but the limits. Needs nothing but dualset's own code for running programs.
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

sys.path[:0] = [sys.argv[1]]

from dualset.builders.dataset.records import Problem  # noqa: E402
from dualset.builders.errors import ExecutionError  # noqa: E402
from dualset.builders.execution.crew import Program  # noqa: E402
from dualset.builders.execution.label import label_programs  # noqa: E402
from dualset.builders.execution.ladder import AUTO, Level, Sandbox, climb, level_of  # noqa: E402
from dualset.builders.execution.selftest.problems import PROBLEMS, QUICK, call, stdio  # noqa: E402

ADD, TOTAL, NEXT = PROBLEMS["ADD"], PROBLEMS["TOTAL"], PROBLEMS["NEXT"]
LISTS = "import os\nprint(os.listdir('.'))"
PROGRAMS: dict[str, tuple[Problem, str]] = {
    "right": (ADD, "a, b = map(int, input().split())\nprint(a + b)"),
    "wrong": (ADD, "print(3)"),
    "right call": (TOTAL, "def f(xs): return sum(xs)"),
    "raises": (TOTAL, "def f(xs): return xs[0] / 0"),
    "right asserts": (NEXT, "def f(x): return x + 1"),
    "loops": (ADD, "while True: pass"),
    "sleeps": (stdio(("", "")), "import time\ntime.sleep(99)"),
    "takes memory": (stdio(("", "")), "print(len(bytearray(1 << 30)))"),
    "prints without end": (stdio(("", "")), "while True: print('x' * 999)"),
    "exits": (TOTAL, "import os\ndef f(xs): os._exit(0)"),
    "makes files": (
        stdio(("", "2")),
        "import os\nos.mkdir('d')\nfor n in 'ab': open('d/' + n, 'w').write(n)\nprint(len(os.listdir('d')))",
    ),
    "finds none": (stdio(("", "[]")), LISTS),
    "starts threads": (
        call(("[]", "28")),
        "from concurrent.futures import ThreadPoolExecutor as Pool\ndef f(): return sum(Pool().map(int, range(8)))",
    ),
    "locks its folder": (stdio(("", "1")), "import os\nprint(1)\ntry: os.chmod('.', 0)\nexcept OSError: pass"),
    "finds none again": (stdio(("", "[]")), LISTS),
}


def main() -> None:
    """Run all programs at each level."""
    problems = {name: its for name, (its, _) in PROGRAMS.items()}
    programs = [Program(name, name, code) for name, (_, code) in PROGRAMS.items()]

    def at(level: Level) -> dict[str, Any]:
        made = label_programs(problems, programs, QUICK, sandbox=Sandbox(isolation=level))
        return {label.program_id: asdict(label) for label, _ in made}

    levels = [rung.level for rung in climb() if not rung.missing]
    with ThreadPoolExecutor(len(levels)) as side_by_side:  # they mostly wait for one that sleeps
        labels = dict(zip(levels, side_by_side.map(at, levels), strict=True))
    try:
        auto = str(level_of(AUTO))
    except ExecutionError as error:
        auto = str(error)
    told = {
        "uid": os.getuid(),
        "levels": {rung.level: rung.missing for rung in climb()},
        "auto": auto,
        "labels": labels,
    }
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
