"""Named problem sets: strict, pinned, and each read from a Hub in the layout and schema of its dataset.

The Hub is on loopback, so its commits are others: a recipe's own ``revision`` goes before the preset's.
"""

import base64
import io
import json
import os
import pickle
import re
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import loopback_hub as hub
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hub_rows import CODE_CONTESTS, CODEFORCES, HALF, MBPP_PLUS, SEED, check

from dualset.builders.errors import DualsetError, RecipeError
from dualset.builders.problems.load import SOURCES, load_problems
from dualset.builders.problems.preset import PROBLEM_PRESETS
from dualset.builders.recipe import Recipe, load_recipe

NAMES = sorted(path.stem for path in PROBLEM_PRESETS.glob("*.yaml"))


@pytest.fixture
def recipe(tmp_path: Path) -> Callable[..., Recipe]:
    def load(problems: str, *overrides: str) -> Recipe:
        path = tmp_path / "recipe.yaml"
        path.write_text(f"name: demo\nproblems: {problems}\n")
        return load_recipe(path, overrides)

    return load


def test_the_names_are_those_of_the_docs() -> None:
    page = (Path(__file__).parents[3] / "docs/evaluation-sets.md").read_text()
    assert sorted(set(re.findall(r"^\| `([\w+-]+)` \|", page, re.MULTILINE))) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_names_a_source_a_dataset_a_commit_and_files(recipe: Callable[..., Recipe], name: str) -> None:
    problems = recipe(f"{{preset: {name}}}").problems
    page = (Path(__file__).parents[3] / "docs/evaluation-sets.md").read_text()
    assert problems.source in SOURCES
    assert re.fullmatch(r"[0-9a-f]{40}", problems.revision or "")
    assert problems.files
    assert f"`{problems.hub}`" in page
    assert f"`{problems.revision}`" in page


def test_what_a_preset_fills_in_is_in_the_content_and_days_are_text(recipe: Callable[..., Recipe]) -> None:
    content = recipe("{preset: livecodebench-v6}", "problems.limit=5").content["problems"]
    assert (content["since"], content["until"], content["limit"]) == ("2025-02-01", "2025-05-31", 5)
    assert content["hub"] == "livecodebench/code_generation_lite"
    json.dumps(content)
    assert "preset" not in content
    assert {"since", "until", "max_tests"}.isdisjoint(recipe("{source: mbpp, path: x}").content["problems"])


def test_a_day_may_be_text_as_the_dataset_card_has_it(recipe: Callable[..., Recipe]) -> None:
    problems = recipe("{preset: livecodebench-v6, since: '2025-03-01'}", "problems.until=2025-04-01").problems
    assert (str(problems.since), str(problems.until)) == ("2025-03-01", "2025-04-01")


def test_a_path_keeps_the_window_and_the_files_and_leaves_the_hub(recipe: Callable[..., Recipe]) -> None:
    problems = recipe("{preset: livecodebench-v5, path: /data/lcb}").problems
    assert (problems.path, problems.hub, problems.revision) == ("/data/lcb", None, None)
    assert (problems.files, str(problems.since)) == ("test[345].jsonl", "2024-08-01")
    assert recipe("{preset: mbpp+, path: /data/MbppPlus.jsonl}").problems.files is None


@pytest.mark.parametrize("files", ["", ", files: 'f*/test-*.parquet'"])
def test_a_folder_fetched_before_has_the_presets_files_or_ones_own(
    recipe: Callable[..., Recipe], tmp_path: Path, files: str
) -> None:
    for name, content in REPOSITORIES["google-research-datasets/mbpp"].items():
        (tmp_path / "mbpp" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mbpp" / name).write_bytes(content)
    found = load_problems(recipe(f"{{preset: mbpp, path: {tmp_path / 'mbpp'}{files}}}").problems)
    assert [problem.source_id for problem in found.problems] == ["11"]


@pytest.mark.parametrize(
    ("problems", "message"),
    [
        ("{preset: mbpp, path: folder, revision: abc}", "problems.revision is 'abc', a commit on the Hub, but path is"),
        ("{source: mbpp, path: one.jsonl, files: '*.jsonl'}", r"problems.files is '\*.jsonl', but path is one file"),
        ("{preset: mbpp, path: folder}", "no file in this folder is called full/test-"),
        ("{source: micro, files: '*.jsonl'}", "it has no files"),
        ("{source: micro, revision: abc}", "it has no revision"),
    ],
)
def test_what_would_not_be_used_is_refused_in_one_line(
    recipe: Callable[..., Recipe], tmp_path: Path, problems: str, message: str
) -> None:
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "one.jsonl", tmp_path / "folder/train.jsonl"):
        path.write_bytes(lines(MBPP))
    with pytest.raises(DualsetError, match=message) as caught:
        load_problems(recipe(problems).problems)
    assert "\n" not in str(caught.value)


