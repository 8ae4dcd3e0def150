"""Whatever is killed, and however: nothing is left running, nothing is left lying about, and labels stay right.

Processes are known by the scratch folder that their command line names, in a ``TMPDIR`` of the test's own.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import psutil
import pytest
from levels import ONE_QUICKLY, needs
from sandbox_programs import NEXT, QUICK, TOTAL, sandboxes_left

from dualset.builders.dataset.records import Label
from dualset.builders.dataset.words import Outcome
from dualset.builders.execution.crew import Program
from dualset.builders.execution.label import Labelled, label_programs
from dualset.builders.execution.ladder import Level, Sandbox

SOON_S = 20.0
"""Usually it takes milliseconds; this machine may be busy."""

DRIVER = """
import sys
sys.path.insert(0, {folder!r})
from levels import run_at
from sandbox_programs import ADD, NEXT, asserts
from dualset.builders.execution.ladder import Level
loops = "def f(x):\\n    while x < 10: pass"
sleeps = "import time; time.sleep(99)"
forks = '''
import os, time
def f(x):
    try:
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0: time.sleep(999)
            os._exit(0)
    except OSError: pass
    time.sleep(99)
'''
judged = asserts("x = f(1)\\nassert x == 2")
run_at(Level({level!r}), [("loops", NEXT, loops), ("sleeps", ADD, sleeps), ("forks", NEXT, forks),
    ("judged", judged, "import time\\ndef f(x): time.sleep(99)")] * 3, workers=4)
"""


@contextmanager
def driver(level: Level, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that labels programs which go on for ever."""
    needs(level)
    script = DRIVER.format(folder=os.path.dirname(__file__), level=str(level))
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            for left in sandboxes(tmp_path):
                left.kill()


def sandboxes(folder: Path) -> list[psutil.Process]:
    """The processes of all sandboxes whose scratch folder lies there, whoever their parent is now."""
    found = psutil.process_iter(["cmdline", "status"])
    return [each for each in found if any(str(folder) in part for part in each.info["cmdline"] or [])]


def wait_until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SOON_S
    while not holds():
        if time.monotonic() > end:
            pytest.fail(f"not within {SOON_S:.0f} s: {what}")
        time.sleep(0.02)


def nothing_is_left(folder: Path) -> bool:
    return not sandboxes(folder) and not os.listdir(folder)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("level", ONE_QUICKLY)
def test_nothing_outlives_the_driver(level: Level, how: signal.Signals, tmp_path: Path) -> None:
    with driver(level, tmp_path) as process:
        wait_until(lambda: len(sandboxes(tmp_path)) >= 4 * 3 + 4, "four workers, a judge, and their children")
        process.send_signal(how)
        assert process.wait(SOON_S) != 0
        wait_until(lambda: nothing_is_left(tmp_path), f"rid of {sandboxes(tmp_path)} and {os.listdir(tmp_path)}")


@pytest.mark.parametrize("after_s", [0.5, 0.9])
def test_nothing_outlives_a_driver_killed_as_it_starts(after_s: float, tmp_path: Path) -> None:
    with driver(Level.NAMESPACES, tmp_path) as process:
        time.sleep(after_s)
        process.kill()
        process.wait(SOON_S)
        wait_until(lambda: not sandboxes(tmp_path), "no processes")


def guard(of: psutil.Process) -> psutil.Process | None:
    """The guard of the sandbox that runs programs: the one with grandchildren."""
    return next((each for each in of.children() if len(each.children(recursive=True)) >= 2), None)


def zygote(of: psutil.Process) -> psutil.Process | None:
    its_guard = guard(of)
    return its_guard.children()[0] if its_guard else None


def compiler(of: psutil.Process) -> psutil.Process | None:
    its_zygote = zygote(of)
    return min(its_zygote.children(), key=_age) if its_zygote else None


