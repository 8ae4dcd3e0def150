"""Programs that find the descriptors they are not meant to find, and write to every one of them."""

import base64
import math
import random
import struct
from concurrent.futures import ThreadPoolExecutor

import pytest
from levels import run_at
from sandbox_programs import ADD, QUICK, TOTAL, asserts

from dualset.builders.dataset.records import Problem
from dualset.builders.dataset.words import Outcome
from dualset.builders.execution.ladder import AUTO, Level, level_of
from dualset.builders.execution.plan import plan
from dualset.builders.execution.run import Worker

HEAD = struct.Struct("=cddIQ")
LOADED = HEAD.pack(b"L", 0, 9, 0, 0)
JUDGED: Problem = asserts("x = f(1)\nassert x == 2", "y = f(2)\nassert y == 3")
OK = HEAD.pack(b"O", 0.0, 9.0, 0, 1)
WRITTEN = {
    "nothing, but cut to nothing": b"",
    "noise": random.Random(0).randbytes(200_000),
    "the head of a record without end": HEAD.pack(b"O", 0, 0, 0xFFFF_FFFF, 2**64 - 1),
    "answers that are none": LOADED + (OK + b"\xff") * 9,
    "costs that are none": LOADED + HEAD.pack(b"O", math.nan, math.inf, 0, 4) + b"null",
    "errors that are none": LOADED + HEAD.pack(b"R", 0, 0, 9000, 0) + b"[" * 9000,
    "an error of lists": LOADED + (HEAD.pack(b"R", 0, 0, 2, 0) + b"[]") * 9,
    "an error of many digits": LOADED
    + HEAD.pack(b"R", 0, 0, 4013, 0) + b'{"line": ' + b"9" * 4003 + b"}",
    "every kind": b"".join(HEAD.pack(bytes([kind]), 0, 0, 0, 0) for kind in range(256)),
    "endings": LOADED + HEAD.pack(b"N", 0, 0, 0, 0) * 10_000,
    "verdicts": LOADED + (HEAD.pack(b"V", 0, 0, 13, 0) + b'["pass",null]') * 9,
    "heads of frames": struct.pack("=BIQ", 0, 0x7FFF_FFFF, 2**64 - 1) * 10_000,
    "frames": (struct.pack("=BIQ", 0, 0, 4) + b"null") * 1000,
    "one frame": struct.pack("=BIQ", 0, 0, 4) + b"true",
    "a frame of no operation": struct.pack("=BIQ", 255, 0, 4) + b"null",
    "a call of nothing": struct.pack("=BIQ", 3, 0xFFFF_FFFF, 4) + b"null",
    "an error of nothing": struct.pack("=BIQ", 1, 0, 4) + b"null",
    "a frame of lists": struct.pack("=BIQ", 0, 0, 10_000) + b"[" * 10_000,
    "a frame of a handle": struct.pack("=BIQ", 0, 0, 16) + b'{"h":["back",0]}',
}  # fmt: skip
EVERYWHERE = """
import base64, os
DATA = base64.b85decode({data!r})
def write():
    for fd in range(3, 64):
        try: os.ftruncate(fd, 0)
        except OSError: pass
        for how in (lambda: os.write(fd, DATA), lambda: os.pwrite(fd, DATA, 0)):
            try: how()
            except OSError: pass
def f(*given):
    write()
    {then}
if __name__ == '__main__':
    given = input()
    print('wrong', flush=True)
    write()
    {then}
"""
THEN = {"ends": "os._exit(0)", "dies": "os.abort()", "goes on": "pass"}


@pytest.mark.parametrize(
    "whole", [pytest.param(False, marks=pytest.mark.slow), pytest.param(True, marks=pytest.mark.deep)]
)
def test_programs_that_write_to_every_descriptor_fail_and_do_no_harm(whole: bool) -> None:
    """Blocking writes into the line to the judge included; after each a right program passes. At every level at once:
    they mostly wait. Unless whole, each text is followed by one of the endings."""
    cases: list[tuple[str, Problem, str]] = []
    for i, (name, data) in enumerate(WRITTEN.items()):
        for how, then in THEN.items() if whole else [list(THEN.items())[i % len(THEN)]]:
            code = EVERYWHERE.format(data=base64.b85encode(data[:200_000]).decode(), then=then)
            cases += [(f"{name}, {how}, {its.style}", its, code) for its in (ADD, TOTAL, JUDGED)]
        cases += [(f"right after {name}", JUDGED, "def f(x): return x + 1")]
    with ThreadPoolExecutor() as pool:
        runs = dict(zip(Level, pool.map(lambda level: run_at(level, cases, workers=4), Level), strict=True))
    for level, made in runs.items():
        wrong = {name: label for name, label in made.items() if label.passed is not name.startswith("right")}
        assert not wrong, level
        assert all(label.outcome != Outcome.INFRA_ERROR for label in made.values()), level


ENDLESS = LOADED + (HEAD.pack(b"O", 0.01, 9, 0, 1) + b"3") * 3 + HEAD.pack(b"N", 0, 0, 0, 0)


def test_a_variant_that_writes_for_others_makes_no_more_of_them() -> None:
    """What it claims for those after it is believed, since they are by one author; there are as many as before."""
    worker = Worker(level_of(AUTO))
    forger = EVERYWHERE.format(data=base64.b85encode(ENDLESS * 99).decode(), then="os._exit(0)")
    codes = [forger, "def f(xs): return sum(xs)", "def f(xs): return None"]
    try:
        happened = worker.run_variants(plan(TOTAL, QUICK), codes)
    finally:
        worker.close()
    assert [len(its) for its in happened] == [len(TOTAL.tests)] * len(codes)
