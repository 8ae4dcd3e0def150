"""On macOS and elsewhere: the plain level works through what every Unix has, and says why the others do not.

Emulated: before the sandbox starts, what only Linux has is taken from its Python, and ``select`` gets the ``kqueue``
that macOS has. The levels, the verdicts and the ends of programs are then looked at as anywhere else.
"""

import pytest
from levels import run_at
from sandbox_programs import ADD, NEXT, TOTAL, call, sandboxes_left, stdio

from dualset.builders.dataset.records import Label, Problem
from dualset.builders.dataset.words import Outcome
from dualset.builders.errors import ExecutionError
from dualset.builders.execution import worker
from dualset.builders.execution.ladder import AUTO, Level, climb, level_of

LIKE_MACOS = '''
import builtins, ctypes, os, resource, select, sys, time
import json, socket, tempfile  # what chooses by the platform as it is imported
sys.platform = "darwin"
pidfd_open = os.pidfd_open
for name in ("pidfd_open", "memfd_create", "waitid", "sched_getaffinity", "sched_setaffinity"):
    delattr(os, name)

class kqueue:
    """Enough of it: one event, that a process has ended."""
    def control(self, events, most, seconds):
        fd = pidfd_open(events[0])
        try: return select.select([fd], [], [], seconds)[0]
        finally: os.close(fd)
    def close(self): pass

select.kqueue, select.kevent = kqueue, lambda pid, **how: pid
select.KQ_FILTER_PROC, select.KQ_EV_ADD, select.KQ_NOTE_EXIT = -5, 1, 1 << 31

class CDLL(ctypes.CDLL):
    def __getattr__(self, name):
        if name == "prctl": raise AttributeError(name)
        return super().__getattr__(name)
ctypes.CDLL = CDLL

def without(path): return str(path).startswith("/proc")
def guarded(original, refuse):
    return lambda path=".", *rest, **how: refuse(path) if without(path) else original(path, *rest, **how)
def missing(path): raise FileNotFoundError(2, "No such file or directory", path)
builtins.open, os.listdir, os.readlink = (guarded(each, missing) for each in (open, os.listdir, os.readlink))
os.path.isdir = guarded(os.path.isdir, lambda path: False)
clock, limit = time.clock_gettime, resource.setrlimit
def clock_gettime(which):
    if which < 0: raise OSError(22, "Invalid argument")
    return clock(which)
def setrlimit(which, values):
    if which == resource.RLIMIT_AS: raise ValueError("current limit exceeds maximum limit")
    limit(which, values)
time.clock_gettime, resource.setrlimit = clock_gettime, setrlimit
'''
BURN = "import time\nbegin = time.process_time()\nwhile time.process_time() - begin < 0.4: pass\n"
SLOW_SUM = "def f(xs):\n    " + BURN.replace("\n", "\n    ") + "return sum(xs)"
EIGHT = call(*[(f"[[{i}, 2]]", f"{i + 2}") for i in range(8)])
CASES: dict[str, tuple[Problem, str, Outcome]] = {
    "prints": (ADD, "a, b = map(int, input().split())\nprint(a + b)", Outcome.PASS),
    "prints the wrong thing": (ADD, "print(input())", Outcome.WRONG_ANSWER),
    "returns": (TOTAL, "def f(xs): return sum(xs)", Outcome.PASS),
    "raises": (TOTAL, "def f(xs): return xs[99]", Outcome.RUNTIME_ERROR),
    "is judged": (NEXT, "def f(x): return x + 1", Outcome.PASS),
    "is judged wrong": (NEXT, "def f(x): return x", Outcome.WRONG_ANSWER),
    "does not compile": (TOTAL, "def f(xs) return", Outcome.SYNTAX_ERROR),
    "crashes": (TOTAL, "import os\ndef f(xs): os.abort()", Outcome.RUNTIME_ERROR),
    "loops": (ADD, "while True: pass", Outcome.TIME_LIMIT),
    "sleeps": (stdio(("", "")), "import time\ntime.sleep(99)", Outcome.TIME_LIMIT),
    "prints without end": (stdio(("", "")), "while True: print('x' * 9999)", Outcome.OUTPUT_LIMIT),
    "works in every test, and long in all": (
        call(*[(f"[[{i}, 2]]", f"{i + 2}") for i in range(8)]),
        SLOW_SUM,
        Outcome.PASS,
    ),
    "leaves files": (stdio(("", "")), "open('left', 'w')", Outcome.PASS),
    "finds none": (stdio(("", "[]")), "import os\nprint(os.listdir('.'))", Outcome.PASS),
}


@pytest.fixture(scope="module")
def like_macos() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "_START", LIKE_MACOS.replace("{", "{{").replace("}", "}}") + worker._START)
        patch.delattr("os.memfd_create", raising=False)
        patch.delattr("os.pidfd_open", raising=False)
        climb.cache_clear()
        yield patch
    climb.cache_clear()


@pytest.fixture(scope="module")
def labels(like_macos: object) -> dict[str, Label]:
    return run_at(Level.NONE, [(name, its, code) for name, (its, code, _) in CASES.items()], workers=2)


def test_the_levels_above_the_plain_one_are_refused_and_say_why(like_macos: object) -> None:
    missing = {rung.level: rung.missing for rung in climb()}
    assert missing[Level.NONE] is None
    for level in (Level.NAMESPACES, Level.LANDLOCK, Level.SECCOMP):
        assert "Linux" in (missing[level] or ""), missing
        with pytest.raises(ExecutionError, match=f"'{level}' does not work on this machine.*--isolation none"):
            level_of(level)
    with pytest.raises(ExecutionError, match=r"no isolation level works on this machine.*--isolation none"):
        level_of(AUTO)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_the_plain_level_gives_the_same_verdicts(labels: dict[str, Label], name: str) -> None:
    assert labels[name].outcome == CASES[name][2], labels[name].first_failure


@pytest.mark.slow
def test_nothing_is_left_running(labels: dict[str, Label]) -> None:
    assert len(labels) == len(CASES)
    assert not sandboxes_left()
