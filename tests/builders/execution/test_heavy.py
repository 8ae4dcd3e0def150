"""Results and outputs that take long to read, build or compare: while one is, no other program is judged."""

import json
import random
import struct
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from levels import run_at
from sandbox_programs import QUICK, call, stdio

from dualset.builders.dataset.words import Outcome
from dualset.builders.execution.compare import same_text, same_tokens, values_equal
from dualset.builders.execution.inside.records import records_in
from dualset.builders.execution.inside.values import decoder
from dualset.builders.execution.ladder import Level
from dualset.builders.execution.plan import plan
from dualset.builders.execution.unordered import same_items, same_lines

P = 2**61 - 1
"""Integers have one hash modulo this."""
BITS = random.Random(0).getrandbits


def tagged(tag: str, *contents: object) -> str:
    """Values as a program's process would write them."""
    return json.dumps([{tag: content} for content in contents])


def digits(n: int) -> str:
    return hex(BITS(4 * n) | 1)


def alike(n: int, step: int = 1) -> list[object]:
    return [{"F": [hex((3 * k + 1) * P), "0x3"]} for k in range(0, n * step, step)]


RESULTS: dict[str, Callable[[], str]] = {
    "a fraction to reduce": lambda: tagged("F", [digits(2 << 20), digits(2 << 20)]),
    "fractions to reduce": lambda: tagged("F", *[[digits(4990), digits(4990)]] * 400),
    "integers of one hash": lambda: tagged("d", [[k * P, 0] for k in range(150_000)]),
    "fractions of one hash": lambda: tagged("s", alike(80_000)),
    "sets of one hash": lambda: tagged("s", *[alike(1000)] * 90),
    "sets of few of one hash": lambda: tagged("s", *[alike(16)] * 5000),
    "a long integer": lambda: tagged("i", digits(4 << 20)),
    "a long decimal": lambda: tagged("D", "1" * (4 << 20) + ".5e-9"),
    "decimals out of all proportion": lambda: tagged("D", *["1e999999999", "1e-999999999"] * 50_000),
    "lists in lists": lambda: "[" * 990 + "]" * 990,
    "lists without an end": lambda: "[" * (4 << 20),
    "empty lists": lambda: json.dumps([[]] * (1 << 20)),
    "a long float": lambda: "0." + "3" * (4 << 20),
    "floats": lambda: f"[{'1e308,' * 600_000}0]",
    "escapes": lambda: '"' + "\\ud800" * 600_000 + '"',
}
LISTED = [1.5, {"a": [2]}, "x"]


def near(actual: Any, expected: Any) -> bool:
    return values_equal(actual, expected, 1e-6)


@pytest.mark.parametrize("name", RESULTS)
def test_no_result_holds_up_the_driver(name: str) -> None:
    """Four mebibytes, what a program may return by default, of the values that take longest."""
    body = RESULTS[name]().encode()
    (case,) = plan(call(("[]", json.dumps(LISTED))), QUICK).cases
    begin = time.process_time()
    assert case.right(body) is False
    try:
        actual = decoder(members=10**6)(body)
    except ValueError:
        actual = None
    for rule in (values_equal, same_items, near):
        assert not any(rule(actual, expected) for expected in (LISTED, 1.5, 10**30))
    assert time.process_time() - begin < 8


OUTPUTS: dict[str, Callable[[], str]] = {
    "one line": lambda: "1" * (25 << 20),
    "lines": lambda: "1\n" * (1 << 18),
    "tokens": lambda: "1 " * (1 << 18),
    "white space": lambda: " " * (10 << 20) + "\n" * (10 << 20),
    "digits after the point": lambda: "0." + "0" * (4 << 20) + "1",
    "powers": lambda: "1e9999 " * (1 << 18),
    "no number after all": lambda: "1" * (4 << 20) + "x",
}


def nearly(actual: str, expected: str) -> bool:
    return same_text(actual, expected, 1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", OUTPUTS)
def test_no_output_holds_up_the_driver(name: str) -> None:
    printed = OUTPUTS[name]()
    begin = time.process_time()
    for rule in (same_text, same_tokens, same_lines, nearly):
        assert rule(printed, "1 2\n3") is False
        assert rule(printed, printed[:-1] + "7") is (rule == nearly and name == "digits after the point")
    assert time.process_time() - begin < 10


def test_records_without_end_are_read_in_no_time() -> None:
    head = struct.Struct("=cddIQ")
    begin = time.process_time()
    assert len(records_in(head.pack(b"O", 0, 0, 0, 0) * 600_000, 100)) == 100
    assert records_in(head.pack(b"O", 0, 0, 0xFFFF_FFFF, 2**64 - 1) + b"x" * 99, 100) == []
    assert time.process_time() - begin < 0.5


@pytest.mark.slow
def test_a_line_of_a_hundred_megabytes_is_output_like_any_other() -> None:
    room = replace(QUICK, timeout_s=5.0, memory_mb=1024, output_kb=200 << 10)
    line = "x" * 99
    problem = stdio(("", line * (1 << 20)))
    made = run_at(
        Level.NONE,
        [
            ("right", problem, f"print({line!r} * (1 << 20))"),
            ("wrong", problem, f"print({line!r} * (1 << 20) + 'y')"),
            ("too much", problem, f"print({line!r} * (1 << 22))"),
        ],
        room,
    )
    assert {name: label.outcome for name, label in made.items()} == {
        "right": Outcome.PASS,
        "wrong": Outcome.WRONG_ANSWER,
        "too much": Outcome.OUTPUT_LIMIT,
    }
    assert made["wrong"].first_failure is not None
    assert len(made["wrong"].first_failure.actual or "") == 500