def child(of: psutil.Process) -> psutil.Process | None:
    its_zygote = zygote(of)
    both = sorted(its_zygote.children(), key=_age) if its_zygote else []
    return both[1] if len(both) > 1 else None


def _age(process: psutil.Process) -> tuple[float, int]:
    return process.create_time(), process.pid


Role = Callable[[psutil.Process], psutil.Process | None]
NAPS = "import time\ndef f(xs):\n    time.sleep(0.2)\n    return sum(xs)"


def kill_while_running(role: Role, times: int) -> Thread:
    """Kill whoever has the part, so many different ones, while programs run."""
    killed: set[int] = set()

    def killer() -> None:
        end = time.monotonic() + SOON_S
        while len(killed) < times and time.monotonic() < end:
            with suppress(psutil.NoSuchProcess, IndexError):
                found = role(psutil.Process())
                if found and found.pid not in killed and child(psutil.Process()):
                    found.kill()
                    killed.add(found.pid)
            time.sleep(0.005)

    thread = Thread(target=killer)
    thread.start()
    return thread


@pytest.mark.parametrize("role", [guard, zygote, compiler])
@pytest.mark.parametrize("level", ONE_QUICKLY)
def test_a_process_killed_once_changes_no_label(
    level: Level, role: Role, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _labels_while(level, lambda: kill_while_running(role, 1), tmp_path, monkeypatch)
    assert [label.passed for label in made] == [True, True, True]


@pytest.mark.parametrize("level", ONE_QUICKLY)
def test_a_killed_program_is_a_program_that_failed(
    level: Level, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by the kernel, when memory runs out."""
    made = _labels_while(level, lambda: kill_while_running(child, 1), tmp_path, monkeypatch)
    assert Counter(outcome for label in made for outcome in label.outcomes) == {
        Outcome.RUNTIME_ERROR: 1,
        Outcome.PASS: 8,
    }


def _labels_while(
    level: Level, begin: Callable[[], Thread], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[Label]:
    needs(level)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    programs = [Program("total", str(i), NAPS) for i in range(3)]
    made = label_programs({"total": TOTAL}, programs, QUICK, sandbox=Sandbox(isolation=level))
    thread = begin()
    labels = [label for label, _ in made]
    thread.join()
    assert nothing_is_left(tmp_path)
    return labels


@pytest.mark.slow
def test_hundreds_of_programs_leave_no_descriptors_and_no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = [
        "def f(x): return x + 1",
        "def f(x): raise ValueError(x)",
        "import os\ndef f(x): os._exit(1)",
        "import os\ndef f(x): os.abort()",
        "def f(x): return 'x' * (1 << 20)",
        "def f(x) return",
        "open('x', 'w')\ndef f(x): return x",
    ]
    programs = [Program("next", str(i), codes[i % len(codes)] + f"\n# {i}") for i in range(350)]
    made = label_programs({"next": NEXT}, programs, QUICK, sandbox=Sandbox(workers=2))
    before = _held(made, 40)
    after = _held(made, 300)
    assert after == before
    assert len(after) == 1 + 2 * (3 + 2), "each worker has a guard, a zygote and a compiler, and two more for judges"
    assert len(list(made)) == 10
    assert not sandboxes_left()


def _held(made: Iterator[Labelled], n: int) -> list[tuple[int, int]]:
    """After so many more programs: the descriptors that we and our sandboxes hold, and how many children each has."""
    for _ in range(n):
        next(made)
    looks = [_family()]
    while len(looks) < 5 or looks[-5:] != [looks[-1]] * 5:  # until what was in flight has landed
        time.sleep(0.1)
        looks.append(_family())
    return looks[-1]


def _family() -> list[tuple[int, int]]:
    held = []
    family = [each for top in sandboxes_left() for each in (top, *top.children(recursive=True))]
    for each in [psutil.Process(), *family]:
        with suppress(psutil.NoSuchProcess):
            n_children = len(each.children()) if each in family else len(sandboxes_left())
            held.append((each.num_fds(), n_children))
    return held
