"""Which assert blocks are judged on data in the driver, and what they come to."""

import operator

import pytest

from dualset.builders.execution.asserts import names_read, read_assert


@pytest.mark.parametrize(
    ("code", "entry", "args", "expected"),
    [
        ("assert f(1, [2]) == (3,)", "f", (1, [2]), (3,)),
        ("assert 3 == f(-1)", "f", (-1,), 3),
        ("import math\nassert f('a' + 'b') == 3 * 19, 'message'", "f", ("ab",), 57),
        ("assert f(1.0 / 3) == set([1, 2])", "f", (1.0 / 3,), {1, 2}),
        ("assert Solution().g({1: None}) == float('inf')", "Solution().g", ({1: None},), float("inf")),
    ],
)
def test_a_call_with_constants_is_read(code: str, entry: str, args: tuple[object, ...], expected: object) -> None:
    read = read_assert(code)
    assert read is not None
    assert (read.entry, read.args, read.expected, read.relation) == (entry, args, expected, operator.eq)


@pytest.mark.parametrize(
    ("code", "right", "wrong"),
    [
        ("assert f(1) is True", True, 1),
        ("assert f(1) is None", None, False),
        ("assert f(1) != 3", 4, 3),
        ("assert f(1) < 3", 2, 3),
        ("assert 3 <= f(1)", 3, 2),
        ("assert abs(f(1) - 2) < 1e-6", 2.0000001, 2.1),
        ("assert 1e-6 > abs(2 - f(1))", 1.9999999, float("nan")),
    ],
)
def test_relations(code: str, right: object, wrong: object) -> None:
    read = read_assert(code)
    assert read is not None
    assert read.relation(right, read.expected)
    assert not read.relation(wrong, read.expected)


@pytest.mark.parametrize(
    "code",
    [
        "assert abs(f(1) + 2) < 1e-6",
        "assert abs(f(1) - f(2)) < 1e-6",
        "assert round(f(1), 2) == 1.5",
        "assert isinstance(f(1), int)",
        "assert sorted(f(1), reverse=True) == [1]",
        "assert len(f(1)) is 1",
        "assert f(x) == 1",
        "assert f(1) == g(2)",
        "assert f(*[1]) == 1",
        "assert f(**{'a': 1}) == 1",
        "assert len([1]) == 1",
        "assert f(1) == f(2)",
        "x = 1\nassert f(1) == 1",
        "assert f(1) is 1",
        "assert f(1) == 'a' * 10 ** 9",
        "assert f(1) == 2 ** 10 ** 10",
        "assert f(1) == 9 ** 9 ** 9 ** 9",
        "assert 1 < f(1) < 3",
        "assert f(1) == [x for x in range(3)]",
        "assert f(1) == {**{}}",
        "assert f(1) == 1 / 0",
        "assert f(1) == ...",
        "assert f(1) ==",
        "assert " + "(" * 500 + "1" + ")" * 500,
        "assert f(" + "-" * 100_000 + "1) == 1",
    ],
)
def test_anything_more_goes_to_the_judge(code: str) -> None:
    assert read_assert(code) is None


def test_a_builtin_is_the_program_s_only_as_the_entry_point() -> None:
    assert read_assert("assert sum(10, 15) == 6") is None
    read = read_assert("assert sum(10, 15) == 6", "sum")
    assert read is not None
    assert (read.entry, read.args, read.expected) == ("sum", (10, 15), 6)


@pytest.mark.parametrize(
    ("code", "through", "expected"),
    [
        ("assert f(1)", "bool", True),
        ("assert not f(1), 'message'", "bool", False),
        ("assert not not f(1)", "bool", True),
        ("assert tuple(f(1)) == tuple([1, 2])", "tuple", (1, 2)),
        ("assert [1, 2] == sorted(f(1))", "sorted", [1, 2]),
        ("assert len(f(1)) == 3", "len", 3),
    ],
)
def test_a_builtin_around_the_call(code: str, through: str, expected: object) -> None:
    read = read_assert(code)
    assert read is not None
    assert (read.entry, read.args, read.through, read.expected) == ("f", (1,), through, expected)


def test_an_assert_without_a_call_is_known() -> None:
    for code, holds in (("assert True, 'message'", True), ("assert 1 == 2", False), ("assert not 0", True)):
        read = read_assert(code)
        assert read is None or (read.entry is None and read.holds is holds)
    assert read_assert("assert True") is not None


def test_names_that_the_judge_asks_for() -> None:
    assert names_read("for x in g(y):\n    assert abs(f(x).z) == 1") == ["f", "g", "x", "y"]
    assert names_read("assert sum(range(3)) == 3", "sum") == ["sum"]
    assert names_read("assert (") == []