def test_a_mirror_needs_a_commit_of_its_own(recipe: Callable[..., Recipe]) -> None:
    problems = recipe("{preset: mbpp+, hub: ours/mirror}").problems
    assert (problems.hub, problems.revision, problems.files) == ("ours/mirror", None, "data/test-*.parquet")


@pytest.mark.parametrize(
    ("problems", "message"),
    [
        ("{preset: livecodebench}", "problems.preset is 'livecodebench': did you mean 'livecodebench-v"),
        ("{preset: [mbpp]}", r"problems.preset is \['mbpp'\]"),
        ("{preset: mbpp, source: apps}", "problems.source is 'apps', but the preset 'mbpp' reads 'mbpp': leave it out"),
        ("{preset: mbpp, since: yesterday}", "problems: since is 'yesterday': expected date or null"),
        ("{preset: mbpp, max_tests: 0}", "problems.max_tests is 0: expected null, or 1 or more"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(recipe: Callable[..., Recipe], problems: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message) as caught:
        recipe(problems)
    assert "\n" not in str(caught.value)


def parquet(*rows: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), file)
    return file.getvalue()


def lines(*rows: dict[str, Any]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def livecodebench(name: str, day: str) -> dict[str, Any]:
    private = json.dumps([{"input": "5\n", "output": "6\n", "testtype": "stdin"}])
    return {
        "question_title": name,
        "question_content": f"Add one: {name}.",
        "platform": "atcoder",
        "question_id": name,
        "contest_id": "1",
        "contest_date": day,
        "starter_code": "",
        "difficulty": "easy",
        "public_test_cases": json.dumps([{"input": "1\n", "output": "2\n", "testtype": "stdin"}]),
        "private_test_cases": base64.b64encode(zlib.compress(pickle.dumps(private))).decode(),
        "metadata": "{}",
    }


MBPP = {
    "task_id": 11,
    "text": "Write a function to halve.",
    "code": "def halve(x):\r\n  return x / 2\r\n",
    "test_list": ["assert halve(2) == 1"],
    "test_setup_code": "",
    "challenge_test_list": [],
}
APPS = {
    "id": 7,
    "question": "Do.",
    "solutions": '["print(2)"]',
    "input_output": '{"inputs": ["1\\n"], "outputs": ["2\\n"]}',
    "difficulty": "interview",
    "url": "https://x.org/1",
    "starter_code": "",
}
OTHER = b"this file is not asked for"
REPOSITORIES: dict[str, dict[str, bytes]] = {
    "openai/openai_humaneval": {
        "openai_humaneval/test-00000-of-00001.parquet": parquet(
            HALF | {"test": "def check(candidate):\n    assert candidate(2) == 1\n"}
        ),
    },
    "evalplus/humanevalplus": {
        "data/test-00000-of-00001-5973903632b82d40.parquet": parquet(HALF | {"test": check("[[2]]", "[1.0]")}),
        "test.jsonl": OTHER,
    },
    "google-research-datasets/mbpp": {
        "full/test-00000-of-00001.parquet": parquet(MBPP),
        "full/train-00000-of-00001.parquet": OTHER,
        "sanitized/test-00000-of-00001.parquet": OTHER,
    },
    "evalplus/mbppplus": {"data/test-00000-of-00001-d5781c9c51e02795.parquet": parquet(MBPP_PLUS)},
    "livecodebench/code_generation_lite": {
        "code_generation_lite.py": OTHER,
        "test.jsonl": OTHER,
        "test2.jsonl": OTHER,
        "test3.jsonl": lines(livecodebench("july", "2024-07-30T00:00:00"), livecodebench("a", "2024-08-03T00:00:00")),
        "test4.jsonl": lines(livecodebench("old", "2023-08-26T19:30:00"), livecodebench("b", "2024-09-01T00:00:00")),
        "test5.jsonl": lines(livecodebench("c", "2025-01-25T00:00:00")),
        "test6.jsonl": lines(livecodebench("d", "2025-01-04T00:00:00"), livecodebench("e", "2025-04-06T00:00:00")),
    },
    "codeparrot/apps": {"apps.py": OTHER, "test.jsonl": lines(APPS), "train.jsonl": OTHER},
    "deepmind/code_contests": {
        "data/test-00000-of-00001-9c49eeff30aacaa8.parquet": parquet(CODE_CONTESTS),
        "data/train-00000-of-00039-e991a271dbfa9925.parquet": OTHER,
        "data/valid-00000-of-00001-5e672c5751f060d3.parquet": OTHER,
    },
    "open-r1/codeforces": {
        "data/test-00000-of-00001.parquet": OTHER,
        "generated_tests/test_cases_2000.parquet": OTHER,
        "verifiable/test-00000-of-00001.parquet": parquet(CODEFORCES),
        "verifiable/train-00000-of-00010.parquet": OTHER,
    },
    "microsoft/rStar-Coder": {
        "seed_sft/data-00000-of-00020.parquet": OTHER,
        "seed_testcase/data-00000-of-00030.parquet": parquet(SEED),
        "seed_testcase/data-00001-of-00030.parquet": parquet(SEED | {"question_id": "seed_2", "question": "Again."}),
    },
}
EXPECTED = {
    "apps": (["test/0007"], 1),
    "codecontests": (["1_A. Twice"], 4),
    "codeforces": (["2000/A"], 2),
    "humaneval": (["HumanEval/0"], 1),
    "humaneval+": (["HumanEval/0"], 1),
    "livecodebench-v5": (["a", "b", "c"], 6),
    "livecodebench-v6": (["e"], 2),
    "mbpp": (["11"], 1),
    "mbpp+": (["2"], 3),
    "rstar-coder": (["seed_1", "seed_2"], 4),
}
SCRIPT = """
import json, sys
from dualset.builders.problems.load import load_problems
from dualset.builders.recipe import load_recipe

for path in sys.argv[1:]:
    found = load_problems(load_recipe(path).problems)
    tests = sum(len(p.tests) for p in found.problems)
    print(json.dumps([sorted(p.source_id for p in found.problems), tests, found.pin, found.remarks]))
"""


def test_each_preset_reads_its_dataset_from_a_hub_and_nothing_else(tmp_path: Path) -> None:
    assert sorted(EXPECTED) == NAMES
    recipes, commits = [], {}
    for name in NAMES:
        dataset = _preset(name)["hub"]
        commits[name] = hub.commit_of(REPOSITORIES[dataset])
        path = tmp_path / f"{name}.yaml"
        path.write_text(f"name: demo\nproblems: {{preset: {name}, revision: {commits[name]}}}\n")
        recipes.append(str(path))
    with hub.loopback_hub(REPOSITORIES) as endpoint:
        settings = {"HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path / "cache"), "HF_HUB_DISABLE_XET": "1"}
        command = [sys.executable, "-c", SCRIPT, *recipes]
        done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    told = dict(zip(NAMES, map(json.loads, done.stdout.splitlines()), strict=True))
    assert {name: (names, tests) for name, (names, tests, _, _) in told.items()} == EXPECTED
    assert {name: pin for name, (_, _, pin, _) in told.items()} == commits
    assert told["livecodebench-v5"][3] == [
        "2 problems were not released from 2024-08-01 to 2025-02-28 and are left out"
    ]


def _preset(name: str) -> dict[str, Any]:
    import yaml

    values: dict[str, Any] = yaml.safe_load((PROBLEM_PRESETS / f"{name}.yaml").read_text())
    return values
