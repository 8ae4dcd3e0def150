"""Labels: null where unknown, the same in every run, in the order given, whoever ran them."""

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from dataclasses import replace

import psutil
import pytest
from sandbox_programs import ADD, NEXT, QUICK, TOTAL, call, label, label_all, sandboxes_left, stdio

from dualset.builders.dataset.records import Problem
from dualset.builders.dataset.words import Outcome
from dualset.builders.errors import ExecutionError
from dualset.builders.execution.crew import Program
from dualset.builders.execution.label import label_programs
from dualset.builders.execution.ladder import Sandbox


def test_no_tests_is_unknown_and_never_run() -> None:
    made = label(stdio(), "print(1)")
    assert (made.passed, made.outcome, made.tests_total, made.outcomes, made.runs) == (None, None, 0, (), 0)


def test_every_test_has_an_outcome_after_a_failure() -> None:
    made = label(TOTAL, "def f(xs):\n    if not xs: raise KeyError(id(xs))\n    return xs[0]")
    assert made.outcomes == (Outcome.WRONG_ANSWER, Outcome.RUNTIME_ERROR, Outcome.PASS)
    assert (made.tests_passed, made.outcome, made.passed) == (1, Outcome.WRONG_ANSWER, False)
    assert made.first_failure is not None
    assert made.first_failure.actual == "1"


def test_tests_after_a_crash_and_a_time_limit_are_still_run() -> None:
    code = "import os\na, b = map(int, input().split())\nif a == 1: os.abort()\nwhile a == 30: pass\nprint(a + b)"
    assert label(ADD, code).outcomes == (Outcome.RUNTIME_ERROR, Outcome.TIME_LIMIT, Outcome.PASS)


def test_after_three_time_limits_the_rest_is_not_run() -> None:
    many = stdio(*[(f"{i}\n", "") for i in range(20)])
    begin = time.monotonic()
    cpu = sum(os.times()[:4])
    assert set(label(many, "while True: pass").outcomes) == {Outcome.TIME_LIMIT}
    assert sum(os.times()[:4]) - cpu < 20 * 0.5
    assert time.monotonic() >= begin + 3 * 0.5


def test_messages_hold_no_addresses_and_are_cut() -> None:
    code = "class C: pass\ndef f(xs): raise ValueError(repr(C()) + 'x' * 10**5)"
    first, second = label(TOTAL, code), label(TOTAL, "\n" + code)
    assert first.first_failure is not None
    assert second.first_failure is not None
    assert first.first_failure.message is not None
    assert first.first_failure.message.startswith("line 2: <program.C object at 0x...>")
    assert len(first.first_failure.message) < 600
    assert second.first_failure.message == first.first_failure.message.replace("line 2", "line 3")


def test_flaky_programs_are_unknown() -> None:
    code = "import os\ndef f(xs): return sum(xs) if os.urandom(1)[0] % 2 else None"
    made = label(call(*[(f"[[{i}]]", str(i)) for i in range(20)]), code, replace(QUICK, repeat=3))
    assert (made.passed, made.flaky, made.runs) == (None, True, 3)
    steady = label(TOTAL, "def f(xs): return sum(xs)", replace(QUICK, repeat=2))
    assert (steady.passed, steady.flaky, steady.runs) == (True, False, 2)


def test_a_fault_in_one_of_several_runs_is_unknown_and_not_held_against_the_program() -> None:
    """Here the problem's checker fails in one run of four, by chance."""
    checker = (
        "python\nimport os\ndef check(input, expected, actual):\n"
        "    if os.urandom(1)[0] < 64: raise OSError('by chance')\n    return actual == expected"
    )
    made = label(replace(stdio(("", "1")), checker=checker), "print(1, end='')", replace(QUICK, repeat=40))
    assert (made.passed, made.outcomes, made.runs, made.flaky) == (None, (Outcome.INFRA_ERROR,), 40, False)


def test_hashes_and_random_numbers_are_the_same_in_every_run() -> None:
    code = "import random\ndef f(xs): return [hash('a'), random.random(), list({'b', 'c', 'd'})]"
    first, second = label(TOTAL, code), label(TOTAL, code)
    assert first == second


