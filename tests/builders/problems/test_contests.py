"""Contest problems in the schemas of their Hub datasets: CodeContests, Codeforces, rStar-Coder, APPS."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hub_rows import CHECKER, CODE_CONTESTS, CODEFORCES, SEED, SYNTHETIC

from dualset.builders.dataset.records import Label, Problem, program_id_of
from dualset.builders.dataset.words import Origin, Outcome, Style, Visibility
from dualset.builders.errors import SourceError
from dualset.builders.execution.label import Program, label_programs
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.problems.load import load_problems
from dualset.builders.problems.problem_set import ProblemSet
from dualset.builders.problems.settings import ProblemSettings

Parse = Callable[..., Problem]


def loaded(folder: Path, source: str, *rows: dict[str, Any], max_tests: int | None = None) -> ProblemSet:
    """Rows through Parquet, as the Hub has them, and the loader."""
    path = folder / "train-00000-of-00001.parquet"
    pq.write_table(pa.Table.from_pylist(list(rows)), path)
    return load_problems(ProblemSettings(source=source, path=str(path), max_tests=max_tests))


def labels(problem: Problem, *codes: str) -> list[Label]:
    programs = [Program(problem.problem_id, program_id_of(problem.problem_id, code), code) for code in codes]
    return [made.label for made in label_programs({problem.problem_id: problem}, programs, LabelSettings())]


def test_codecontests_from_the_hub(tmp_path: Path) -> None:
    [problem] = loaded(tmp_path, "codecontests", CODE_CONTESTS).problems
    assert [(t.input, t.visibility, t.origin) for t in problem.tests] == [
        ("1\n", Visibility.PUBLIC, Origin.OFFICIAL),
        ("2\n", Visibility.PRIVATE, Origin.OFFICIAL),
        ("3\n", Visibility.PRIVATE, Origin.OFFICIAL),
        ("5\n", Visibility.PRIVATE, Origin.GENERATED),
    ]
    assert (problem.time_limit_s, problem.memory_limit_mb, problem.difficulty) == (1.5, 244, "800")
    assert (problem.tags, problem.source_id) == (("codeforces", "math"), "1_A. Twice")
    assert [label.passed for label in labels(problem, *problem.reference_solutions)] == [True, True]
    assert len(problem.reference_solutions) == 2, "Python 3 alone"


def test_codecontests_unknowns_are_null(tmp_path: Path) -> None:
    row = CODE_CONTESTS | {"time_limit": None, "memory_limit_bytes": 0, "cf_rating": 0, "source": 0, "cf_tags": []}
    [problem] = loaded(tmp_path, "codecontests", row).problems
    assert (problem.time_limit_s, problem.memory_limit_mb, problem.difficulty, problem.tags) == (None, None, None, ())


def test_codecontests_as_rows_of_structs_is_the_same_problem(tmp_path: Path, parse: Parse) -> None:
    [one] = loaded(tmp_path, "codecontests", CODE_CONTESTS).problems
    as_structs: dict[str, Any] = {
        key: [dict(zip(value, each, strict=True)) for each in zip(*value.values(), strict=True)]
        for key, value in CODE_CONTESTS.items()
        if isinstance(value, dict) and key != "time_limit"
    }
    assert parse("codecontests", CODE_CONTESTS | as_structs) == one.__class__(
        **{name: getattr(one, name) for name in one.__slots__ if name != "source_revision"},
        source_revision=parse("codecontests", CODE_CONTESTS | as_structs).source_revision,
    )


def test_a_problem_that_reads_a_file_has_no_tests_and_says_so(tmp_path: Path) -> None:
    found = loaded(tmp_path, "codecontests", CODE_CONTESTS | {"input_file": "in.txt"})
    assert found.problems[0].tests == ()
    assert found.counts["problems_with_unreadable_tests"] == 1
    assert "1 problems have tests that cannot be run here" in found.remarks[0]


@pytest.fixture
def parse(tmp_path: Path) -> Parse:
    def one(source: str, row: dict[str, Any], name: str = "test.jsonl") -> Problem:
        path = tmp_path / name
        path.write_text(json.dumps(row), encoding="utf-8")
        [problem] = load_problems(ProblemSettings(source=source, path=str(path))).problems
        return problem

    return one


def test_codeforces_from_the_hub(tmp_path: Path) -> None:
    found = loaded(tmp_path, "codeforces", CODEFORCES)
    [problem] = found.problems
    assert [(t.input, t.expected, t.visibility) for t in problem.tests] == [
        ("3\n", "1 2\n", Visibility.PUBLIC),
        ("5\n", "2 3\n", Visibility.PRIVATE),
    ]
    assert str(problem.released_at) == "2025-01-01 14:30:00"
    assert (problem.time_limit_s, problem.memory_limit_mb, problem.difficulty) == (2.0, 256, "900")
    assert problem.tags == ("math",)
    assert "## Input\nOne number n." in problem.statement
    assert "```\n3\n```" in problem.statement
    assert found.remarks == ()


def test_codeforces_checkers_decide(tmp_path: Path) -> None:
    """Another right answer, a wrong one, and one over which the checker breaks down."""
    [problem] = loaded(tmp_path, "codeforces", CODEFORCES).problems
    made = labels(
        problem,
        "n = int(input())\nprint(n, 0)",
        "n = int(input())\nprint(n, 1)",
        "print('two words')",
        "print('')",
    )
    assert [label.passed for label in made] == [True, False, False, False]


@pytest.mark.parametrize(
    "checker",
    [
        CHECKER.replace("n = int(f.readline())", "n = int(f.readline()) / 0"),  # breaks down over the right output too
        CHECKER.replace("print(1)", "print('yes')"),
        CHECKER.replace("print(1)", "pass"),
        CHECKER.replace("open(input_path)", "open('/etc/passwd')"),
        "import nothing_of_this_name",
    ],
)
def test_a_codeforces_checker_that_does_not_work_decides_nothing(tmp_path: Path, checker: str) -> None:
    [problem] = loaded(tmp_path, "codeforces", CODEFORCES | {"generated_checker": checker}).problems
    [label] = labels(problem, "n = int(input())\nprint(n, 0)")
    assert (label.passed, label.outcome) == (None, Outcome.INFRA_ERROR)


def test_a_codeforces_checker_may_leave_by_exit_and_read_bytes(tmp_path: Path) -> None:
    checker = CHECKER.replace("        return\n", "        sys.exit(0)\n").replace("(input_path)", "(input_path, 'rb')")
    [problem] = loaded(tmp_path, "codeforces", CODEFORCES | {"generated_checker": checker}).problems
    made = labels(problem, "n = int(input())\nprint(n, 0)", "print(1, 1)")
    assert [label.passed for label in made] == [True, False]


def test_codeforces_tests_that_lack_are_said(tmp_path: Path) -> None:
    cut = CODEFORCES | {"id": "2000/B", "title": "Cut", "official_tests_complete": False}
    none = CODEFORCES | {"id": "2000/C", "title": "None", "official_tests": None}
    talk = CODEFORCES | {"id": "2000/D", "title": "Talk", "interaction_format": "Ask."}
    file = CODEFORCES | {"id": "2000/E", "title": "File", "input_mode": "file"}
    found = loaded(tmp_path, "codeforces", CODEFORCES, cut, none, talk, file)
    by_name = {p.source_id: p for p in found.problems}
    assert by_name["2000/B"].tags == ("math", "incomplete-tests")
    assert [t.visibility for t in by_name["2000/C"].tests] == [Visibility.PUBLIC], "its example"
    assert (by_name["2000/D"].tests, by_name["2000/D"].checker) == ((), None)
    assert by_name["2000/E"].tags == ("math", "unreadable-tests")
    assert found.counts == {
        "problem_rows_repeated": 0,
        "problems_with_incomplete_tests": 2,
        "problems_with_unreadable_tests": 2,
    }
    assert len(found.remarks) == 2


def test_rstar_seed_problems_are_calls(tmp_path: Path) -> None:
    [problem] = loaded(tmp_path, "rstar-coder", SEED).problems
    assert (problem.style, problem.entry_point) == (Style.CALL, "Solution().add")
    assert [(t.input, t.expected, t.origin) for t in problem.tests] == [
        ("[1, 2]", "3", Origin.OFFICIAL),
        ("[3, 4]", "7", Origin.GENERATED),
    ]
    right = "class Solution:\n    def add(self, a, b):\n        return a + b"
    assert [label.passed for label in labels(problem, right, right.replace("+", "*"))] == [True, False]


def test_rstar_tests_are_cut_to_the_most_asked_for_evenly(tmp_path: Path) -> None:
    [problem] = loaded(tmp_path, "rstar-coder", SYNTHETIC, max_tests=4).problems
    assert [t.input for t in problem.tests] == ["0\n", "25\n", "50\n", "75\n"]
    assert {t.origin for t in problem.tests} == {Origin.GENERATED}
    [whole] = loaded(tmp_path, "rstar-coder", SYNTHETIC, max_tests=100).problems
    assert len(whole.tests) == 100
    assert labels(problem, "print(int(input()) * 2)")[0].passed


@pytest.mark.parametrize(
    "change",
    [
        {"outputs": "[1]"},
        {"is_synthesized": "[true]"},
        {"inputs": "{}"},
        {"inputs": "[1,"},
        {"inputs": "[1, 2]"},  # a function's arguments are lists
        {"outputs": f"[{'9' * 5000}, 1]"},
    ],
)
def test_a_torn_row_of_rstar_has_no_tests_and_the_others_have_theirs(tmp_path: Path, change: dict[str, Any]) -> None:
    found = loaded(tmp_path, "rstar-coder", SEED | {"question_id": "torn", "question": "Torn."} | change, SEED)
    assert {p.source_id: len(p.tests) for p in found.problems} == {"torn": 0, "seed_1": 2}
    assert found.counts["problems_with_unreadable_tests"] == 1


@pytest.mark.parametrize("column", ["question", "inputs", "outputs"])
def test_a_file_of_another_kind_is_not_rstar(parse: Parse, column: str) -> None:
    with pytest.raises(SourceError, match=f"test.jsonl line 1: no '{column}'"):
        parse("rstar-coder", SEED | {column: None})


def test_apps_files_of_the_hub_call_the_number_id(parse: Parse) -> None:
    row = {"id": 12, "question": "Do.", "input_output": '{"inputs": ["1"], "outputs": ["2"]}', "solutions": "[]"}
    row |= {"difficulty": "interview", "url": "https://x.org/1", "starter_code": ""}
    assert parse("apps", row).source_id == "test/0012"


def test_apps_numbers_longer_than_python_reads_do_not_stop_the_rest(parse: Parse, tmp_path: Path) -> None:
    long = "7" * 5000
    row = {"id": 1, "question": "Do.", "solutions": "[]", "starter_code": ""}
    stdio = row | {"input_output": f'{{"inputs": [[{long}, 2]], "outputs": ["{long}"]}}'}
    assert parse("apps", stdio).tests[0].input == f"{long}\n2"
    call = row | {"id": 2, "input_output": f'{{"fn_name": "f", "inputs": [[{long}]], "outputs": [1]}}'}
    (tmp_path / "test.jsonl").write_text(json.dumps(call) + "\n" + json.dumps(stdio) + "\n")
    found = load_problems(ProblemSettings(source="apps", path=str(tmp_path / "test.jsonl")))
    assert {p.source_id: len(p.tests) for p in found.problems} == {"test/0001": 1, "test/0002": 0}
    assert found.counts["problems_with_unreadable_tests"] == 1


def test_many_large_rows_of_parquet_are_all_read_in_order(tmp_path: Path) -> None:
    rows = [SYNTHETIC | {"question_id": f"s{n}", "question": f"Do {n}."} for n in range(50)]
    found = loaded(tmp_path, "rstar-coder", *rows)
    assert {p.source_id for p in found.problems} == {f"s{n}" for n in range(50)}
    with pytest.raises(SourceError, match=r"parquet row 50: .*names another problem here than at .*parquet row 3"):
        loaded(tmp_path, "rstar-coder", *rows[:49], rows[49] | {"question_id": "s2"})
