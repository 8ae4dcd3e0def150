"""Data crosses between processes unchanged, and hostile bytes do no harm."""

import socket
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.execution.inside.frames import Frame, pack, read_frame
from dualset.builders.execution.inside.values import Opaque, decode, decoder, encode, largest_collection

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
    back = decoder(members=largest_collection(value))(encode(value))
    assert back == value
    assert _types(back) == _types(value)


@given(st.binary() | st.text().map(str.encode) | VALUES.map(lambda v: encode(v).replace("[", "{").encode()))
def test_hostile_bytes_are_a_value_error_or_data(body: bytes) -> None:
    with suppress(ValueError):
        decoder(members=10)(body)


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
        decoder(members=2)(text)


def test_objects_are_opaque_and_equal_nothing() -> None:
    made = decode(encode([object()]))[0]
    assert isinstance(made, Opaque)
    assert made != made
    assert encode(Fraction(1, 3)) == '{"F":["0x1","0x3"]}'


@given(st.integers(0, 255), st.integers(0, 2**32 - 1), st.binary(max_size=9000), st.integers(1, 5000))
def test_a_frame_comes_back_in_whatever_pieces_it_comes(operation: int, number: int, body: bytes, piece: int) -> None:
    frame = Frame(operation, number, body)
    assert _read(pack(frame), piece) == frame
    assert _read(pack(frame)[:-1], piece) is None
    assert _read(pack(frame) + b"x" * 4096, 1 << 20) is None


@given(st.binary())
def test_forged_frames_are_frames_or_nothing(stream: bytes) -> None:
    found = _read(stream, 1 << 20)
    assert found is None or pack(found) == stream


def _read(stream: bytes, piece: int) -> Frame | None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            for at in range(0, len(stream), piece):
                theirs.sendall(stream[at : at + piece])
        return read_frame(ours)
