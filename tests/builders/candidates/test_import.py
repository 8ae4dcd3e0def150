"""Imported samples: every format, the joins, and what is refused."""

import json
import random
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dualset.builders.candidates.formats.codet import continuation
from dualset.builders.candidates.formats.livecodebench import model_of_file, temperature_of_file
from dualset.builders.candidates.imported import recorded_passed, recorded_verdict
from dualset.builders.candidates.load import import_candidates
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.dataset.records import Candidate, Problem, program_id_of
from dualset.builders.dataset.words import Style
from dualset.builders.errors import RecipeError, SourceError
from dualset.builders.problems.load import load_problems
from dualset.builders.problems.problem_set import ProblemSet, collect
from dualset.builders.problems.settings import ProblemSettings


def problem(name: str, starter: str = "def f(x):\n", doc: str = "Do it.") -> Problem:
    prompt = f'{starter}    """{doc}"""\n'
    return Problem(
        problem_id="", source="ours", source_id=name, statement=prompt, style=Style.ASSERT, starter_code=prompt
    )


def problem_set(*problems: Problem, limit: int | None = None) -> ProblemSet:
    return collect(((p.source_id, p) for p in problems), "pin", limit)


ONE = problem_set(problem("a"))


def read(
    folder: Path, form: str, rows: list[dict[str, Any]], problems: ProblemSet = ONE, **more: Any
) -> list[Candidate]:
    path = folder / "samples.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    settings = CandidateSettings(source="samples", format=form, path=(str(path),), **more)
    return list(import_candidates(settings, problems))


def test_jsonl_rows_become_candidates(tmp_path: Path) -> None:
    rows = [
        {"problem_id": "a", "completion": "```python\nx = 1\n```", "model": "m1", "verdict": "failed: why"},
        {"problem_id": "a", "code": "x = 1", "temperature": 0.5, "verdict": 1},
        {"problem_id": ONE.problems[0].problem_id, "completion": "no idea", "sample_index": 7},
    ]
    first, second, third = read(tmp_path, "jsonl", rows, model="m2", temperature=0.8)
    assert (first.code, first.extraction, first.model, first.temperature) == ("x = 1", "fenced", "m1", 0.8)
    assert (first.recorded_passed, first.recorded_verdict) == (False, "failed: why")
    assert (second.extraction, second.model, second.temperature, second.recorded_passed) == ("given", "m2", 0.5, True)
    assert first.program_id == second.program_id == program_id_of(ONE.problems[0].problem_id, "x = 1")
    assert (third.program_id, third.extraction, third.sample_index) == (None, "no_code", 7)
    assert {first.sampler, second.sampler} == {"imported"}
    assert len({first.candidate_id, second.candidate_id, third.candidate_id}) == 3


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"problem_id": "b", "code": "x"}, r"line 2: no problem 'b' among the 1 of the recipe \(nearest: a\)"),
        ({"problem_id": "a"}, r"line 2: needs 'completion' .* or 'code'"),
        (
            {"problem_id": "a", "code": "x", "sample_idx": 1},
            r"unknown column 'sample_idx': did you mean 'sample_index'",
        ),
        ({"problem_id": "a", "code": 5}, r"line 2: 'code' must be text, not 5"),
        ({"problem_id": "a", "code": "x", "sample_index": 0}, r"line 2: sample 0 of problem 'a' by m is there already"),
    ],
)
def test_a_wrong_sample_is_one_line_with_the_place(tmp_path: Path, row: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SourceError, match=complaint):
        read(tmp_path, "jsonl", [{"problem_id": "a", "code": "x = 1"}, row], model="m")


def test_unknown_formats_and_missing_paths_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"candidates.format is 'codt': did you mean 'codet'\?"):
        read(tmp_path, "codt", [])
    with pytest.raises(RecipeError, match="needs either path or hub, not neither"):
        import_candidates(CandidateSettings(source="samples", format="jsonl"), ONE)


def test_samples_are_numbered_a_problem_and_model(tmp_path: Path) -> None:
    rows = [{"problem_id": "a", "code": "x = 1", "model": model} for model in ("m", "n", "m")]
    assert [(c.model, c.sample_index) for c in read(tmp_path, "jsonl", rows)] == [("m", 0), ("n", 0), ("m", 1)]


