"""Values and assert blocks that right programs meet. Programs written in tricky ways: test_selftest.py."""

import pytest
from sandbox_programs import asserts, call, label, label_all, stdio

from dualset.builders.dataset.records import Label
from dualset.builders.dataset.words import Outcome

RESULTS = [
    ("(1, [2, (3,)])", "[1, [2, [3]]]"),
    ("{'a': True}", '{"a": 1}'),
    ("10 ** 4000", "1" + "0" * 4000),
    ("'\\ud800'", '"\\ud800"'),
    ("None", "null"),
    ("[0.1 + 0.2]", "[0.30000000000000004]"),
    ("Counter('a')", '{"a": 1}'),
]


def test_call_results_equal_their_json() -> None:
    verdicts = label_all([(r, call(("[]", wanted)), f"def f(): return {r}") for r, wanted in RESULTS])
    assert {name: made.passed for name, made in verdicts.items()} == {r: True for r, _ in RESULTS}


REACH = """
import math
LIMIT = 7
class Node:
    def __init__(self, value): self.value, self.next = value, None
def f(x): return x
def g(xs): xs.sort()
def apply(h, x): return h(x)
def only(xs, kind): return [x for x in xs if isinstance(x, kind)]
def total(node): return 0 if node is None else node.value + total(node.next)
def make(): return Node(0)
def count(n): yield from range(n)
def fail(): raise ValueError('no')
"""
BLOCKS = [
    "assert f((1, 2)) == (1, 2)",
    "assert f({1: (2,), 'b': {3}}) == {1: (2,), 'b': {3}}",
    "assert f(b'x') == b'x' and f(1j) == 1j",
    "assert f(1.0 / 3) == 1.0 / 3",
    "assert f(True) is True",
    "assert not f([])",
    "assert f(x=[1])[0] == 1",
    "from math import isclose\nassert isclose(f(0.1 + 0.2), 0.3)",
    "xs = [3, 1]\ng(xs)\nassert xs == [1, 3]",
    "assert apply(lambda x: x * 2, 4) == 8",
    "assert only([1, 'a', 2.0, 'b'], str) == ['a', 'b']",
    "node = Node(1)\nnode.next = Node(2)\nassert node.next.value == 2 and total(node) == 3",
    "assert isinstance(make(), Node)",
    "assert list(count(4)) == [0, 1, 2, 3]",
    "assert LIMIT == 7 and math.floor(f(2.5)) == 2",
    "try:\n    fail()\nexcept ValueError as e:\n    assert 'no' in str(e)\nelse:\n    raise AssertionError",
]


@pytest.fixture(scope="module")
def blocks() -> dict[str, Label]:
    return label_all([(block, asserts(block), REACH) for block in BLOCKS])


@pytest.mark.parametrize("block", BLOCKS)
def test_assert_blocks_reach_what_the_program_defines(blocks: dict[str, Label], block: str) -> None:
    assert blocks[block].passed is True, blocks[block].first_failure


FAILING = {
    "assert f(1) == 1": Outcome.WRONG_ANSWER,
    "x = 1\nassert f(x) == 1": Outcome.WRONG_ANSWER,
    "assert f(1) == [2]": Outcome.WRONG_ANSWER,
    "assert g(1) == 2": Outcome.RUNTIME_ERROR,
    "for _ in 'a': assert g(1) == 2": Outcome.RUNTIME_ERROR,
    "assert abs(f([])) < 1": Outcome.RUNTIME_ERROR,
    "assert len(f(1)) == 2": Outcome.RUNTIME_ERROR,
    "pass; assert len(f(1)) == 2": Outcome.WRONG_ANSWER,
    "assert f(1) == (": Outcome.INFRA_ERROR,
}


def test_assert_blocks_that_fail_say_how() -> None:
    verdicts = label_all([(block, asserts(block), "def f(x): return x + 1") for block in FAILING])
    assert {name: made.outcome for name, made in verdicts.items()} == FAILING
    assert {made.passed for made in verdicts.values() if made.outcome != Outcome.INFRA_ERROR} == {False}
    assert verdicts["assert f(1) == ("].passed is None


def test_input_beyond_the_end_is_a_runtime_error() -> None:
    verdict = label(stdio(("1\n", "1")), "print(input())\ninput()")
    assert verdict.outcome == Outcome.RUNTIME_ERROR
    assert verdict.first_failure is not None
    assert verdict.first_failure.exception == "EOFError"
    assert verdict.first_failure.message == "line 2: EOF when reading a line"
