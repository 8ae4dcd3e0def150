"""Distinct tests and how often each was written, whatever order completions come in."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Outcome, Style
from dualset.builders.execution.label import Program, label_programs
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.generated.collect import Collected, collect
from dualset.builders.generated.reasons import Reason

PROBLEM = Problem(
    problem_id="p",
    source="jsonl",
    source_id="p",
    statement="Double it.",
    style=Style.ASSERT,
    entry_point="f",
    tests=(Test(code="assert f(7) == 14"),),
)
LINES = st.sampled_from([*(f"assert f({n}) == {2 * n}" for n in range(6)), "assert f(", "assert True", "hello"])
TEXTS = st.lists(st.lists(LINES, max_size=6).map("\n".join), max_size=6)


def of(texts: list[str], **most: int | None) -> Collected:
    return collect(PROBLEM, texts, **most)


def test_tests_stand_as_they_first_appear_with_their_counts() -> None:
    texts = ["assert f(1)==2\nassert f(2)==4", "no", "assert f(2) == 4, 'm'\nassert True\nassert f(3) == 6"]
    found = of(texts)
    assert [test.code for test in found.tests] == ["assert f(1) == 2", "assert f(2) == 4", "assert f(3) == 6"]
    assert found.counts == (1, 2, 1)
    assert found.refused == {"no_test": 1, "not_the_program": 1}
    assert found.written == 6


def test_the_official_tests_are_never_among_them() -> None:
    assert of(["Nothing to say."]).tests == ()


def test_a_text_and_a_problem_have_their_most() -> None:
    texts = ["assert f(1) == 2\nassert f(1) == 2\nassert f(2) == 4", "assert f(3) == 6\nassert f(1) == 2"]
    assert of(texts, per_text=2).counts == (3, 1)
    assert of(texts, per_text=2).refused == {"beyond_per_completion": 1}
    found = of(texts, at_most=1)
    assert (len(found.tests), found.counts) == (1, (3,))
    assert found.refused == {"beyond_at_most": 2}


@given(TEXTS, TEXTS, st.none() | st.integers(1, 4), st.none() | st.integers(1, 3))
def test_more_samples_change_nothing_of_what_was_there(
    texts: list[str], more: list[str], at_most: int | None, per_text: int | None
) -> None:
    before, after = (of(each, at_most=at_most, per_text=per_text) for each in (texts, texts + more))
    assert after.tests[: len(before.tests)] == before.tests
    assert all(a >= b for a, b in zip(after.counts, before.counts, strict=False))
    assert after.written == sum(after.counts) + sum(after.refused.values())
    assert len({test.test_id for test in after.tests}) == len(after.tests) == len(after.counts)
    assert at_most is None or len(after.tests) <= at_most


@given(TEXTS)
def test_every_whole_line_counts(texts: list[str]) -> None:
    wanted = Counter(line for text in texts for line in text.split("\n") if line.startswith("assert f(") and line[9:])
    found = of(texts)
    assert {test.code: count for test, count in zip(found.tests, found.counts, strict=True)} == wanted


def test_one_malformed_test_does_not_zero_a_problem() -> None:
    """Packed into one function, ``from m import *`` fails every test of its problem (CodeT's own script)."""
    texts = [
        "assert f(2) == 4",
        "assert f(",
        "from m import *\nassert f(3) == 6",
        "assert f(x x) == 1",
        "assert f(1) == 3",
    ]
    found = of(texts)
    assert found.refused == {Reason.CUT: 1, Reason.MALFORMED: 1}
    judged = Problem(**{name: getattr(PROBLEM, name) for name in PROBLEM.__slots__} | {"tests": found.tests})
    programs = [Program("p", "right", "def f(x): return 2 * x"), Program("p", "wrong", "def f(x): return x + 1")]
    labels = label_programs({"p": judged}, programs, LabelSettings(timeout_s=5))
    passed = {each.label.program_id: [o == Outcome.PASS for o in each.label.outcomes] for each in labels}
    assert passed == {"right": [True, True, False], "wrong": [False, False, False]}


@pytest.mark.parametrize("texts", [[], [""]])
def test_no_text_is_no_test(texts: list[str]) -> None:
    assert of(texts) == Collected(tests=(), counts=(), written=len(texts), refused={"no_test": 1} if texts else {})