def test_samples_of_problems_beyond_the_limit_are_left_out(tmp_path: Path) -> None:
    problems = problem_set(problem("a"), problem("b", doc="Other."), limit=1)
    rows = [{"problem_id": "a", "code": "x = 1"}, {"problem_id": "b", "code": "x = 1"}]
    assert len(read(tmp_path, "jsonl", rows, problems)) == 1
    with pytest.raises(SourceError, match="no problem 'c'"):
        read(tmp_path, "jsonl", [*rows, {"problem_id": "c", "code": "x"}], problems)


TWINS = problem_set(
    problem("HumanEval/1", doc="Sum brackets of < and >.\n    >>> f(1)\n    2\n    "),
    problem("HumanEval/2", doc="Sum brackets of ( and ).\n    >>> f(1)\n    2\n    "),
    problem("HumanEval/3", starter="def g(x):\n"),
)


def test_codet_prompts_find_their_problem_without_its_examples(tmp_path: Path) -> None:
    """Two HumanEval problems share one signature: the beginning of the docstring decides."""
    prompt = 'def f(x):\n    """Sum brackets of ( and ).\n    """\n'
    [first, second] = read(tmp_path, "codet", [{"prompt": prompt, "samples": ["    return x\n", "\n"]}], TWINS)
    assert first.problem_id == TWINS.by_source_id["HumanEval/2"]
    assert (first.code, first.extraction) == (prompt + "    return x\n", "continuation")
    assert (second.code, second.extraction, second.sample_index) == (None, "no_code", 1)


def test_a_prompt_of_no_problem_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"line 1: no problem starts with this prompt: 'def h\(x\):'"):
        read(tmp_path, "codet", [{"prompt": "def h(x):\n", "samples": []}], TWINS)
    with pytest.raises(SourceError, match="several problems start with this prompt"):
        read(tmp_path, "codet", [{"prompt": "def f(x):\n", "samples": []}], TWINS)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("    return 1\n\nprint(f(1))\n", "    return 1\n\n"),
        ("    return 1\n# tests\nassert f(1)", "    return 1\n"),
        (
            "    x = [\n]\n    if x:\n        print(x)\n\ndef g():\n    pass",
            "    x = [\n]\n    if x:\n        print(x)\n\n",
        ),
        ("    return 1\nassert f(1) == 2", "    return 1\nassert f(1) == 2"),  # no stop sequence: the model said it
        ("    return 1", "    return 1"),
    ],
)
def test_a_continuation_ends_at_codexs_stop_sequences(text: str, kept: str) -> None:
    assert continuation("def f(x):\n", text).code == "def f(x):\n" + kept


def test_human_eval_results_are_prompt_and_completion_uncut(tmp_path: Path) -> None:
    rows = [
        {"task_id": "a", "completion": "    return 1\nprint(2)", "passed": True, "result": "passed"},
        {"task_id": "a", "completion": "    retrun 1", "passed": False, "result": "failed: invalid syntax"},
        {"task_id": "a", "completion": "    return 2"},
    ]
    candidates = read(tmp_path, "humaneval", rows)
    assert candidates[0].code == f"{ONE.problems[0].starter_code}    return 1\nprint(2)"
    assert [c.recorded_passed for c in candidates] == [True, False, None]
    assert [c.sample_index for c in candidates] == [0, 1, 2]


