"""Where generated tests come from: files of two formats, or a model whose answers are kept like those of programs."""

import gzip
import json
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from chat_server import ChatServer

from dualset.builders.candidates.identity import identify
from dualset.builders.candidates.prompts import load_template
from dualset.builders.candidates.sample import Sampled
from dualset.builders.candidates.samplers.openai import OpenAISampler
from dualset.builders.candidates.settings import CandidateSettings, ServerSettings
from dualset.builders.dataset.records import Problem
from dualset.builders.dataset.words import Style
from dualset.builders.errors import ModelError, RecipeError, SourceError
from dualset.builders.generated.collect import Collected
from dualset.builders.generated.load import GeneratedTests, generated_tests
from dualset.builders.generated.reasons import Reason
from dualset.builders.generated.settings import TestSettings
from dualset.builders.problems.load import load_problems
from dualset.builders.problems.problem_set import ProblemSet, collect
from dualset.builders.problems.settings import ProblemSettings
from dualset.builders.settings import parse_settings

ROOT = Path(__file__).parents[3]


def problem(name: str, style: Style = Style.ASSERT, **more: Any) -> Problem:
    known: dict[str, Any] = {"starter_code": f"def {name}(x):\n    '''Do {name}.'''\n", "entry_point": name}
    return Problem(
        problem_id=name, source="jsonl", source_id=name, statement=f"Do {name}.", style=style, **known | more
    )


PROBLEMS = [problem("a"), problem("b"), problem("c", Style.CALL), problem("d", Style.STDIO, entry_point=None)]
NAMES = collect([(p.problem_id, p) for p in PROBLEMS], "pin")


def written(folder: Path, rows: Sequence[Any], name: str = "tests.jsonl") -> tuple[str]:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return (str(path),)


def read(
    folder: Path, rows: Sequence[Any], names: ProblemSet = NAMES, problems: Sequence[Problem] = PROBLEMS, **more: Any
) -> dict[str, Collected]:
    settings = TestSettings(source="samples", path=written(folder, rows), **{"format": "jsonl"} | more)
    with generated_tests(settings, problems[::-1], folder / "work", names=names) as tests:
        found = {p.problem_id: collected for p, collected in tests}
        assert {p.problem_id: collected for p, collected in tests} == found  # as often as wanted
    assert list(found) == [p.problem_id for p in problems]
    assert not list((folder / "work").iterdir())
    return found


def codes(collected: Collected) -> list[str | None]:
    return [test.code for test in collected.tests]


