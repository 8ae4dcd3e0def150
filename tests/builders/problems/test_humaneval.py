"""HumanEval: splitting ``check`` must not change what it says about a program."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.problems.humaneval import split_check
from dualset.builders.problems.load import load_problems
from dualset.builders.problems.settings import ProblemSettings

PLAIN = '''
METADATA = {"author": "us"}


def check(candidate):
    """A plain list."""
    assert True, "sanity"
    assert candidate([1, 2],
                     "ä candidate") == 3  # candidate
    print("half way")
    assert abs(candidate([], "") - 0.1) < 1e-06, "message"
    assert all(candidate([x], "") for x in (1, 2))
    pass
'''


def verdict(program: str, tests: list[str]) -> bool:
    """Run the program and each test after it; these programs are ours."""
    space: dict[str, Any] = {}
    exec(program, space)
    try:
        for test in tests:
            exec(test, space)
    except AssertionError:
        return False
    return True


def test_a_plain_check_is_split_in_the_originals_words() -> None:
    assert split_check(PLAIN, "solve") == [
        'assert solve([1, 2],\n                     "ä candidate") == 3',
        'assert abs(solve([], "") - 0.1) < 1e-06, "message"',
        'assert all(solve([x], "") for x in (1, 2))',
    ]


@pytest.mark.parametrize(
    "body",
    [
        "    for x in range(3):\n        assert candidate(x) == x\n",
        "    import math\n    assert candidate(1) == math.floor(1.5)\n",
        "    expected = 2\n    assert candidate(1) == expected\n",
        "    assert [solve for solve in (1,)] == candidate(1)\n",
        "    assert (lambda candidate: candidate)(1) == candidate(1)\n",
        "    assert candidate(1) == LIMIT\n",
        "    print(candidate(1))\n    assert candidate(1) == 1\n",
    ],
)
def test_anything_else_stays_whole_and_is_called(body: str) -> None:
    test = f"LIMIT = 1\n\ndef check(candidate):\n{body}"
    assert split_check(test, "solve") == [f"{test.rstrip()}\n\n\ncheck(solve)\n"]


def test_windows_line_ends_do_not_shift_the_columns() -> None:
    assert split_check(PLAIN.replace("\n", "\r\n"), "solve") == split_check(PLAIN, "solve")


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=1, max_size=6), st.integers(-3, 3))
def test_splitting_keeps_the_verdict(cases: list[tuple[int, int]], slope: int) -> None:
    asserts = "".join(f"    assert candidate({x}) == {y}\n" for x, y in cases)
    check = f"def check(candidate):\n{asserts}"
    program = f"def double(x):\n    return {slope} * x\n"
    assert verdict(program, split_check(check, "double")) == verdict(program, [f"{check}\ncheck(double)"])


def test_a_row_becomes_a_problem_with_a_whole_reference(tmp_path: Path) -> None:
    row = {
        "task_id": "HumanEval/x",
        "prompt": 'def solve(a, b):\n    """Add."""\n',
        "entry_point": "solve",
        "canonical_solution": "    return a + b\n",
        "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n",
    }
    (tmp_path / "h.jsonl").write_text(json.dumps(row), encoding="utf-8")
    [problem] = load_problems(ProblemSettings(source="humaneval", path=str(tmp_path / "h.jsonl"))).problems
    assert verdict(problem.reference_solutions[0], [str(t.code) for t in problem.tests])
    assert problem.problem_id != row["task_id"]


def test_real_humaneval_has_a_test_an_assert_for_all_but_a_few(data: Path) -> None:
    path = data / "humaneval" / "HumanEval.jsonl.gz"
    problems = load_problems(ProblemSettings(source="humaneval", path=str(path)))
    assert (len(problems), problems.repeated) == (164, 0)
    whole = sorted(p.source_id for p in problems.problems if "def check" in str(p.tests[0].code))
    assert whole == [f"HumanEval/{n}" for n in (151, 32, 38, 44, 50, 53)]
