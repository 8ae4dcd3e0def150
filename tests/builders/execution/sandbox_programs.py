"""Problems and programs that the tests of the sandbox share; every text here was written for this project."""

from dataclasses import replace
from pathlib import Path

from dualset.builders.dataset.records import Label, Problem, Test, with_test_ids
from dualset.builders.dataset.words import Style
from dualset.builders.execution.label import Program, label_programs
from dualset.builders.execution.ladder import Sandbox
from dualset.builders.execution.settings import LabelSettings

QUICK = LabelSettings(timeout_s=0.5, memory_mb=64, output_kb=256)


def problem(style: str, *tests: Test, entry_point: str | None = None, **columns: object) -> Problem:
    return Problem(
        problem_id="p",
        source="jsonl",
        source_id="p",
        statement="",
        style=Style(style),
        entry_point=entry_point,
        tests=with_test_ids(tests),
        **columns,  # type: ignore[arg-type]
    )


def stdio(*pairs: tuple[str, str], **columns: object) -> Problem:
    return problem("stdio", *[Test(input=given, expected=wanted) for given, wanted in pairs], **columns)


def call(*pairs: tuple[str, str], entry_point: str = "f", **columns: object) -> Problem:
    return problem(
        "call", *[Test(input=given, expected=wanted) for given, wanted in pairs], entry_point=entry_point, **columns
    )


def asserts(*blocks: str) -> Problem:
    return problem("assert", *[Test(code=block) for block in blocks], entry_point="f")


ADD = stdio(("1 2\n", "3\n"), ("30 -4\n", "26\n"), ("0 0\n", "0\n"))
"""Print the sum of two numbers."""

TOTAL = call(("[[1, 2, 3]]", "6"), ("[[]]", "0"), ("[[5]]", "5"))
"""f(xs) is the sum of xs."""

NEXT = asserts("assert f(1) == 2", "for i in range(5):\n    assert f(i) == i + 1", "assert f(-1) == 0")
"""f(x) is x + 1; the second test needs a judge."""

NEXT_BY_TOLERANCE = asserts(
    "assert abs(f(1.0) - 2.0) < 1e-6",
    "for i in range(5):\n    assert f(i) == i + 1",
    "assert math.isclose(f(3.0), 4.0)",
)

ONE_ADD, ONE_TOTAL, ONE_NEXT = (replace(its, tests=its.tests[:1]) for its in (ADD, TOTAL, NEXT))

SLOW_ADD, SLOW_TOTAL = (replace(its, time_limit_s=10.0) for its in (ONE_ADD, ONE_TOTAL))
"""For programs that are to meet another limit first."""


def corpus(name: str) -> list[tuple[str, Problem, str]]:
    """The programs of ``NAME.txt``: what each is called, its problem and its code."""
    parts = (Path(__file__).parent / f"{name}.txt").read_text().split("\n### ")[1:]
    heads = [part.partition("\n") for part in parts]
    return [(*_head(head), code.rstrip() + "\n") for head, _, code in heads]


def _head(line: str) -> tuple[str, Problem]:
    title, _, its_problem = line.rpartition(" | ")
    return title, globals()[its_problem]


def label(its_problem: Problem, code: str, settings: LabelSettings = QUICK) -> Label:
    """The label of one program."""
    return label_all([("program", its_problem, code)], settings)["program"]


def label_all(cases: list[tuple[str, Problem, str]], settings: LabelSettings = QUICK) -> dict[str, Label]:
    """Labels by name; one sandbox for all."""
    problems = {str(i): its for i, (_, its, _) in enumerate(cases)}
    programs = [Program(str(i), name, code) for i, (name, _, code) in enumerate(cases)]
    return {
        made.program_id: made for made, _ in label_programs(problems, programs, settings, sandbox=Sandbox(workers=2))
    }
