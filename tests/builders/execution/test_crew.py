"""Workers of a crew: at the same time, the most urgent first, results in order, and an end at any time."""

import gc
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from threading import Barrier, Event

import pytest

from dualset.builders.execution.crew import Crew, Program, at_each
from dualset.builders.execution.ladder import Level, Sandbox
from dualset.builders.execution.plan import Plan
from dualset.builders.execution.run import Worker
from dualset.builders.execution.selftest.problems import QUICK, call
from dualset.builders.execution.warm import sandboxes_kept

PROBLEMS = {"p": call(("[1]", "1"))}


def crew(workers: int) -> Crew:
    return Crew(PROBLEMS, QUICK, Sandbox(workers=workers))


def test_what_is_most_urgent_goes_first_and_else_what_came_first() -> None:
    told: list[str] = []
    ready = Event()

    def tell(word: str) -> Callable[[Worker], None]:
        return lambda _: told.append(word)

    with crew(1) as one:
        one.submit(lambda _: ready.wait(10))  # until all of the others wait
        done = [one.submit(tell(word), after=after) for word, after in [("c", 2), ("a", 0), ("d", 2), ("b", 1)]]
        ready.set()
        for each in done:
            each.result(10)
    assert told == ["a", "b", "c", "d"]


def test_all_workers_work_at_the_same_time_and_work_may_begin_more() -> None:
    meet = Barrier(3, timeout=10)

    def begin(_: Worker) -> list[Future[int]]:
        return [three.submit(lambda _: meet.wait()) for _ in range(3)]

    with crew(3) as three:
        parts = three.submit(begin).result(10)
        assert sorted(each.result(10) for each in parts) == [0, 1, 2]


def test_an_error_comes_out_in_its_turn_and_the_crew_is_ended() -> None:
    def work(worker: Worker, program: Program, its_plan: Plan) -> str:
        if program.code == "bad":
            msg = "of the work itself"
            raise ValueError(msg)
        return program.code

    programs = [Program("p", code, code) for code in ("1", "2", "bad", "3")]
    results = at_each(PROBLEMS, programs, QUICK, Sandbox(workers=2), work)
    assert [next(results), next(results)] == ["1", "2"]
    with pytest.raises(ValueError, match="of the work itself"):
        next(results)
    assert list(results) == []


def test_only_so_many_are_in_flight() -> None:
    """A stream of programs is not read to its end before the first result is taken."""
    read: list[int] = []

    def programs() -> Iterator[Program]:
        for i in range(1000):
            read.append(i)
            yield Program("p", str(i), str(i))

    results = at_each(PROBLEMS, programs(), QUICK, Sandbox(workers=2), lambda worker, program, its_plan: program.code)
    assert [next(results) for _ in range(10)] == [str(i) for i in range(10)]
    assert len(read) < 50
    results.close()  # type: ignore[attr-defined]  # a generator's


def test_one_that_is_left_early_does_not_wait_for_what_runs() -> None:
    loops = "def f(x):\n    while True: pass"

    def work(worker: Worker, program: Program, its_plan: Plan) -> str:
        return worker.run(its_plan, program.code)[0].outcome

    programs = [Program("p", "1", "def f(x): return x"), *(Program("p", str(i), f"{loops}  # {i}") for i in range(40))]
    results = at_each(PROBLEMS, programs, QUICK, Sandbox(workers=2), work)
    assert next(results) == "pass"
    results.close()  # type: ignore[attr-defined]  # a generator's


PID = Program("p", "pid", "import os\ndef f(x): return os.getppid()")
"""Inside a jail all are alike: so the plain level."""


def zygotes(n: int, *, early_stop: bool = True) -> list[bytes | None]:
    """Which sandbox processes a crew has run programs in; two at a time, so that each has its part."""
    meet = Barrier(2, timeout=30)

    def work(worker: Worker, program: Program, its_plan: Plan) -> bytes | None:
        meet.wait()
        assert worker.early_stop == early_stop
        return worker.run(its_plan, program.code)[0].actual

    return sorted(
        set(at_each(PROBLEMS, [PID] * n, QUICK, Sandbox(2, isolation="none"), work, early_stop=early_stop)), key=str
    )


def test_sandboxes_are_kept_from_one_crew_to_the_next_where_that_is_asked_for() -> None:
    with sandboxes_kept():
        first = zygotes(4)
        with sandboxes_kept():
            assert zygotes(4, early_stop=False) == first
        assert zygotes(4) == first
        assert len(first) == 2
        alive = [int(str(each, "ascii")) for each in first if each]
        assert all(Path(f"/proc/{pid}").exists() for pid in alive)
    assert not any(Path(f"/proc/{pid}").exists() for pid in alive)
    assert not set(zygotes(4)) & set(first)


def test_a_crew_that_was_left_early_leaves_no_sandbox_to_the_next() -> None:
    loops = Program("p", "loops", "def f(x):\n    while True: pass")
    with sandboxes_kept():
        first = zygotes(4)
        results = at_each(
            PROBLEMS,
            [PID, loops, loops, loops],
            QUICK,
            Sandbox(2, isolation="none"),
            lambda worker, program, its_plan: worker.run(its_plan, program.code)[0].actual,
        )
        assert next(results) in first
        results.close()  # type: ignore[attr-defined]  # a generator's
        assert not set(zygotes(4)) & set(first)


def test_an_error_keeps_nothing_open_until_the_next_garbage_collection() -> None:
    """Where descriptors have run out, what a failed start had open has to be closed with the error."""
    seen: list[weakref.ref[Worker]] = []

    class Open(Worker):
        """Something that a frame of the failed work holds."""

    def work(worker: Worker, program: Program, its_plan: Plan) -> None:
        held = Open(Level.NONE)
        seen.append(weakref.ref(held))
        raise ValueError(program.code)

    gc.disable()
    try:
        with pytest.raises(ValueError, match="0"):
            list(at_each(PROBLEMS, [Program("p", str(i), str(i)) for i in range(8)], QUICK, Sandbox(2), work))
        assert seen
        assert [ref() for ref in seen] == [None] * len(seen)
    finally:
        gc.enable()
