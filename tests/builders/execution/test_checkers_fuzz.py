"""Whatever a program writes, the driver decides: every rule gives a verdict on any bytes, and takes no exception."""

import json
import marshal
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sandbox_programs import QUICK, call, stdio

from dualset.builders.errors import ExecutionError
from dualset.builders.execution.checkers import CheckerFault
from dualset.builders.execution.plan import plan

PROGRAM = "python\ndef check(input, expected, actual): return True"
PRINTED = [None, "exact", "whitespace", "float:1e-6", "unordered", PROGRAM]
RETURNED = [None, "exact", "float:1e-6", "unordered", PROGRAM]
NUMBERS = st.sampled_from(["0", "1e999999999", "-1e-999999999", "sNaN", "NaN", "Infinity", "0.1", "x", ""])
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | NUMBERS.map(lambda text: {"D": text})
    | st.tuples(st.sampled_from(["0x0", "0x1", "-0x3", "0x" + "f" * 2000]), st.sampled_from(["0x1", "0x0", "0x3"])).map(
        lambda pair: {"F": list(pair)}
    )
    | st.sampled_from([{"o": "C"}, {"i": "0x" + "f" * 3000}, {"b": "00ff"}, {"c": [1.0, 2.0]}, {"x": 1}, {}, {"d": 3}])
)
TAGGED = st.recursive(
    LEAVES,
    lambda of: (
        st.lists(of, max_size=3)
        | st.sampled_from("tsd").flatmap(lambda tag: st.lists(of, max_size=3).map(lambda items: {tag: items}))
        | st.lists(st.tuples(of, of), max_size=3).map(lambda items: {"d": [list(pair) for pair in items]})
    ),
    max_leaves=8,
)
BODIES = st.binary() | TAGGED.map(lambda tree: json.dumps(tree).encode())
DEEP = b"[" * 900 + b"]" * 900
SHALLOW = "[" * 150 + "]" * 150


def can_be_sent(source: str, arguments: list[Any]) -> bool:
    """In a checker's place: what it is asked must be what can be given to a process."""
    marshal.dumps(arguments)
    return False


@given(BODIES, st.sampled_from(RETURNED), st.sampled_from(["[1, 2]", "1.5", '{"a": [1]}', "null", '"x"']))
@example(DEEP, None, SHALLOW)
@example(DEEP, "unordered", SHALLOW)
@example(DEEP, "float:1e-6", SHALLOW)
@example(DEEP, PROGRAM, SHALLOW)
@example(b"[" * 10**6, PROGRAM, "1")
@example(b'{"d":[[{"s":[{"D":"0"}]},null]]}', PROGRAM, "[1, 2]")
@example(b'{"d":[[{"t":[{"o":"C"}]},null]]}', PROGRAM, "[1, 2]")
def test_any_result_gets_a_verdict(body: bytes, checker: str | None, expected: str) -> None:
    (case,) = plan(replace(call(("[]", expected)), checker=checker), QUICK, can_be_sent).cases
    assert case.right(body) in (True, False)


def test_an_expectation_too_deep_to_compare_is_one_line() -> None:
    with pytest.raises(ExecutionError, match="nests too deeply") as caught:
        plan(call(("[]", DEEP.decode())), QUICK)
    assert "\n" not in str(caught.value)


@given(st.binary() | st.text().map(str.encode), st.sampled_from(PRINTED), st.sampled_from(["", "1 2\n3", "a"]))
@example(b"\xff\xfe\xed\xa0\x80", "exact", "1")
@example(b"1" * 10**6 + b"x", "unordered", "1")
@example(b"1e9999 " * 10**4, "float:1e-6", "1")
def test_any_output_gets_a_verdict(body: bytes, checker: str | None, expected: str) -> None:
    (case,) = plan(replace(stdio(("", expected)), checker=checker), QUICK, can_be_sent).cases
    assert case.right(body) in (True, False)


@given(st.sampled_from(PRINTED), st.text())
def test_what_is_expected_is_right(checker: str | None, expected: str) -> None:
    (case,) = plan(replace(stdio(("", expected)), checker=checker), QUICK).cases
    try:
        assert case.right(expected.encode())
    except CheckerFault:
        assert checker == PROGRAM, "only a program needs a jail"