def test_livecodebench_takes_the_graded_code_and_the_models_name(tmp_path: Path) -> None:
    row = {
        "question_id": "a",
        "output_list": ["```\nx = 1\n```", "nothing"],
        "code_list": ["x = 1 ", ""],
        "graded_list": [True, False],
        "metadata": ["{}", '{"error_message": "Time Limit Exceeded"}'],
    }
    path = tmp_path / "Some-7B.codegeneration.v6_1055.n1.eval_all.json"
    path.write_text(json.dumps([row]), encoding="utf-8")
    settings = CandidateSettings(source="samples", format="livecodebench", path=(str(tmp_path),))
    first, second = import_candidates(settings, ONE)
    assert (first.code, first.extraction, first.model, first.recorded_passed) == ("x = 1 ", "given", "Some-7B", True)
    assert (second.code, second.recorded_verdict) == (None, "false: Time Limit Exceeded")
    path.write_text(json.dumps([row | {"code_list": ["x"]}]), encoding="utf-8")
    with pytest.raises(SourceError, match="'output_list' has 2 answers but 'code_list' has 1"):
        list(import_candidates(settings, ONE))


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("O1-Mini-2024-09-12.v5_880.n1.eval_all.json", "O1-Mini-2024-09-12"),
        ("Qwen2.5-Ins-7B.codegeneration.v6_1055.n1.eval_all.json", "Qwen2.5-Ins-7B"),
        ("Scenario.codegeneration_10_0.2_eval_all.json", "folder"),
        ("plain.json", "plain"),
    ],
)
def test_the_model_in_a_livecodebench_file_name(name: str, model: str) -> None:
    assert model_of_file(Path("folder") / name) == model


@pytest.mark.parametrize(
    ("name", "temperature"),
    [
        ("Scenario.codegeneration_10_0.2_eval_all.json", 0.2),
        ("Scenario.codegeneration_1_0.json.gz", 0.0),
        ("Some-7B.codegeneration.v6_1055.n1.eval_all.json", None),
        ("Scenario.codegeneration_eval_all.json", None),
    ],
)
def test_the_temperature_in_a_livecodebench_file_name(name: str, temperature: float | None) -> None:
    assert temperature_of_file(Path("folder") / name) == temperature


def test_livecodebench_metadata_is_text_or_an_object_and_samples_outside_a_window_are_left_out(tmp_path: Path) -> None:
    row = {"question_id": "a", "output_list": ["x"], "code_list": ["x = 1"], "graded_list": [False]}
    folder = tmp_path / "Some-7B"
    folder.mkdir()
    path = folder / "Scenario.codegeneration_1_0.2_eval_all.json"
    rows = [row | {"metadata": [{"error_code": -4, "error_message": "Runtime Error"}]}, row | {"question_id": "old"}]
    path.write_text(json.dumps(rows), encoding="utf-8")
    problems = tmp_path / "problems.jsonl"
    told = [{"problem_id": "a", "released_at": "2025-03-01"}, {"problem_id": "old", "released_at": "2024-03-01"}]
    shared = {"style": "stdio", "tests": []}
    problems.write_text("".join(json.dumps(each | shared | {"statement": each["problem_id"]}) + "\n" for each in told))
    window = load_problems(ProblemSettings(source="jsonl", path=str(problems), since=date(2025, 2, 1)))
    settings = CandidateSettings(source="samples", format="livecodebench", path=(str(path),))
    [only] = import_candidates(settings, window)
    assert (only.problem_id, only.recorded_verdict) == ("a", "false: Runtime Error")
    assert (only.model, only.temperature) == ("Some-7B", 0.2)


def test_apps_samples_lie_in_the_problems_folder(tmp_path: Path) -> None:
    folder = tmp_path / "train" / "0003"
    folder.mkdir(parents=True)
    (folder / "question.txt").write_text("Do.", encoding="utf-8")
    samples = [{"code": "x = 1", "result": result} for result in (True, False, -1, -2)]
    (folder / "gen_solutions.json").write_text(json.dumps(samples), encoding="utf-8")
    problems = load_problems(ProblemSettings(source="apps", path=str(tmp_path)))
    settings = CandidateSettings(source="samples", format="apps", path=(str(tmp_path),))
    candidates = list(import_candidates(settings, problems))
    assert [c.recorded_passed for c in candidates] == [True, False, False, False]
    assert [c.recorded_verdict for c in candidates] == ["true", "false", "-1", "-2"]


def test_mapcoder_rows_of_one_problem_are_further_samples(tmp_path: Path) -> None:
    row = {"id": "a", "responses": ["```x```"], "source_codes": ["x = 1"], "is_solved": True}
    (tmp_path / "GPT-Direct-APPS-Python3-0-1.jsonl").write_text(f"{json.dumps(row)}\n" * 2, encoding="utf-8")
    settings = CandidateSettings(source="samples", format="mapcoder", path=(str(tmp_path),))
    candidates = list(import_candidates(settings, ONE))
    assert [(c.model, c.sample_index, c.recorded_passed) for c in candidates] == [
        ("GPT-Direct", 0, True),
        ("GPT-Direct", 1, True),
    ]


