"""What each source's format means, on rows of our own; and the counts of the real data sets."""

import base64
import json
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.dataset.records import Problem
from dualset.builders.dataset.words import Style, Visibility
from dualset.builders.errors import SourceError
from dualset.builders.problems.load import load_problems
from dualset.builders.problems.packed_tests import unpack_tests
from dualset.builders.problems.python_text import entry_point_of
from dualset.builders.problems.settings import ProblemSettings


@pytest.fixture
def parse(tmp_path: Path) -> Callable[..., Problem]:
    """One row through the loader of a source."""

    def one(source: str, row: dict[str, Any]) -> Problem:
        path = tmp_path / "train.jsonl"
        path.write_text(json.dumps(row), encoding="utf-8")
        [problem] = load_problems(ProblemSettings(source=source, path=str(path))).problems
        return problem

    return one


MBPP = {
    "task_id": 7,
    "text": "Write a function to halve a number.",
    "code": "import math\r\ndef halve(x):\r\n\treturn x / 2\r\n",
    "test_setup_code": "two = 2\r\n",
    "test_list": ["assert int(halve(two)) == 1", "assert halve(0) == 0"],
    "challenge_test_list": ["assert halve(-2) == -1"],
}


def test_mbpp_shows_the_function_name_and_runs_the_set_up_first(parse: Callable[..., Problem]) -> None:
    problem = parse("mbpp", MBPP)
    assert problem.entry_point == "halve"
    assert "assert int(halve(two)) == 1" in problem.statement
    assert "challenge" not in problem.statement
    assert [t.code for t in problem.tests][2] == "two = 2\nassert halve(-2) == -1"
    assert [t.visibility for t in problem.tests] == [Visibility.PUBLIC, Visibility.PUBLIC, Visibility.PRIVATE]
    assert "\r" not in problem.reference_solutions[0]


def packed(value: Any) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(value))).decode()


def livecodebench(**more: Any) -> dict[str, Any]:
    public = [{"input": "1\n", "output": "2\n", "testtype": "stdin"}]
    head = {"question_id": "q1", "question_title": "Q", "question_content": "Do.", "starter_code": ""}
    return head | {"public_test_cases": json.dumps(public), "contest_date": "2024-08-03T00:00:00"} | more


def test_livecodebench_private_tests_are_unpacked(parse: Callable[..., Problem]) -> None:
    private = json.dumps([{"input": "5\n", "output": "6\n", "testtype": "stdin"}])
    problem = parse("livecodebench", livecodebench(private_test_cases=packed(private), platform="atcoder"))
    assert [(t.input, t.visibility) for t in problem.tests] == [("1\n", "public"), ("5\n", "private")]
    assert (problem.tags, str(problem.released_at)) == (("atcoder",), "2024-08-03 00:00:00")


def test_livecodebench_functional_tests_are_calls_with_the_numbers_as_written(parse: Callable[..., Problem]) -> None:
    starter = (
        "class Solution:\n    def helper(self):\n        pass\n    def total(self, xs: List[int]) -> int:\n        "
    )
    case = {"input": "[1, 2.50]\n10000000000000000000001", "output": "3.50", "testtype": "functional"}
    row = livecodebench(starter_code=starter, public_test_cases=json.dumps([case]), metadata='{"func_name": "total"}')
    problem = parse("livecodebench", row)
    assert problem.style is Style.CALL
    assert problem.entry_point == "Solution().total"
    assert problem.tests[0].input == "[[1, 2.50], 10000000000000000000001]"


