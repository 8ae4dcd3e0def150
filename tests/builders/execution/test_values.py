"""Data crosses between processes unchanged, and hostile bytes do no harm."""

import json
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.execution.inside.frames import pack, unpack
from dualset.builders.execution.inside.values import Opaque, decode, encode, largest_collection

ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(st.characters(codec=None, categories=None)),
    st.binary(),
    st.complex_numbers(allow_nan=False),
    st.fractions(),
    st.decimals(allow_nan=False),
    st.integers(5_000, 9_000).map(lambda n: 7**n),
)
HASHABLE = st.recursive(ATOMS, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=4)
VALUES = st.recursive(
    HASHABLE,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(HASHABLE, inner, max_size=4) | st.sets(HASHABLE, max_size=4)
    ),
    max_leaves=12,
)


def _types(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return type(value), [_types(v) for v in value]
    return type(value)


@given(VALUES)
def test_plain_data_comes_back_as_it_was(value: object) -> None:
    back = decode(encode(value), members=largest_collection(value))
    assert back == value
    assert _types(back) == _types(value)


@given(st.binary() | st.text().map(str.encode) | VALUES.map(lambda v: encode(v).replace("[", "{").encode()))
def test_hostile_bytes_are_a_value_error_or_data(body: bytes) -> None:
    with suppress(ValueError):
        decode(body, members=10)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"t":' * 100_000,
        '{"s":[[1]]}',
        '{"s":[1,2,3]}',
        '{"d":[1]}',
        '{"i":"x"}',
        '{"F":["0x1","0x0"]}',
        '{"D":"x"}',
        '{"b":"x"}',
        '{"c":[1]}' + "x",
        '{"?":1}',
        '{"t":1,"s":2}',
        "1" * 5000,
    ],
)
def test_malformed_values_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        decode(text, members=2)


def test_objects_are_opaque_and_equal_nothing() -> None:
    made = decode(encode([object()]))[0]
    assert isinstance(made, Opaque)
    assert made != made
    assert encode(Fraction(1, 3)) == '{"F":["0x1","0x3"]}'


@given(st.lists(st.binary(max_size=20)), st.integers(0, 60))
def test_frames_come_back_whole_or_not_at_all(bodies: list[bytes], cut: int) -> None:
    stream = b"".join(pack(["n", i], body) for i, body in enumerate(bodies))
    whole, at = [], 0
    while found := unpack(stream[: len(stream) - cut], at):
        frame, at = found
        whole.append(frame.body)
    assert whole == bodies[: len(whole)]
    assert cut or len(whole) == len(bodies)


@given(st.binary(min_size=8))
def test_forged_frames_are_a_value_error_or_frames(stream: bytes) -> None:
    try:
        found = unpack(stream)
    except ValueError:
        return
    assert found is None or json.dumps(found[0].head) is not None