@pytest.mark.parametrize(
    ("verdict", "passed"),
    [
        *[(word, True) for word in (True, 1, "passed", "pass", "True", "Accepted")],
        *[(word, False) for word in (False, 0, -1, -2, "failed: x", "timed out", "wrong_answer", "runtime_error")],
        *[(word, None) for word in (None, "infra_error", "skipped", "", [True], {"passed": True}, 0.5)],
    ],
)
def test_recorded_verdicts_in_every_coding_and_null_where_unknown(verdict: Any, passed: bool | None) -> None:
    assert recorded_passed(verdict) is passed
    assert (recorded_verdict(verdict) is None) == (verdict is None)


REAL = [
    (
        "humaneval",
        "humaneval",
        "codet",
        "codet/generated_data",
        16_400,
        12_367,
        {"continuation": 16_273, "no_code": 127},
    ),
    ("humaneval", "humaneval", "humaneval", "gpt_code_clippy", 1_640, 1_633, {"continuation": 1_640}),
    (
        "livecodebench",
        "livecodebench/problems_public_tests",
        "livecodebench",
        "livecodebench/outputs",
        3_615,
        3_095,
        {"given": 3_394, "no_code": 221},
    ),
    ("apps", "coderl/data/APPS", "apps", "coderl/data/APPS", 83, 64, {"given": 83}),
    ("mapcoder", "mapcoder/problems", "mapcoder", "mapcoder/final-results", 1_500, 1_478, {"given": 1_500}),
]


@pytest.mark.parametrize(("source", "at", "form", "samples", "candidates", "programs", "kinds"), REAL)
def test_real_samples(
    data: Path, source: str, at: str, form: str, samples: str, candidates: int, programs: int, kinds: dict[str, int]
) -> None:
    problems = load_problems(ProblemSettings(source=source, path=str(data / at)))
    path = str(data / samples)
    if form == "codet":  # the folder holds generated tests too
        path = str(next((data / samples).glob("*code_solution.jsonl")))
    found = list(import_candidates(CandidateSettings(source="samples", format=form, path=(path,)), problems))
    assert len({c.candidate_id for c in found}) == len(found) == candidates
    assert len({c.program_id for c in found} - {None}) == programs
    assert Counter(c.extraction for c in found) == kinds


def test_every_real_codet_prompt_finds_the_problem_that_codets_own_list_names(data: Path) -> None:
    problems = load_problems(ProblemSettings(source="humaneval", path=str(data / "humaneval" / "HumanEval.jsonl.gz")))
    listed = (data / "codet" / "dataset" / "HumanEval_for_code_generation.jsonl").read_text(encoding="utf-8")
    names = {row["prompt"]: row["task_id"] for row in map(json.loads, listed.splitlines())}
    path = next((data / "codet" / "generated_data").glob("*code_solution.jsonl"))
    prompts = [json.loads(line)["prompt"] for line in path.read_text(encoding="utf-8").splitlines()]
    settings = CandidateSettings(source="samples", format="codet", path=(str(path),))
    found = {c.problem_id: None for c in import_candidates(settings, problems)}
    assert [problems.get(each).source_id for each in found] == [names[prompt] for prompt in prompts]


def test_the_first_repeated_sample_is_told_whatever_the_order_of_the_indices(tmp_path: Path) -> None:
    rng = random.Random(0)
    for _ in range(200):
        indices = [rng.choice([None, -1, *range(8), 2**31 - 1]) for _ in range(rng.randrange(1, 12))]
        rows = [{"problem_id": "a", "code": "x"} | ({} if i is None else {"sample_index": i}) for i in indices]
        seen: list[int] = []
        counted = 0
        for i in indices:
            seen.append(counted if i is None else i)
            counted += i is None
        again = next((n for n, i in enumerate(seen) if i in seen[:n]), None)
        if again is None:
            assert [c.sample_index for c in read(tmp_path, "jsonl", rows)] == seen
        else:
            with pytest.raises(
                SourceError, match=f"line {again + 1}: sample {seen[again]} of problem 'a' by an unnamed"
            ):
                read(tmp_path, "jsonl", rows)
