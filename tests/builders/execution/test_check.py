"""``dualset check`` and what is behind it: references must pass their own tests, and wrong programs must fail them."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox_programs import ADD, QUICK, TOTAL, asserts, call, stdio

from dualset.builders.dataset.records import Problem
from dualset.builders.execution.check import Report, check_problems
from dualset.builders.execution.known_bad import known_bad
from dualset.builders.execution.ladder import Sandbox
from dualset.builders.execution.limits import limits_from
from dualset.builders.problems.load import load_problems
from dualset.builders.problems.settings import ProblemSettings

GOOD, BAD = "def f(xs): return sum(xs)", "def f(xs): return 0"
ANYTHING = "python\ndef check(input, expected, actual): return True"


def checked(*problems: Problem) -> Report:
    return check_problems([replace(its, problem_id=str(i)) for i, its in enumerate(problems)], QUICK)


def kinds(report: Report) -> list[list[str]]:
    """By problem, the kinds of wrong programs that it accepts."""
    return [[kind for problem, kind in report.accepted if problem.problem_id == str(i)] for i in range(report.problems)]


def test_the_first_reference_decides_and_every_failure_is_told() -> None:
    problems = [
        replace(TOTAL, problem_id="good", reference_solutions=(GOOD, BAD)),
        replace(TOTAL, problem_id="bad", reference_solutions=(BAD, GOOD)),
        replace(ADD, problem_id="none"),
        replace(TOTAL, problem_id="untested", tests=(), reference_solutions=(GOOD,)),
    ]
    report = check_problems(problems, QUICK)
    assert (report.problems, report.references_passed) == (4, 1)
    assert report.references_failed == ("bad", "untested")
    assert report.references_unknown == ("untested",)
    assert report.without_reference == ("none",)
    assert [(f.problem.problem_id, f.index) for f in report.failures] == [("good", 1), ("bad", 0), ("untested", 0)]
    assert set(report.slowest_s) == {"good", "bad"}
    assert all(0 <= taken < 0.5 for taken in report.slowest_s.values())


def test_sound_problems_accept_no_wrong_program() -> None:
    report = checked(
        ADD,
        TOTAL,
        stdio(("1\n", "1\n2\n"), ("2\n", "2\n")),
        replace(stdio(("1\n", "2\n1\n"), ("2\n", "1\n")), checker="unordered"),
        call(("[1]", "[1, 2]"), ("[2]", "[[], 3]"), ("[3]", "null")),
        replace(call(("[1]", "[1, 2]")), checker="unordered"),
        asserts("assert f(1) == 2", "assert f(2) == 3"),
        replace(asserts("assert Solution().f(1) == [1, 2]"), entry_point="Solution().f"),
        replace(asserts("assert f(1) == 2"), entry_point=None),
    )
    assert (report.accepted, report.wrong_unknown) == ((), ())


@pytest.mark.parametrize(
    ("its", "accepts"),
    [
        (replace(stdio(("1", "1\n2"), ("2", "2")), checker=ANYTHING), ["empty", "constant", "first_line"]),
        (replace(stdio(("1", "1")), checker=ANYTHING), ["empty", "constant"]),
        (replace(call(("[1]", "[1, 2]")), checker=ANYTHING), ["constant", "first_line"]),
        (
            replace(
                stdio(("1", "1\n2"), ("2", "2\n3")),
                checker="python\ndef check(input, expected, actual): return expected.startswith(actual.strip() or '?')",
            ),
            ["first_line"],
        ),
        (asserts("assert True"), ["empty", "constant"]),
        (asserts("f(1)"), ["constant"]),
        (asserts("try:\n    f(1)\nexcept Exception:\n    pass"), ["empty", "constant"]),
        (asserts("assert f(1) != 3"), ["constant"]),
        (replace(asserts("assert f(1) != 3"), entry_point=None), ["constant"]),
        (replace(asserts("assert C().f(1) != 3"), entry_point="C().f"), ["constant"]),
    ],
)
def test_tests_that_accept_anything_are_found(its: Problem, accepts: list[str]) -> None:
    assert kinds(checked(its)) == [accepts]


@pytest.mark.parametrize(
    "its",
    [
        stdio(("1", "dualset"), ("2", "dualset")),
        stdio(("1", "0"), ("2", "0.0")),
        call(("[1]", "null"), ("[2]", "null")),
        call(("[1]", '"dualset"')),
        asserts("assert f(1)", "assert f(2)"),
        asserts("assert not f(1)"),
        asserts("assert f(1) is None"),
    ],
)
def test_a_constant_that_is_the_right_answer_is_not_held_against_the_tests(its: Problem) -> None:
    assert kinds(checked(its)) == [[]]


def test_a_problem_without_tests_accepts_nothing() -> None:
    report = checked(stdio(), asserts())
    assert (report.accepted, report.wrong_unknown) == ((), ())


def test_a_checker_that_fails_on_wrong_programs_is_told() -> None:
    checker = "python\ndef check(input, expected, actual): return int(actual) == int(expected)"
    report = checked(replace(stdio(("1", "1")), checker=checker, reference_solutions=("print(1)",)))
    assert (report.references_passed, report.accepted, report.wrong_unknown) == (1, (), ("0",))


TEXTS = st.text(alphabet=" \nab1", max_size=6)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=3))
def test_first_lines_are_tried_exactly_where_an_answer_has_more_than_one(pairs: Sequence[tuple[str, str]]) -> None:
    tried = {kind for kind, _ in known_bad(stdio(*pairs))}
    assert ("first_line" in tried) == any("\n" in expected.strip() for _, expected in pairs)


@pytest.mark.parametrize("pair", [("[1", "[1, 2]"), ("[1]", "[1,"), ("[" * 10**5, "1")])
def test_what_cannot_be_read_is_left_to_the_run(pair: tuple[str, str]) -> None:
    assert [kind for kind, _ in known_bad(call(pair))] == ["empty", "constant", "constant"]


@given(st.floats(0, 1e4), st.floats(0.1, 100), st.floats(0.1, 10))
def test_limits_leave_room_and_are_coarse(taken_s: float, factor: float, floor_s: float) -> None:
    (limit,) = limits_from({"p": taken_s}, factor=factor, floor_s=floor_s).values()
    assert limit >= max(floor_s, factor * taken_s)
    assert limit == floor_s or (limit <= 2.5 * factor * taken_s and f"{limit:e}"[0] in "125")


@pytest.mark.parametrize(
    ("taken_s", "limit"), [(0.0, 1.0), (0.01, 1.0), (0.21, 2.0), (0.39, 2.0), (0.5, 5.0), (3, 20.0)]
)
def test_noise_rarely_moves_a_limit(taken_s: float, limit: float) -> None:
    assert limits_from({"p": taken_s}) == {"p": limit}


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    rows = [
        {
            "problem_id": name,
            "statement": f"Sum the numbers, {name}.",
            "style": "call",
            "entry_point": "f",
            "tests": [{"input": "[[1, 2]]", "expected": "3"}],
            "reference_solutions": [code],
            "checker": checker,
        }
        for name, code, checker in (
            ("right", GOOD, None),
            ("slow", "def f(xs):\n    for _ in range(10**7): pass\n    return sum(xs)", None),
            ("wrong", "def f(xs):\n    raise KeyError('no')", None),
            ("lenient", GOOD, ANYTHING),
        )
    ]
    (tmp_path / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = tmp_path / "recipe.yaml"
    path.write_text("name: two\nproblems:\n  source: jsonl\n  path: problems.jsonl\n")
    return path


def dualset(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "dualset", *args], capture_output=True, text=True, check=False)


def test_json_is_one_object_and_a_finding_is_no_error(recipe: Path) -> None:
    done = dualset("check", str(recipe), "--json", "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "problems": 4,
        "references_passed": 3,
        "references_failed": ["wrong"],
        "without_reference": [],
        "references_unknown": [],
        "accepts_wrong": ["lenient"],
        "accepted": [{"problem_id": "lenient", "program": "constant"}],
        "wrong_unknown": [],
    }


def test_text_has_counts_and_a_line_for_each_finding(recipe: Path) -> None:
    done = dualset("check", str(recipe))
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "3 of 4 problems: the first reference passes all tests\n"
        "wrong wrong reference 1: runtime_error: KeyError: line 2: 'no'\n"
        "1 of 4 problems: a program known to be wrong passes all tests\n"
        "lenient lenient accepts programs that give one answer to everything\n"
    )


def test_limits_from_the_references_time_come_back_as_the_problems_own(recipe: Path) -> None:
    limits = recipe.parent / "limits.jsonl"
    args = ("check", str(recipe), "--json")
    first = dualset(*args, "--write-limits", str(limits), "--factor", "3", "--floor", "0.01")
    assert first.returncode == 0, first.stderr
    assert first.stderr == f"wrote the limits of 3 problems to {limits}: name it as problems.limits in the recipe\n"
    written: dict[str, Any] = dict(json.loads(line).values() for line in limits.read_text().splitlines())
    assert list(written) == ["lenient", "right", "slow"]
    assert 0.3 <= written["slow"] <= 10
    assert written["right"] < written["slow"]
    tight = {"right": 0.01, "slow": 0.01}
    limits.write_text("".join(json.dumps({"problem_id": k, "time_limit_s": v}) + "\n" for k, v in tight.items()))
    limited = json.loads(dualset(*args, "--set", "problems.limits=limits.jsonl").stdout)
    assert limited["references_failed"] == ["slow", "wrong"]


@pytest.mark.parametrize("option", ["--factor=0", "--floor=-1", "--factor=x", "--write-limits=/"])
def test_options_out_of_range_are_usage_errors(recipe: Path, option: str) -> None:
    assert dualset("check", str(recipe), option).returncode == 2


def test_limits_that_cannot_be_written_are_one_line(recipe: Path) -> None:
    done = dualset("check", str(recipe), "--write-limits", str(recipe.parent / "no/such/folder"))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "cannot write the limits" in done.stderr


def test_a_bad_recipe_is_one_line_and_exit_1(tmp_path: Path) -> None:
    done = dualset("check", str(tmp_path / "absent.yaml"))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "path", "n"),
    [
        ("humaneval", "humaneval/HumanEval.jsonl.gz", 164),
        ("mbpp", "mbpp/mbpp.jsonl", 100),
        pytest.param("mbpp", "mbpp/mbpp.jsonl", 974, marks=pytest.mark.deep),
    ],
)
def test_every_reference_of_the_real_sets_passes_and_no_wrong_program(
    data: Path, source: str, path: str, n: int
) -> None:
    problems = load_problems(ProblemSettings(source=source, path=str(data / path))).problems[:n]
    report = check_problems(problems, replace(QUICK, timeout_s=10.0, memory_mb=512), sandbox=Sandbox(workers=2))
    assert (report.problems, report.references_passed, report.references_failed) == (n, n, ())
    assert (report.accepted, report.wrong_unknown, len(report.slowest_s)) == ((), (), n)