class Bomb:
    """Unpickling it would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.write_text, (self.path, "boom"))


def test_a_pickle_that_would_run_code_is_refused_and_does_not(tmp_path: Path, parse: Callable[..., Problem]) -> None:
    row = livecodebench(private_test_cases=packed(Bomb(tmp_path / "proof")))
    with pytest.raises(SourceError, match="its pickle holds the instruction"):
        parse("livecodebench", row)
    assert not (tmp_path / "proof").exists()


def test_a_zlib_bomb_stops_at_the_limit() -> None:
    bomb = base64.b64encode(zlib.compress(b"0" * 10_000_000)).decode()
    with pytest.raises(ValueError, match="more than 1000000 bytes"):
        unpack_tests(bomb, limit=1_000_000)


@pytest.mark.parametrize("text", ["!!", base64.b64encode(b"plain").decode(), packed(["a", "b"]), packed(7)])
def test_what_is_not_packed_so_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"base64|zlib|pickle"):
        unpack_tests(text)


def test_a_cut_stream_is_refused() -> None:
    whole = zlib.compress(pickle.dumps("x" * 100_000))
    with pytest.raises(ValueError, match="cut short"):
        unpack_tests(base64.b64encode(whole[:-20]).decode())


@given(st.text(), st.integers(1, 5))
def test_every_text_comes_back_whatever_the_pickle_protocol(text: str, protocol: int) -> None:
    data = zlib.compress(pickle.dumps(text, protocol=protocol))
    assert unpack_tests(base64.b64encode(data).decode()) == text


def apps_folder(folder: Path, cases: Any, starter: str | None = None) -> Problem:
    folder.mkdir(parents=True)
    (folder / "question.txt").write_text("Do it.", encoding="utf-8")
    (folder / "input_output.json").write_text(json.dumps(cases), encoding="utf-8")
    (folder / "solutions.json").write_text('["print(1)"]', encoding="utf-8")
    (folder / "metadata.json").write_text('{"difficulty": "easy", "url": "https://x.org/1"}', encoding="utf-8")
    if starter:
        (folder / "starter_code.py").write_text(starter, encoding="utf-8")
    [problem] = load_problems(ProblemSettings(source="apps", path=str(folder.parent))).problems
    return problem


def test_apps_folder_with_standard_input(tmp_path: Path) -> None:
    problem = apps_folder(tmp_path / "train" / "0007", {"inputs": ["1\n", ["2", "3"]], "outputs": ["1\n", ["4"]]})
    assert (problem.source_id, problem.style, problem.tags) == ("train/0007", Style.STDIO, ("x.org",))
    assert [(t.input, t.expected) for t in problem.tests] == [("1\n", "1\n"), ("2\n3", "4")]


def test_apps_results_in_a_list_of_their_own_are_taken_out(tmp_path: Path) -> None:
    """Codewars's results are wrapped, a LeetCode method's are not: [5] there is a list."""
    wrapped = {"fn_name": "f", "inputs": [[1], [2]], "outputs": [[[1]], [[2, 2]]]}
    problem = apps_folder(tmp_path / "a" / "train" / "1", wrapped, "def f(n):\n\t")
    assert [(t.input, t.expected) for t in problem.tests] == [("[1]", "[1]"), ("[2]", "[2, 2]")]
    plain = {"fn_name": "f", "inputs": [[1]], "outputs": [[5]]}
    problem = apps_folder(tmp_path / "b" / "train" / "1", plain, "class Solution:\n    def f(self, n):\n        ")
    assert (problem.tests[0].expected, problem.entry_point) == ("[5]", "Solution().f")


def test_apps_rows_of_the_hub_are_named_like_the_folders(parse: Callable[..., Problem]) -> None:
    cases = json.dumps({"inputs": ["1"], "outputs": ["2"]})
    problem = parse("apps", {"problem_id": 12, "question": "Do.", "input_output": cases, "solutions": '["print(2)"]'})
    assert (problem.source_id, problem.reference_solutions) == ("train/0012", ("print(2)",))


@pytest.mark.parametrize(
    ("output", "expected"), [(True, "True"), ([1, "a"], "[1, 'a']"), ("a\n", "a\n"), (None, "None")]
)
def test_mapcoder_expects_what_python_prints(parse: Callable[..., Problem], output: Any, expected: str) -> None:
    tests = [{"input": "1\nx", "output": [output]}]
    problem = parse("mapcoder", {"id": 5, "description": "Do.", "starter_code": "def f(a, b):", "test_list": tests})
    assert (problem.style, problem.starter_code) == (Style.STDIO, None)
    assert (problem.tests[0].input, problem.tests[0].expected) == ("1\nx", expected)


def test_leetcode_asserts_bring_the_helpers_they_need(parse: Callable[..., Problem]) -> None:
    row = {
        "task_id": "t",
        "problem_description": "Do.",
        "starter_code": "class Solution:\n    def f(self, x):\n        ",
        "prompt": "from math import *\n\ninf = float('inf')",
        "completion": "class Solution:\n    def f(self, x):\n        return x",
        "entry_point": "Solution().f",
        "test": "def check(candidate):\n    assert candidate(x = 1) == 1\n    assert candidate(x = inf) == inf\n",
    }
    codes = [t.code for t in parse("leetcode", row).tests]
    assert codes[0] == "assert Solution().f(x = 1) == 1"
    assert codes[1] == "from math import *\n\ninf = float('inf')\n\nassert Solution().f(x = inf) == inf"


def test_codecontests_reads_both_shapes_of_tests(parse: Callable[..., Problem]) -> None:
    one = parse("codecontests", {"problem": "Do.", "tests": {"inputs": ["1"], "outputs": ["2"]}})
    other = parse("codecontests", {"problem": "Do.", "tests": [{"input": "1", "output": "2"}]})
    assert one.problem_id == other.problem_id
    with pytest.raises(SourceError, match="2 inputs but 1 outputs"):
        parse("codecontests", {"problem": "Do.", "tests": {"inputs": ["1", "2"], "outputs": ["2"]}})


@pytest.mark.parametrize(
    ("starter", "name", "expected"),
    [
        ("class Solution:\n    def f(self):", None, "Solution().f"),
        ("class Node:\n    def __init__(self): pass\n\ndef f(n):\n", None, "f"),
        ("class Node:\n    def g(self): pass\n\nclass Solution:\n    def f(self):\n", "f", "Solution().f"),
        ("class Node:\n    pass\n\ndef f(n):\n", "f", "f"),
        ("", "f", "f"),
        ("x = 1", None, None),
    ],
)
def test_the_entry_point_of_starter_code(starter: str, name: str | None, expected: str | None) -> None:
    assert entry_point_of(starter, name) == expected


HUMANEVAL = {
    "task_id": "HumanEval/0",
    "prompt": "def one():\n",
    "canonical_solution": "    return 1\n",
    "entry_point": "one",
    "test": "def check(candidate):\n    assert candidate() == 1\n",
}
CODECONTESTS = {"problem": "Do.", "tests": [{"input": "1", "output": "1"}]}


@pytest.mark.parametrize(
    ("source", "row", "licence"),
    [
        ("humaneval", HUMANEVAL, "MIT"),
        ("mbpp", MBPP, "CC-BY-4.0"),
        ("mapcoder", {"id": 5, "description": "Do.", "test_list": [{"input": "1", "output": ["1"]}]}, "MIT"),
        ("codecontests", CODECONTESTS, None),  # the format of several collections, whose licences differ
        ("jsonl", {"problem_id": "a", "statement": "Do.", "style": "stdio", "tests": []}, None),
    ],
)
def test_a_source_whose_licence_is_known_gives_it_to_its_problems(
    parse: Callable[..., Problem], source: str, row: dict[str, Any], licence: str | None
) -> None:
    assert parse(source, row).license == licence


@pytest.mark.parametrize(
    ("source", "path", "rows", "distinct", "without_tests"),
    [
        ("mbpp", "mbpp/mbpp.jsonl", 974, 974, 0),
        ("livecodebench", "livecodebench/problems_public_tests", 723, 723, 1),
        ("apps", "coderl/data/APPS", 5, 5, 0),
        ("mapcoder", "mapcoder/problems", 150, 128, 0),
        ("codecontests", "rllm_problems/test.code.code_contests.json", 165, 165, 0),
    ],
)
def test_real_counts(data: Path, source: str, path: str, rows: int, distinct: int, without_tests: int) -> None:
    problems = load_problems(ProblemSettings(source=source, path=str(data / path)))
    assert (problems.rows, len(problems)) == (rows, distinct)
    assert sum(not p.tests for p in problems.problems) == without_tests
    assert all(p.entry_point for p in problems.problems if p.style is not Style.STDIO)


def test_abc350_c_is_the_real_problem_without_tests(data: Path) -> None:
    problems = load_problems(
        ProblemSettings(source="livecodebench", path=str(data / "livecodebench/problems_public_tests"))
    )
    problem = problems.named("abc350_c")
    assert problem is not None
    assert problem.tests == ()