@pytest.mark.parametrize("workers", [1, 3])
def test_labels_come_in_the_order_given_whatever_the_workers(workers: int) -> None:
    problems = {"total": TOTAL, "next": NEXT}
    programs = [Program("total" if i % 2 else "next", str(i), f"def f(x): return {i}") for i in range(30)]
    seen: list[int] = []
    made = label_programs(
        problems,
        programs,
        QUICK,
        sandbox=Sandbox(workers=workers),
        progress=lambda stage, done, total: seen.append(done),
    )
    assert [its.program_id for its, _ in made] == [str(i) for i in range(30)]
    assert seen == list(range(1, 31))


def test_the_consumer_may_stop_early() -> None:
    programs = (Program("total", str(i), "def f(x): return 1") for i in range(10**9))
    made = label_programs({"total": TOTAL}, programs, QUICK)
    next(made)
    made.close()  # type: ignore[attr-defined]
    assert not sandboxes_left()


@pytest.mark.parametrize(
    ("its", "message"),
    [
        (replace(TOTAL, entry_point=None), "no entry_point"),
        (call(("{}", "1")), "JSON array"),
        (call(("[1", "1")), "not JSON"),
        (replace(ADD, checker="special"), "unknown checker 'special'"),
        (replace(ADD, tests=NEXT.tests), "needs 'expected'"),
    ],
)
def test_tests_that_cannot_be_read_are_one_clear_line(its: Problem, message: str) -> None:
    with pytest.raises(ExecutionError, match=message):
        label(its, "pass")


def test_a_lost_zygote_is_an_infrastructure_fault_only_for_its_program() -> None:
    """Killed again and again from outside, as the kernel does when memory runs out."""
    programs = [
        Program("total", str(i), "import time\ndef f(xs):\n    time.sleep(0.3)\n    return sum(xs)") for i in range(2)
    ]
    made = label_programs({"total": TOTAL}, programs, QUICK)
    script = textwrap.dedent(f"""
        import psutil, time
        driver, end = psutil.Process({os.getpid()}), time.time() + 30
        killed = set()
        while len(killed) < 2 and time.time() < end:
            for child in driver.children():
                if child.pid not in killed and "execution.inside" in " ".join(child.cmdline()) and child.children():
                    child.kill()
                    killed.add(child.pid)
            time.sleep(0.01)
    """)
    with subprocess.Popen([sys.executable, "-c", script]):
        first, second = (its for its, _ in made)
    assert (first.passed, set(first.outcomes)) == (None, {Outcome.INFRA_ERROR})
    assert second.passed is True


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_nothing_outlives_the_driver(how: signal.Signals) -> None:
    script = textwrap.dedent("""
        import sys
        sys.path.insert(0, {folder!r})
        from sandbox_programs import ADD, NEXT, label_all
        loops = "def f(x):\\n    while x < 1: pass\\n    return 2"
        label_all([("loops", NEXT, loops), ("sleeps", ADD, "import time; time.sleep(99)")])
    """).format(folder=os.path.dirname(__file__))
    with subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL) as driver:
        tree = _grown(psutil.Process(driver.pid))
        folders = {folder for child in tree for folder in re.findall(r"/[^']*/dualset-\w{8}", _line(child))}
        driver.send_signal(how)
        driver.wait()
    gone, alive = psutil.wait_procs(tree, timeout=20)
    assert not alive
    assert len(gone) == len(tree)
    assert folders
    assert not [folder for folder in folders if os.path.exists(folder)]


def _line(process: psutil.Process) -> str:
    with suppress(psutil.NoSuchProcess):
        return " ".join(process.cmdline())
    return ""


def _grown(driver: psutil.Process) -> list[psutil.Process]:
    for _ in range(2000):
        tree = driver.children(recursive=True)
        if len(tree) >= 3:
            return tree
        time.sleep(0.01)
    pytest.fail("the sandbox did not start")


def test_one_program_leaves_nothing_to_the_next() -> None:
    writes = "open('answer', 'w').write('3')\nimport os; os.makedirs('a/b'); os.chmod('a', 0)"
    looks = "import os\nprint(os.listdir('.'), dict(os.environ))"
    made = label_all(
        [
            ("writes", ADD, writes),
            (
                "looks",
                stdio(
                    ("", "[] {}"),
                ),
                looks,
            ),
        ],
        QUICK,
    )
    assert made["looks"].passed is True, made["looks"].first_failure


def test_a_sandbox_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dualset.builders.execution.worker._ROOT", "/nowhere")
    with pytest.raises(ExecutionError, match="did not start: ModuleNotFoundError: No module named 'dualset'"):
        label(TOTAL, "pass")