def test_rows_of_every_kind_in_any_order(tmp_path: Path) -> None:
    rows = [
        {"problem_id": "d", "input": "1", "expected": "2"},
        {"problem_id": "b", "completion": "assert b(1) == 2\nassert b(2) == 3", "finish_reason": "length"},
        {"problem_id": "a", "code": "assert a(1)==2"},
        {"problem_id": "b", "completion": "assert b(3) == 4", "code": "never looked at", "finish_reason": "stop"},
        {"problem_id": "c", "input": "[1]", "expected": "2"},
        {"problem_id": "c", "code": "assert c(1) == 2"},
        {"problem_id": "c", "input": "1", "expected": "2"},
        {"problem_id": "a", "code": "import os\nassert a(1)==2"},
        {"problem_id": "d", "completion": "```\n1\n```\n```\n2\n```"},
    ]
    found = read(tmp_path, rows)
    assert codes(found["a"]) == ["assert a(1) == 2"]
    assert found["a"].refused == {"malformed": 1}
    assert codes(found["b"]) == ["assert b(1) == 2", "assert b(3) == 4"]
    assert found["b"].refused == {"cut": 1}
    assert [(t.input, t.expected) for t in found["c"].tests] == [("[1]", "2")]
    assert (found["c"].counts, dict(found["c"].refused)) == ((2,), {"malformed": 1})
    assert [(t.input, t.expected) for t in found["d"].tests] == [("1\n", "2\n")]
    assert found["d"].counts == (2,)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"problem_id": "z", "code": "assert z(1) == 2"}, r"tests.jsonl line 2: no problem 'z' among the 4 of"),
        ({"problem_id": "a"}, "line 2: needs 'completion', or 'code', or both 'input' and 'expected'"),
        ({"problem_id": "d", "input": "1"}, "line 2: needs 'completion', or 'code', or both"),
        ({"problem_id": "d", "input": "1", "expected": "2", "code": "x"}, "and not several of these"),
        ({"problem_id": "d", "code": "assert 1"}, "problem 'd' is of style 'stdio': give 'input' and 'expected'"),
        ({"problem_id": "a", "input": "1", "expected": "2"}, "problem 'a' is of style 'assert': give 'code'"),
        ({"problem_id": "a", "completion": 7}, "'completion' must be text, not 7"),
        ({"problem_id": "a", "cod": "assert"}, "unknown column 'cod': did you mean 'code'"),
        ([1], "line 2: must be a JSON object"),
    ],
)
def test_a_wrong_row_is_named_before_anything_is_read(tmp_path: Path, row: Any, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read(tmp_path, [{"problem_id": "a", "code": "assert a(1) == 2"}, row])
    assert not list((tmp_path / "work").iterdir())


def test_tests_of_problems_that_the_recipe_leaves_out_are_passed_over(tmp_path: Path) -> None:
    names = collect([(p.problem_id, p) for p in PROBLEMS], "pin", limit=1)
    rows = [{"problem_id": name, "code": f"assert {name}(1) == 2"} for name in "ba"]
    assert codes(read(tmp_path, rows, names, names.problems)["a"]) == ["assert a(1) == 2"]
    assert codes(read(tmp_path, rows, NAMES, PROBLEMS[1:])["b"]) == ["assert b(1) == 2"]
    with pytest.raises(SourceError, match="holds no test of the recipe's problems"):
        read(tmp_path, rows[:1], names, names.problems)


def test_codet_rows_continue_the_word_assert(tmp_path: Path) -> None:
    prompt = "def a(x):\n    '''Do a.'''\n    pass\n\n# check the correctness of a\nassert "
    samples = ["a(1) == 2\nassert a(2) == 3\nassert a(", "\n", "a(1)==2, 'one'\n\ndef g(): pass", "____ == 1"]
    rows = [
        {"prompt": prompt, "samples": samples},
        {"prompt": "def b(x):\n    '''Do b.'''\n", "samples": ["    return x\nassert b(1) == 1"]},  # programs
    ]
    found = read(tmp_path, rows, format="codet", problems=PROBLEMS[:2])
    assert codes(found["a"]) == ["assert a(1) == 2", "assert a(2) == 3"]
    assert found["a"].counts == (2, 1)
    assert found["a"].refused == {"cut": 1, "malformed": 1, "not_the_program": 1}
    assert found["b"].written == 0
    with pytest.raises(SourceError, match="holds no test of the recipe's problems"):
        read(tmp_path, rows[1:], format="codet")


def test_a_problem_without_tests_is_there_and_empty(tmp_path: Path) -> None:
    found = read(tmp_path, [{"problem_id": "b", "code": "assert b(1) == 2"}])
    assert [len(each.tests) for each in found.values()] == [0, 1, 0, 0]


def test_files_of_any_size_are_read_within_a_few_megabytes(tmp_path: Path) -> None:
    """20 MB of answers, whose tests are few."""
    path = tmp_path / "tests.jsonl.gz"
    with gzip.open(path, "wt", compresslevel=1) as file:
        for n in range(1000):
            text = f"assert b({n % 7}) == 1\n" + "so " * 6_600
            file.write(json.dumps({"problem_id": "ab"[n % 2], "completion": text}) + "\n")
    settings = TestSettings(source="samples", format="jsonl", path=(str(path),))
    tracemalloc.start()
    with generated_tests(settings, PROBLEMS, tmp_path / "work", names=NAMES) as tests:
        counts = {p.problem_id: c.counts for p, c in tests}
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(counts["b"]) == 500
    assert peak < 8e6


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"source": "sample"}, "tests.source is 'sample': did you mean 'samples'"),
        ({"source": "transformers"}, "tests.model is missing"),
        (
            {"source": "samples", "format": "humaneval", "path": "x"},
            r"tests.format is 'humaneval': .*known: codet, jsonl",
        ),
        ({"source": "samples", "format": "codet"}, "tests: source 'samples' needs either path or hub, not neither"),
        ({"source": "samples", "format": "jsonl", "path": "x", "n": 3}, "tests.n is given, but source 'samples'"),
        ({"source": "transformers", "model": "micro", "at_most": 0}, "tests.at_most is 0: expected null, or 1 or more"),
        ({"source": "transformers", "model": "micro", "per_completion": 0}, "tests.per_completion is 0"),
        ({"source": "transformers", "model": "micro", "top_p": 2}, "tests.top_p is 2"),
        (
            {"source": "transformers", "model": "micro", "prompt": "suit"},
            "tests.prompt is 'suit': did you mean 'suite'",
        ),
    ],
)
def test_what_makes_no_sense_is_told_as_a_setting_of_tests(tmp_path: Path, tree: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        generated_tests(parse_settings(TestSettings, tree, "recipe.yaml: tests"), PROBLEMS, tmp_path)


def test_what_decides_the_data_is_all_that_is_told() -> None:
    settings = TestSettings(source="samples", format="codet", path=("/a/b",), at_most=9)
    assert settings.content["at_most"] == 9
    assert not {"path", "n", "prompt"} & settings.content.keys()
    assert {each.name for each in fields(TestSettings)} - {each.name for each in fields(CandidateSettings)} == {
        "per_completion",
        "at_most",
    }


def test_every_key_is_documented() -> None:
    text = (ROOT / "docs/generated-tests.md").read_text()
    assert not [key for key in ("per_completion", "at_most", "codet", "jsonl", "suite-1", "tests-1") if key not in text]
    assert not [reason for reason in Reason if f"`{reason}`" not in text]


def answer(text: str, finish: str = "stop") -> dict[str, Any]:
    return {"choices": [{"message": {"content": text}, "finish_reason": finish}]}


def served(server: ChatServer, **more: Any) -> TestSettings:
    said = {"model": "micro", "n": 2, "max_tokens": 64} | more
    return TestSettings(source="openai", server=ServerSettings(url=server.url, tries=1, concurrency=1), **said)


def test_a_model_is_asked_with_the_tests_template_and_for_nothing_twice(server: ChatServer, tmp_path: Path) -> None:
    server.say(answer("```python\nassert a(1) == 2\n```"), times=99)
    for n, asked in ((2, 2), (2, 0), (3, 1)):
        server.asked.clear()
        tests = generated_tests(served(server, n=n, per_completion=n), PROBLEMS[:1], tmp_path)
        [(_, found)] = tests
        assert (codes(found), found.counts) == (["assert a(1) == 2"], (n,))
        assert len(server.asked) == asked
        assert all("Write one test for a correct `a`" in body["messages"][0]["content"] for body in server.asked)
    assert tests.pins["prompt"]["name"] == "tests-1"
    generated_tests(served(server, n=3, prompt="suite"), PROBLEMS[:1], tmp_path)
    assert "Write several different tests" in server.asked[-1]["messages"][0]["content"]


def test_programs_and_tests_of_one_model_are_kept_apart(server: ChatServer, tmp_path: Path) -> None:
    settings = served(server)
    programs = settings.sampled
    kept = Sampled.at(tmp_path / "completions", programs, identify(programs), load_template("program"))
    server.say(answer("```python\ndef a(x): return x\nassert a(5) == 5\n```"), times=2)
    kept.fill(OpenAISampler.load(programs), PROBLEMS[:1])
    server.say(answer("```python\nassert a(1) == 2\n```"), times=2)
    [(_, found)] = generated_tests(settings, PROBLEMS[:1], tmp_path)
    assert codes(found) == ["assert a(1) == 2"]
    assert [c.code for c in kept.candidates(PROBLEMS[0])] == ["def a(x): return x\nassert a(5) == 5"] * 2


def test_what_was_answered_before_a_failure_is_not_asked_again(server: ChatServer, tmp_path: Path) -> None:
    server.say(answer("assert a(1) == 2"), times=1)
    server.say(answer("assert a(2) == 34", "length"), times=1)
    server.fail(500, times=99)
    with pytest.raises(ModelError):
        generated_tests(served(server, n=3), PROBLEMS[:2], tmp_path)
    server.calm()
    server.say(answer("assert b(1) == 2"), times=99)
    found = {p.problem_id: c for p, c in generated_tests(served(server, n=3), PROBLEMS[:2], tmp_path)}
    assert len(server.asked) == 4
    assert codes(found["a"]) == ["assert a(1) == 2"]
    assert found["a"].refused == {"cut": 1, "not_the_program": 1}
    assert found["b"].counts == (3,)


@pytest.mark.slow
def test_the_tiny_policy_writes_no_tests_and_is_loaded_once(tmp_path: Path) -> None:
    problems = load_problems(ProblemSettings(source="micro", count=3)).problems
    settings = TestSettings(source="transformers", model="micro", device="cpu", n=2, max_tokens=16)
    told: list[str] = []

    def run() -> GeneratedTests:
        tests = generated_tests(settings, problems, tmp_path, progress=lambda stage, done, total: told.append(stage))
        assert [sum(collected.refused.values()) for _, collected in tests] == [2, 2, 2]
        return tests

    tests = run()
    assert set(told) == {"tests", "tokens"}
    told.clear()
    assert run().pins == tests.pins
    assert not told
    assert len(str(tests.pins["model"])) == 64


@pytest.mark.slow
def test_all_that_codegen_wrote_for_humaneval(data: Path, tmp_path: Path) -> None:
    """CodeT's own parser finds 8,331 texts: 7,361 of our normal forms, and 307 texts that are no tests of ours.

    The problems have lost their official tests and references before: what comes out is the model's own.
    """
    whole = load_problems(ProblemSettings(source="humaneval", path=str(data / "humaneval" / "HumanEval.jsonl.gz")))
    bare = tuple(replace(problem, tests=(), reference_solutions=()) for problem in whole.problems)
    path = str(data / "codet" / "generated_data")
    settings = TestSettings(source="samples", format="codet", path=(path,), per_completion=5)
    with generated_tests(settings, bare, tmp_path, names=replace(whole, problems=bare)) as tests:
        found = [collected for _, collected in tests]
    assert sum(len(each.tests) for each in found) == 7372
    assert sum(sum(each.counts) for each in found) == 8823
    refused = sum((Counter(each.refused) for each in found), Counter[str]())
    assert refused == {"beyond_per_completion": 8078, "cut": 641, "malformed": 26739, "not_the_program": 3386}
    assert sum(not each.tests for each in found) == 10
