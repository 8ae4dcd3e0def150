"""Programs on tests and mutants on tests, by the real sandbox in its own process."""

from collections.abc import Iterator

import pytest

from dualset.builders.dataset.records import Problem, Test, with_test_ids
from dualset.builders.dataset.words import Style
from dualset.builders.execution.settings import LabelSettings
from dualset.train.coevolve.bench import Bench, Chosen, Cross

pytestmark = pytest.mark.slow

DOUBLE = Problem(
    problem_id="double",
    source="x",
    source_id="double",
    statement="Double it.",
    style=Style.CALL,
    entry_point="f",
    tests=(Test(test_id="own", input="[2]", expected='"never looked at"'),),
)
GOOD, BAD, WEAK = with_test_ids(
    (Test(input="[3]", expected="6"), Test(input="[3]", expected="7"), Test(input="[0]", expected="0"))
)
RIGHT, SQUARE, ENDLESS = "def f(x):\n    return 2 * x\n", "def f(x): return x * x", "def f(x):\n    while True: pass\n"


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    made = Bench({"double": DOUBLE}, LabelSettings(timeout_s=0.5, memory_mb=256, source="consensus:codet"))
    with made.process:
        yield made


def test_every_cell_is_run_and_the_problems_own_tests_are_not(bench: Bench) -> None:
    [passed] = bench.cross([Cross("double", (RIGHT, SQUARE, ENDLESS), (GOOD, BAD, WEAK))])
    ids = [test.test_id for test in (GOOD, BAD, WEAK)]
    assert {code: [row[name] for name in ids] for code, row in passed.items()} == {
        RIGHT: [True, False, True],
        SQUARE: [False, False, True],
        ENDLESS: [False, False, False],
    }


def test_one_problem_may_have_programs_and_no_tests_and_come_twice(bench: Bench) -> None:
    assert bench.cross(
        [Cross("double", (RIGHT,), ()), Cross("double", (SQUARE,), (WEAK,)), Cross("double", (), ())]
    ) == [
        {RIGHT: {}},
        {SQUARE: {WEAK.test_id: True}},
        {},
    ]
    assert bench.cross([]) == []


def test_a_test_that_the_program_fails_has_no_mutation_score(bench: Bench) -> None:
    [scores] = bench.kills([Chosen("double", RIGHT, (GOOD, BAD, WEAK))])
    good, bad, weak = (scores[test.test_id] for test in (GOOD, BAD, WEAK))
    assert bad is None
    assert good is not None
    assert weak is not None
    assert 0 < weak < good <= 1
