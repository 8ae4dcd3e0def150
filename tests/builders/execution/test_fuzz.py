"""Whatever a program's process leaves behind, the driver reads it, and passes nothing that is not right."""

import json
import math
import random
import struct
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from levels import run_at
from sandbox_programs import ADD, QUICK, TOTAL, asserts, call

from dualset.builders.dataset.records import Problem
from dualset.builders.dataset.words import Outcome
from dualset.builders.execution.errand import Ran
from dualset.builders.execution.happened import Happened, read_answers, read_verdicts, variants_in
from dualset.builders.execution.inside.records import records_in
from dualset.builders.execution.inside.values import encode
from dualset.builders.execution.ladder import Level
from dualset.builders.execution.plan import plan
from dualset.builders.execution.show import shown
from dualset.builders.execution.worker import Ended

HEAD = struct.Struct("=cddIQ")
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None, categories=None)),
    lambda of: st.lists(of, max_size=3) | st.dictionaries(st.text(), of, max_size=3),
    max_leaves=6,
)
TOLD = st.fixed_dictionaries({}, optional={"type": JSONS, "message": JSONS, "line": JSONS}) | JSONS
ERRORS = st.just(b"") | TOLD.map(lambda tree: json.dumps(tree).encode()) | st.binary() | st.just(b"[" * 9999)
BODIES = st.sampled_from([b"3", b"6", b"30", b"null", b"", b"\xed\xa0\x80", b"9" * 9999]) | st.binary()
COSTS = st.floats() | st.just(0.1)


@st.composite
def records(draw: st.DrawFn) -> bytes:
    """One record, whose lengths may be forged."""
    kind, error, body = draw(st.sampled_from([*b"SFLORXDNV?\xff"])), draw(ERRORS), draw(BODIES)
    forged = draw(st.sampled_from([0, 0, 0, 1, -1, 1 << 31]))
    lengths = max(0, len(error) + forged) % (1 << 32), len(body)
    return HEAD.pack(bytes([kind]), draw(COSTS), draw(COSTS), *lengths) + error + body


LOADED = HEAD.pack(b"L", 0, 9, 0, 0)
FILES = st.tuples(st.sampled_from([b"", LOADED]), st.lists(records(), max_size=6), st.binary(max_size=40)).map(
    lambda parts: parts[0] + b"".join(parts[1]) + parts[2]
)
ENDS = st.builds(
    Ended,
    st.integers(-64, 255),
    st.sampled_from(["", "", "cpu", "idle", "asleep"]),
    st.floats(0, 99),
    st.floats(0, 999),
)
RANS = st.builds(Ran, ENDS, FILES.map(lambda data: records_in(data, 20)), BODIES)
JUDGED: Problem = asserts("x = f(1)\nassert x == 2", "y = f(2)\nassert y == 3")


def fit_to_show(happened: Sequence[Happened]) -> bool:
    """What goes on from here into tables: short texts that are UTF-8, and numbers that are numbers."""
    for each in happened:
        assert isinstance(each.outcome, Outcome)
        for text in (each.exception, each.message):
            assert len((shown(text) or "").encode()) < 4000
        assert each.line is None or 0 < each.line < 10**9
        assert all(n is None or math.isfinite(n) for n in (each.cpu_ms, each.peak_mib))
    return True


@pytest.mark.parametrize("problem", [ADD, TOTAL])
@given(ran=RANS)
def test_any_records_are_answers_and_none_passes_but_the_right_ones(problem: Problem, ran: Ran) -> None:
    its = plan(problem, QUICK)
    answered, whole = read_answers(its, its.cases, ran)
    assert bool(whole) is not bool(answered)
    assert len(answered) <= len(its.cases)
    assert fit_to_show([*answered, *([whole] if whole else [])])
    for case, each in zip(its.cases, answered, strict=False):
        assert each.outcome != Outcome.PASS or (each.actual is not None and case.right(each.actual))


@given(judge=RANS, program=RANS)
def test_any_records_of_a_program_and_an_early_end_of_its_judge_are_verdicts(judge: Ran, program: Ran) -> None:
    honest = [record for record in judge.records if record.kind != "V"]  # no program can write a judge's verdicts
    batch = read_verdicts(plan(JUDGED, QUICK), judge._replace(records=honest), program)
    assert fit_to_show([*batch.answered, *([batch.whole] if batch.whole else [])])
    assert all(each.outcome != Outcome.PASS for each in batch.answered)


@given(RANS)
def test_any_records_are_parts_of_variants(ran: Ran) -> None:
    parts = variants_in(ran)
    assert sum(len(part.records) for part in parts) == len(ran.records) - (len(parts) - 1)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda of: st.lists(of, max_size=4) | st.dictionaries(st.text(), of, max_size=4),
    max_leaves=12,
)


def changed(value: Any, rng: random.Random) -> Any:
    """The same but for one leaf."""
    if isinstance(value, list) and value:
        at = rng.randrange(len(value))
        return [*value[:at], changed(value[at], rng), *value[at + 1 :]]
    if isinstance(value, dict) and value:
        key = rng.choice(sorted(value))
        return {**value, key: changed(value[key], rng)}
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return math.nextafter(value, 0.0) if value else 1.0
    return value + "x" if isinstance(value, str) else [value]


@given(PLAIN, st.randoms(use_true_random=False))
def test_a_value_is_itself_and_no_other(value: Any, rng: random.Random) -> None:
    (case,) = plan(call(("[]", json.dumps(value))), QUICK).cases
    assert case.right(encode(value).encode())
    other = changed(value, rng)
    assert case.right(encode(other).encode()) is (other == value) is False


def test_values_pass_through_real_processes() -> None:
    """The same, end to end: a program returns it, and one that differs in a leaf is wrong."""
    rng, cases = random.Random(0), []
    for i, value in enumerate(_values()):
        problem = call(("[]", json.dumps(value)))
        other = changed(value, rng)
        inf = "inf = float('inf')\n"
        cases += [(f"right {i}", problem, f"{inf}def f(): return {value!r}")]
        cases += [(f"wrong {i}", problem, f"{inf}def f(): return {other!r}")]
    made = run_at(Level.NONE, cases)
    assert {name: label.passed for name, label in made.items()} == {
        name: name.startswith("right") for name, _, _ in cases
    }


def _values() -> list[Any]:
    rng = random.Random(1)

    def value(depth: int) -> Any:
        kinds = 9 if depth else 6
        kind = rng.randrange(kinds)
        if kind > 5:
            inner = [value(depth - 1) for _ in range(rng.randrange(4))]
            return inner if kind == 6 else {chr(97 + i): each for i, each in enumerate(inner)}
        return [
            *(None, rng.random() < 0.5, rng.randrange(-(10**30), 10**30), rng.gauss(0, 1e9)),
            *(rng.choice([1e308, -0.0, 5e-324, math.inf]), "".join(map(chr, rng.choices(range(1, 0xD7FF), k=5)))),
        ][kind]

    return [value(3) for _ in range(60)]
