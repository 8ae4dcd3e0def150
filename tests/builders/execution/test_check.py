"""``dualset check`` and what is behind it: references against their own tests."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sandbox_programs import ADD, QUICK, TOTAL

from dualset.builders.execution.check import check_references
from dualset.builders.execution.ladder import Sandbox
from dualset.builders.problems.load import load_problems
from dualset.builders.problems.settings import ProblemSettings

GOOD, BAD = "def f(xs): return sum(xs)", "def f(xs): return 0"


def test_the_first_reference_decides_and_every_failure_is_told() -> None:
    problems = [
        replace(TOTAL, problem_id="good", reference_solutions=(GOOD, BAD)),
        replace(TOTAL, problem_id="bad", reference_solutions=(BAD, GOOD)),
        replace(ADD, problem_id="none"),
        replace(TOTAL, problem_id="untested", tests=(), reference_solutions=(GOOD,)),
    ]
    report = check_references(problems, QUICK)
    assert (report.problems, report.references_passed) == (4, 1)
    assert report.references_failed == ("bad", "untested")
    assert report.without_reference == ("none",)
    assert [(f.problem.problem_id, f.index) for f in report.failures] == [("good", 1), ("bad", 0), ("untested", 0)]


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
        }
        for name, code in (("right", GOOD), ("wrong", "def f(xs):\n    raise KeyError('no')"))
    ]
    (tmp_path / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = tmp_path / "recipe.yaml"
    path.write_text("name: two\nproblems:\n  source: jsonl\n  path: problems.jsonl\n")
    return path


def dualset(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "dualset", *args], capture_output=True, text=True, check=False)


def test_json_is_one_object_and_a_failing_reference_is_no_error(recipe: Path) -> None:
    done = dualset("check", str(recipe), "--json", "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "problems": 2,
        "references_passed": 1,
        "references_failed": ["wrong"],
        "without_reference": [],
    }


def test_text_has_counts_and_a_line_for_each_failure(recipe: Path) -> None:
    done = dualset("check", str(recipe))
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "1 of 2 problems: the first reference passes all tests\n"
        "wrong wrong reference 1: runtime_error: KeyError: line 2: 'no'\n"
    )


def test_a_bad_recipe_is_one_line_and_exit_1(tmp_path: Path) -> None:
    done = dualset("check", str(tmp_path / "absent.yaml"))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "path", "n"), [("humaneval", "humaneval/HumanEval.jsonl.gz", 164), ("mbpp", "mbpp/mbpp.jsonl", 974)]
)
def test_every_reference_of_the_real_sets_passes(data: Path, source: str, path: str, n: int) -> None:
    problems = load_problems(ProblemSettings(source=source, path=str(data / path))).problems
    report = check_references(problems, replace(QUICK, timeout_s=10.0, memory_mb=512), sandbox=Sandbox(workers=2))
    assert (report.problems, report.references_passed, report.references_failed) == (n, n, ())
