"""What is read as one call and what a judge runs come to the same verdict: as data, and over the line."""

from sandbox_programs import asserts, label_all

from dualset.builders.dataset.words import Outcome
from dualset.builders.execution.asserts import read_assert

RESULTS = {
    "a list": "[2, 1]",
    "an empty range": "range(0)",
    "an empty deque": "__import__('collections').deque()",
    "a generator": "(x for x in (1, 2))",
    "keys": "{1: 0, 2: 0}.keys()",
    "a match": "__import__('re').match('a', 'a')",
    "nothing": "None",
    "a text": "'12'",
    "nearly one and a half": "1.5000000001",
    "not a number": "float('nan')",
    "an object": "object()",
    "an object without truth": "type('N', (), {'__bool__': lambda self: 1 / 0})()",
    "a list of its own class": "type('L', (list,), {})((2, 1))",
    "an object that equals all": "type('E', (), {'__eq__': lambda self, other: True, '__hash__': None})()",
    "an object that is below all": "type('E', (), {'__lt__': lambda self, other: True})()",
}
TESTS = (
    "assert f()",
    "assert not f()",
    "assert f() == [2, 1]",
    "assert f() != [2, 1]",
    "assert tuple(f()) == (1, 2)",
    "assert sorted(f()) == [1, 2]",
    "assert set(f()) == {1, 2}",
    "assert len(f()) == 2",
    "assert int(f()) == 12",
    "assert abs(f() - 1.5) < 1e-6",
    "assert f() < 2",
    "assert 2 > f()",
    "assert f() is None",
)


def test_the_verdict_is_the_same_on_data_and_over_the_line() -> None:
    """A block of two statements goes to the judge."""
    read, judged = asserts(*TESTS), asserts(*(f"pass\n{test}" for test in TESTS))
    assert all(read_assert(test) for test in TESTS)
    assert not any(read_assert(str(test.code)) for test in judged.tests)
    cases = [
        (f"{name} {way}", problem, f"def f():\n    return {result}\n")
        for name, result in RESULTS.items()
        for way, problem in (("read", read), ("judged", judged))
    ]
    labels = label_all(cases)
    for name in RESULTS:
        as_data, over_the_line = (
            [outcome == Outcome.PASS for outcome in labels[f"{name} {way}"].outcomes] for way in ("read", "judged")
        )
        assert dict(zip(TESTS, as_data, strict=True)) == dict(zip(TESTS, over_the_line, strict=True)), name
    assert any(o == Outcome.PASS for name in RESULTS for o in labels[f"{name} read"].outcomes)
