"""A busy machine changes no label: one worker on a quiet one or four where others burn two cores, no field differs.

Programs go near their limits, by the CPU clock: those within pass, those beyond do not, however long it takes.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest
from sandbox_programs import ADD, QUICK, TOTAL, asserts, call, stdio

from dualset.builders.dataset.records import Label, Problem
from dualset.builders.dataset.words import Outcome
from dualset.builders.execution.crew import Program
from dualset.builders.execution.label import label_programs
from dualset.builders.execution.ladder import Sandbox

pytestmark = pytest.mark.slow

LIMITS = replace(QUICK, timeout_s=1.0)
BURN = """
import time
def burn(seconds):
    begin = time.process_time()
    while time.process_time() - begin < seconds: sum(range(1000))
"""
ONCE: Problem = call(("[1]", "2"))
JUDGED: Problem = asserts("x = f(1)\nassert x == 2", "x = f(5)\nassert x == 6")
LINES = "\n".join(f"x{i} = [{i}, {{'a': ({i}, 'b')}}, lambda y: y + {i}]" for i in range(8_000))
CASES: dict[str, tuple[Problem, str, Outcome]] = {
    "uses 60 % of its time": (ONCE, BURN + "def f(x): burn(0.6); return x + 1", Outcome.PASS),
    "uses 60 % in each test": (TOTAL, BURN + "def f(xs): burn(0.6); return sum(xs)", Outcome.PASS),
    "uses 60 % in threads": (
        ONCE,
        BURN + "from threading import Thread\ndef f(x):\n"
        "    them = [Thread(target=burn, args=(0.3,)) for _ in range(2)]\n"
        "    [t.start() for t in them], [t.join() for t in them]\n    return x + 1",
        Outcome.PASS,
    ),
    "uses 60 % and is judged": (JUDGED, BURN + "def f(x): burn(0.6); return x + 1", Outcome.PASS),
    "uses 60 % and prints": (ADD, BURN + "burn(0.6)\na, b = map(int, input().split())\nprint(a + b)", Outcome.PASS),
    "uses 60 % and is wrong": (ONCE, BURN + "def f(x): burn(0.6); return x", Outcome.WRONG_ANSWER),
    "works and sleeps in turn": (
        ONCE,
        BURN + "def f(x):\n    for _ in range(5): burn(0.1), time.sleep(0.2)\n    return x + 1",
        Outcome.PASS,
    ),
    "sleeps a little": (ONCE, "import time\ndef f(x): time.sleep(0.5); return x + 1", Outcome.PASS),
    "takes long to compile": (ONCE, LINES + "\ndef f(x): return x + 1", Outcome.PASS),
    "uses 150 %": (ONCE, BURN + "def f(x): burn(1.5); return x + 1", Outcome.TIME_LIMIT),
    "uses 150 % in threads": (
        ONCE,
        BURN + "from threading import Thread\ndef f(x):\n"
        "    them = [Thread(target=burn, args=(1.5,)) for _ in range(3)]\n"
        "    [t.start() for t in them], [t.join() for t in them]\n    return x + 1",
        Outcome.TIME_LIMIT,
    ),
    "loops": (ONCE, "def f(x):\n    while True: pass", Outcome.TIME_LIMIT),
    "loops and prints": (stdio(("", "")), "while True: print(end='')", Outcome.TIME_LIMIT),
    "sleeps for ever": (ONCE, "import time\ndef f(x): time.sleep(999)", Outcome.TIME_LIMIT),
    "waits for ever": (ONCE, "import threading\ndef f(x): threading.Event().wait()", Outcome.TIME_LIMIT),
    "takes memory": (ONCE, "def f(x): return len(bytearray(1 << 30))", Outcome.MEMORY_LIMIT),
    "prints without end": (stdio(("", "")), "while True: print('x' * 9999)", Outcome.OUTPUT_LIMIT),
    "crashes": (ONCE, "import os\ndef f(x): os.abort()", Outcome.RUNTIME_ERROR),
    "raises": (ONCE, "def f(x): raise ValueError(x)", Outcome.RUNTIME_ERROR),
    "is right": (TOTAL, "def f(xs): return sum(xs)", Outcome.PASS),
}


@contextmanager
def others_burning(n: int) -> Iterator[None]:
    """So many processes that want a core each."""
    with ExitStack() as stack:
        for _ in range(n):
            burner = stack.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            stack.callback(burner.kill)
        yield


def labels(workers: int) -> dict[str, Label]:
    problems = {name: its for name, (its, _, _) in CASES.items()}
    programs = [Program(name, name, code) for name, (_, code, _) in CASES.items()]
    made = label_programs(problems, programs, LIMITS, sandbox=Sandbox(workers=workers))
    return {label.program_id: label for label, _ in made}


@pytest.fixture(scope="module")
def quiet() -> dict[str, Label]:
    return labels(1)


@pytest.fixture(scope="module")
def busy() -> dict[str, Label]:
    with others_burning(2):
        return labels(4)


@pytest.mark.parametrize("name", CASES)
def test_limits_are_held_by_the_cpu_clock(busy: dict[str, Label], name: str) -> None:
    assert busy[name].outcome == CASES[name][2], busy[name].first_failure


def test_load_changes_no_field_of_a_label(quiet: dict[str, Label], busy: dict[str, Label]) -> None:
    assert {name: (quiet[name], busy[name]) for name in CASES if quiet[name] != busy[name]} == {}
