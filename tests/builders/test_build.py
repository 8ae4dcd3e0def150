"""The build through the command line, on small hand-made problems: what reaches a version, and what never does."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dualset.builders.dataset.store import open_version

RECIPE = """
name: demo
problems: {source: jsonl, path: problems.jsonl}
candidates: {source: samples, format: jsonl, path: samples.jsonl}
labels: {timeout_s: 1, memory_mb: 256}
groups: {size: 2, prompt: short}
"""


def problem(name: str, tests: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    return {"problem_id": name, "statement": f"Do {name}.", "style": "call", "entry_point": "f", "tests": tests} | more


def cases(*pairs: tuple[Any, Any]) -> list[dict[str, str]]:
    return [{"input": json.dumps([x]), "expected": json.dumps(y)} for x, y in pairs]


PROBLEMS = [
    problem("double", cases((1, 2), (3, 6), (0, 0))),
    problem("no-tests", []),
    problem("never", cases((1, "no"))),
    problem("double-again", cases((1, 2), (3, 6), (0, 0)), statement="Do double."),
]
SAMPLES: list[dict[str, Any]] = [
    {"problem_id": "double", "code": "def f(x): return 2 * x", "verdict": False},
    {"problem_id": "double", "code": "def f(x): return x + 1", "verdict": True},
    {"problem_id": "double", "code": "def f(x): return x + x"},
    {"problem_id": "double", "code": "def f(x): return 1 / x"},
    {"problem_id": "double", "code": "def f(x): return 2 * x"},
    {"problem_id": "double", "code": "def f(x:"},
    {"problem_id": "double", "completion": "<think>what is double"},
    {"problem_id": "double-again", "code": "def f(x): return x * 3"},
    {"problem_id": "no-tests", "code": "def f(x): return x"},
    {"problem_id": "never", "code": "def f(x): return x"},
    {"problem_id": "never", "code": "def f(x):\n    while True: pass"},
]


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """A folder with a recipe, its problems and its samples."""
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    (tmp_path / "problems.jsonl").write_text("".join(json.dumps(p) + "\n" for p in PROBLEMS))
    (tmp_path / "samples.jsonl").write_text("".join(json.dumps(s) + "\n" for s in SAMPLES))
    return tmp_path


def dualset(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"DUALSET_HOME": str(folder / "dualsets")}
    return subprocess.run([sys.executable, "-m", "dualset", *args], cwd=folder, env=env, capture_output=True, text=True)


def built(folder: Path, *args: str) -> dict[str, Any]:
    done = dualset(folder, "build", "recipe.yaml", "--json", *args)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def test_each_program_gets_the_verdict_it_earns(demo: Path) -> None:
    version = open_version(built(demo)["path"])
    code = {c["program_id"]: c["code"] for c in version.rows("candidates")}
    passed = {(label["problem_id"], code[label["program_id"]]): label["passed"] for label in version.rows("labels")}
    assert passed == {
        ("double", "def f(x): return 2 * x"): True,
        ("double", "def f(x): return x + 1"): False,
        ("double", "def f(x): return x + x"): True,
        ("double", "def f(x): return 1 / x"): False,
        ("double", "def f(x:"): False,
        ("double", "def f(x): return x * 3"): False,
        ("no-tests", "def f(x): return x"): None,
        ("never", "def f(x): return x"): False,
        ("never", "def f(x):\n    while True: pass"): False,
    }
    unlabelled = [label for label in version.rows("labels") if label["problem_id"] == "no-tests"]
    assert [(label["passed"], label["outcome"], label["tests_total"]) for label in unlabelled] == [(None, None, 0)]


def test_counts_are_what_the_tables_hold(demo: Path) -> None:
    result = built(demo)
    counts, version = result["counts"], open_version(result["path"])
    assert set(result) == {"name", "revision", "path", "counts"}
    assert {t: counts[t] for t in ("problems", "candidates", "labels", "groups")} == {
        "problems": 3,
        "candidates": 11,
        "labels": 9,
        "groups": counts["mixed_groups"],
    }
    assert counts["mixed_groups"] == len(list(version.rows("groups"))) > 0
    assert (counts["mixed_problems"], counts["all_fail_problems"], counts["unknown_problems"]) == (1, 1, 1)
    assert counts["candidates_no_code"] == 1
    assert counts["problem_rows_repeated"] == 1


def test_a_recorded_verdict_is_kept_and_never_a_label(demo: Path) -> None:
    version = open_version(built(demo)["path"])
    recorded = {c["code"]: c["recorded_passed"] for c in version.rows("candidates") if c["recorded_passed"] is not None}
    assert recorded == {"def f(x): return 2 * x": False, "def f(x): return x + 1": True}


def test_the_same_recipe_gives_the_same_revision_from_anywhere_with_any_number_of_workers(
    demo: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = built(demo, "--workers", "1")["revision"]
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "deeper"
    shutil.copytree(demo, elsewhere, ignore=shutil.ignore_patterns("dualsets"))
    assert built(elsewhere, "--workers", "3")["revision"] == first
    assert built(demo)["revision"] == first
    assert built(demo, "--set", "groups.seed=1")["revision"] != first


def test_a_killed_build_goes_on_from_its_shards_to_the_same_revision(
    demo: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("whole") / "demo"
    shutil.copytree(demo, other)
    whole = built(other)["revision"]
    env = os.environ | {"DUALSET_HOME": str(demo / "dualsets")}
    run = subprocess.Popen([sys.executable, "-m", "dualset", "build", "recipe.yaml"], cwd=demo, env=env)
    deadline = time.monotonic() + 30
    while not (demo / "dualsets/demo/work").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert built(demo)["revision"] == whole


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("recipe.yaml", RECIPE.replace("groups:", "gruops:"), "unknown key 'gruops': did you mean 'groups'?"),
        ("recipe.yaml", RECIPE.replace("samples.jsonl", "nowhere.jsonl"), "nowhere.jsonl"),
        ("recipe.yaml", RECIPE.replace("format: jsonl", "format: jsonk"), "did you mean 'jsonl'?"),
        ("recipe.yaml", RECIPE.replace("source: jsonl", "source: humanevil"), "did you mean 'humaneval'?"),
        ("recipe.yaml", "name: demo\nproblems: {source: micro}\n", "no candidates section"),
        ("samples.jsonl", '{"problem_id": "double", "code": "x"}\n{"problem_id": "dou', "line 2"),
        ("samples.jsonl", '{"problem_id": "treble", "code": "x"}\n', "treble"),
        ("problems.jsonl", '{"problem_id": "a", "statement": "s", "style": "call"}\n', "tests"),
    ],
)
def test_bad_input_gets_one_clear_line_and_exit_1(demo: Path, file: str, text: str, message: str) -> None:
    (demo / file).write_text(text)
    done = dualset(demo, "build", "recipe.yaml", "--json")
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stderr.startswith("Error: ")
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_a_changed_limit_is_labelled_anew(demo: Path) -> None:
    slow = "def f(x):\n    for _ in range(3 * 10**7): pass\n    return 2 * x"
    (demo / "samples.jsonl").write_text(json.dumps({"problem_id": "double", "code": slow}) + "\n")
    outcomes = []
    for limit in (20, 0.05):
        limited = [p | {"time_limit_s": limit} for p in PROBLEMS[:1]]
        (demo / "problems.jsonl").write_text("".join(json.dumps(p) + "\n" for p in limited))
        (label,) = open_version(built(demo)["path"]).rows("labels")
        outcomes.append((label["outcome"], label["limits"]["timeout_s"]))
    assert outcomes == [("pass", 20.0), ("time_limit", 0.05)]


def test_a_fault_of_the_machine_is_not_kept_for_the_next_build(demo: Path) -> None:
    result = built(demo)
    (shard,) = (demo / "dualsets/demo/work/labels").glob("*.parquet")
    table = pq.read_table(shard)
    rows = table.to_pylist()
    for row in rows:
        row["label"] |= {"passed": None, "outcome": "infra_error", "outcomes": ["infra_error"]}
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), shard)
    assert built(demo)["revision"] == result["revision"]


def test_counts_of_nothing_are_zero_and_not_missing(demo: Path) -> None:
    (demo / "samples.jsonl").write_text('{"problem_id": "never", "code": "x"}\n')
    counts = built(demo)["counts"]
    assert (counts["mixed_groups"], counts["programs_passed"], counts["programs_unknown"]) == (0, 0, 0)


def test_a_split_given_with_a_problem_stays(demo: Path) -> None:
    given = [p | {"split": "test"} for p in PROBLEMS[:3]]
    (demo / "problems.jsonl").write_text("".join(json.dumps(p) + "\n" for p in given))
    (demo / "samples.jsonl").write_text('{"problem_id": "never", "code": "x"}\n')
    assert {p["split"] for p in open_version(built(demo)["path"]).rows("problems")} == {"test"}


def test_what_a_program_prints_differently_each_time_is_no_part_of_the_version(demo: Path) -> None:
    code = "import random, time\ndef f(x): return [random.Random().random(), time.time()]"
    (demo / "samples.jsonl").write_text(json.dumps({"problem_id": "never", "code": code}) + "\n")
    first = built(demo)["revision"]
    shutil.rmtree(demo / "dualsets")
    assert built(demo)["revision"] == first
