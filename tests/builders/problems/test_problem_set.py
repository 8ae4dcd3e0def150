"""What every source shares: repeats, names, limits, pins and complaints."""

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from dualset.builders.errors import RecipeError, SourceError
from dualset.builders.problems.load import load_problems
from dualset.builders.problems.problem_set import ProblemSet
from dualset.builders.problems.settings import ProblemSettings


def row(problem_id: str, statement: str = "Double the number.", **more: Any) -> dict[str, Any]:
    tests = [{"input": "2\n", "expected": "4\n"}]
    return {"problem_id": problem_id, "statement": statement, "style": "stdio", "tests": tests} | more


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
    return path


def load(path: Path, source: str = "jsonl", **more: Any) -> ProblemSet:
    return load_problems(ProblemSettings(source=source, path=str(path), **more))


def test_the_id_given_in_a_jsonl_row_stays(tmp_path: Path) -> None:
    problems = load(write(tmp_path / "p.jsonl", row("mine-2", "Halve it."), row("mine-1")))
    assert [p.problem_id for p in problems.problems] == ["mine-1", "mine-2"]
    assert problems.get("mine-1").tests[0].expected == "4\n"


def test_two_names_for_the_same_content_are_one_problem(tmp_path: Path) -> None:
    problems = load(write(tmp_path / "p.jsonl", row("first"), row("second"), row("other", "Halve it.")))
    assert (len(problems), problems.rows, problems.repeated) == (2, 3, 1)
    assert problems.by_source_id["second"] == "first"


def test_one_name_for_two_contents_is_refused_with_both_places(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", row("a"), row("b", "Halve it."), row("a", "Square it."))
    with pytest.raises(SourceError, match=r"p.jsonl line 3: 'a' names another problem here than at p.jsonl line 1"):
        load(path)


def test_a_torn_line_names_file_and_line(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", row("a"), row("b", "Halve it."))
    path.write_text(path.read_text(encoding="utf-8")[:-40], encoding="utf-8")
    with pytest.raises(SourceError, match=r"p.jsonl line 2: not JSON .*cut short"):
        load(path)


def test_a_torn_gzip_file_is_named(tmp_path: Path) -> None:
    whole = gzip.compress(json.dumps(row("a")).encode())
    (tmp_path / "p.jsonl.gz").write_bytes(whole[:-12])
    with pytest.raises(SourceError, match=r"p.jsonl.gz: cannot be read"):
        load(tmp_path / "p.jsonl.gz")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"statment": "x"}, r"unknown column 'statment': did you mean 'statement'\?"),
        ({"style": "stdin"}, r"'style' is 'stdin': did you mean 'stdio'\?"),
        ({"tests": "none"}, r"'tests' must be a list, not 'none'"),
        ({"tests": [{"input": "1", "expcted": "2"}]}, r"test 1: unknown column 'expcted': did you mean 'expected'\?"),
        ({"tests": [{"input": "1"}]}, r"test 1: no 'expected'"),
        ({"tests": [{"input": 1, "expected": "2"}]}, r"test 1: 'input' must be text, not 1"),
        ({"tests": [{"code": "assert f()", "input": "", "expected": ""}]}, r"style 'stdio' has no 'code'"),
        ({"statement": None}, r"no 'statement'"),
        ({"statement": "half a \ud83d"}, r"'statement' holds half a character"),
        ({"time_limit_s": "two"}, r"'time_limit_s' must be a finite number, not 'two'"),
        ({"memory_limit_mb": 1.5}, r"'memory_limit_mb' must be a whole number of 32 bits, not 1.5"),
        ({"time_limit_s": float("nan")}, r"'time_limit_s' must be a finite number, not nan"),
        ({"memory_limit_mb": 2**31}, r"'memory_limit_mb' must be a whole number of 32 bits"),
        ({"released_at": "yesterday"}, r"'released_at' must be an ISO time .* not 'yesterday'"),
        ({"style": "call", "tests": []}, r"style 'call' needs an 'entry_point'"),
    ],
)
def test_a_wrong_column_is_one_line_with_the_place(tmp_path: Path, change: dict[str, Any], complaint: str) -> None:
    path = write(tmp_path / "p.jsonl", row("a", "Halve it."), row("b") | change)
    with pytest.raises(SourceError, match=complaint) as caught:
        load(path)
    assert str(caught.value).startswith("p.jsonl line 2")
    assert "\n" not in str(caught.value)


def test_call_tests_must_be_json(tmp_path: Path) -> None:
    call = {"style": "call", "entry_point": "f"}
    write(tmp_path / "p.jsonl", row("a", tests=[{"input": "[1]", "expected": "True"}], **call))
    with pytest.raises(SourceError, match="'expected' is not JSON"):
        load(tmp_path / "p.jsonl")
    write(tmp_path / "p.jsonl", row("a", tests=[{"input": '{"n": 1}', "expected": "true"}], **call))
    with pytest.raises(SourceError, match="'input' must be a JSON array of the arguments"):
        load(tmp_path / "p.jsonl")


def test_a_problem_without_tests_is_kept(tmp_path: Path) -> None:
    assert load(write(tmp_path / "p.jsonl", row("a", tests=[]))).problems[0].tests == ()


def test_limit_keeps_the_first_and_knows_the_rest(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", row("c"), row("b", "Halve it."), row("c2"), row("a", "Square it."))
    problems = load(path, limit=2)
    assert [p.problem_id for p in problems.problems] == ["b", "c"]
    assert problems.left_out_names == {"a"}
    assert problems.by_source_id["c2"] == "c"


def test_the_pin_of_a_file_is_its_sha256(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", row("a"))
    problems = load(path)
    assert problems.pin == hashlib.sha256(path.read_bytes()).hexdigest()
    assert problems.problems[0].source_revision == problems.pin


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    write(tmp_path / "2.jsonl", row("twin"))
    write(tmp_path / "1.jsonl", row("first"))
    assert load(tmp_path).by_source_id == {"first": "first", "twin": "first"}


@pytest.mark.parametrize("name", ["p.json", "p.parquet"])
def test_other_containers_give_the_same_problems(tmp_path: Path, name: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [row("a"), row("b", "Halve it.")]
    if name.endswith(".json"):
        (tmp_path / name).write_text(json.dumps(rows), encoding="utf-8")
    else:
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / name)
    lines = load(write(tmp_path / "lines.jsonl", *rows))
    assert [p.tests for p in load(tmp_path / name).problems] == [p.tests for p in lines.problems]


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"source": "humanevl", "path": "x"}, r"problems.source is 'humanevl': did you mean 'humaneval'\?"),
        ({"source": "jsonl"}, "needs either path or hub, not neither"),
        ({"source": "jsonl", "path": "x", "hub": "o/n"}, "needs either path or hub, not both"),
        ({"source": "jsonl", "hub": "o/n", "revision": "main"}, "revision 'main': give the 40-digit commit sha"),
        ({"source": "micro", "path": "x"}, "source 'micro' is generated"),
    ],
)
def test_contradicting_settings_are_refused(settings: dict[str, str], complaint: str) -> None:
    with pytest.raises(RecipeError, match=complaint):
        load_problems(ProblemSettings(**settings))  # type: ignore[arg-type]


def test_a_missing_file_and_an_unreadable_kind_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        load(tmp_path / "gone.jsonl")
    (tmp_path / "p.csv").write_text("a,b", encoding="utf-8")
    with pytest.raises(SourceError, match="cannot tell its format"):
        load(tmp_path / "p.csv")
    with pytest.raises(SourceError, match="no file in this folder"):
        load(tmp_path)
