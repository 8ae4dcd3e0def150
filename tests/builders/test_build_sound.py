"""What a build leaves out or leaves open: problems that fail their own reference, programs whose runs differ."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dualset.builders.build import Built, build
from dualset.builders.errors import RecipeError
from dualset.builders.recipe import load_recipe

RECIPE = """
name: demo
problems: {source: jsonl, path: problems.jsonl}
candidates: {source: samples, format: jsonl, path: samples.jsonl}
labels: {timeout_s: 1, memory_mb: 256}
groups: {size: 2, prompt: short}
"""
RIGHT, WRONG = "def f(x): return 2 * x", "def f(x): return 3 * x"
RANDOM = "import os\ndef f(x): return 2 * x if os.urandom(1)[0] % 2 else None"
BROKEN = "python\ndef check(input, expected, actual): raise ValueError"


def problem(name: str, *references: str, **more: Any) -> dict[str, Any]:
    tests = [{"input": f"[{x}]", "expected": str(2 * x)} for x in range(1, 11)]
    told = {"problem_id": name, "statement": f"Double, {name}.", "style": "call", "entry_point": "f", "tests": tests}
    return told | {"reference_solutions": list(references)} | more


def write(folder: Path, problems: list[dict[str, Any]], programs: list[str] | None = None) -> Path:
    samples = [{"problem_id": p["problem_id"], "code": code} for p in problems for code in programs or [RIGHT, WRONG]]
    (folder / "problems.jsonl").write_text("".join(json.dumps(p) + "\n" for p in problems))
    (folder / "samples.jsonl").write_text("".join(json.dumps(s) + "\n" for s in samples))
    (folder / "recipe.yaml").write_text(RECIPE)
    return folder / "recipe.yaml"


def built(recipe: Path, *overrides: str) -> Built:
    return build(load_recipe(recipe, overrides), home=recipe.parent / "dualsets")


def ids(made: Built, table: str) -> set[str]:
    return {row["problem_id"] for row in made.version.rows(table)}


KINDS = [
    problem("right", RIGHT),
    problem("first", WRONG, RIGHT),
    problem("second", RIGHT, WRONG),
    problem("none"),
    problem("untested", RIGHT, tests=[]),
    problem("unknown", RIGHT, checker=BROKEN),
]


def test_problems_that_fail_their_first_reference_are_left_out_everywhere_and_counted(tmp_path: Path) -> None:
    made = built(write(tmp_path, KINDS))
    stay = {"right", "second", "none", "untested", "unknown"}
    assert made.left_out == ("first",)
    assert ids(made, "problems") == ids(made, "candidates") == ids(made, "labels") == stay
    names = ("problems_left_out", "references_passed", "references_failed", "references_unknown", "problems")
    assert [made.counts[name] for name in names] == [1, 2, 1, 2, 5]
    card = (made.version.path / "README.md").read_text()
    assert "- 1 problems of the source are left out: their own reference program fails their tests.\n" in card


def test_they_are_kept_where_the_recipe_says_so_and_no_reference_is_run(tmp_path: Path) -> None:
    recipe = write(tmp_path, KINDS)
    made = built(recipe, "problems.keep_failing=true")
    assert made.left_out == ()
    assert ids(made, "problems") == {p["problem_id"] for p in KINDS}
    assert made.counts["problems_left_out"] == 0
    assert "references_passed" not in made.counts
    assert not (tmp_path / "dualsets/demo/work/references").exists()
    assert made.version.manifest["content"]["recipe"]["problems"]["keep_failing"] is True


def test_references_are_run_once_and_kept_for_the_next_build(tmp_path: Path) -> None:
    recipe = write(tmp_path, [problem("a", RIGHT), problem("b", WRONG)])
    first = built(recipe)
    (shard,) = (tmp_path / "dualsets/demo/work/references").iterdir()
    written = shard.stat().st_mtime_ns
    assert built(recipe).version.revision == first.version.revision
    assert [(each.name, each.stat().st_mtime_ns) for each in shard.parent.iterdir()] == [(shard.name, written)]
    more = built(recipe, "labels.repeat=2")
    assert len(list(shard.parent.iterdir())) == 1, "a reference is run once, whatever the repeats"
    assert more.counts["programs_repeated"] == 2


def test_a_version_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="all 2 problems would be left out") as caught:
        built(write(tmp_path, [problem("a", WRONG), problem("b", WRONG)]))
    assert "\n" not in str(caught.value)


def test_flaky_programs_are_counted_and_enter_no_group(tmp_path: Path) -> None:
    recipe = write(tmp_path, [problem("a"), problem("b")], [RIGHT, WRONG, RANDOM, RANDOM + " # again"])
    made = built(recipe, "labels.repeat=4")
    code = {c["program_id"]: c["code"] for c in made.version.rows("candidates")}
    labels = list(made.version.rows("labels"))
    assert {(code[label["program_id"]], label["flaky"], label["passed"]) for label in labels} == {
        (RIGHT, False, True),
        (WRONG, False, False),
        (RANDOM, True, None),
        (RANDOM + " # again", True, None),
    }
    counts = made.counts
    assert (counts["programs_repeated"], counts["programs_flaky"], counts["programs_unknown"]) == (8, 4, 4)
    grouped = {code[name] for group in made.version.rows("groups") for name in group["program_ids"]}
    assert grouped == {RIGHT, WRONG}
    card = (made.version.path / "README.md").read_text()
    assert "Of 8 that were run more than once, 4 did not do the same each time (flake rate 50.0 %)." in card


def test_run_once_nothing_is_said_of_flakiness(tmp_path: Path) -> None:
    made = built(write(tmp_path, [problem("a")]))
    assert (made.counts["programs_repeated"], made.counts["programs_flaky"]) == (0, 0)
    assert {label["flaky"] for label in made.version.rows("labels")} == {None}


def test_limits_are_data_and_reach_the_version_without_their_path(tmp_path: Path) -> None:
    slow = "def f(x):\n    for _ in range(10**7): pass\n    return 2 * x"
    one = [{"input": "[1]", "expected": "2"}]
    recipe = write(tmp_path, [problem("a", tests=one), problem("b", tests=one)], [RIGHT, slow])
    (tmp_path / "limits.jsonl").write_text('{"problem_id": "b", "time_limit_s": 0.05}\n')
    free, limited = built(recipe), built(recipe, "problems.limits=limits.jsonl")
    assert free.version.revision != limited.version.revision
    assert {p["problem_id"]: p["time_limit_s"] for p in limited.version.rows("problems")} == {"a": None, "b": 0.05}
    assert [limited.counts[f"programs_{name}"] for name in ("passed", "failed")] == [3, 1]
    assert "limits" not in limited.version.manifest["content"]["recipe"]["problems"]


def test_what_is_left_out_and_the_flake_rate_are_said(tmp_path: Path) -> None:
    write(tmp_path, [problem("a", RIGHT), problem("b", WRONG)], [RIGHT, WRONG])
    env = os.environ | {"DUALSET_HOME": str(tmp_path / "dualsets")}
    command = [sys.executable, "-m", "dualset", "build", "recipe.yaml", "--set", "labels.repeat=2"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert done.stderr == (
        "left out 1 problems whose reference program fails their own tests: b; dualset check  says why, and  "
        "problems.keep_failing: true  keeps them\n"
    )
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert {"problems left out 1", "programs flaky 0", "programs repeated 2", "flake rate 0.00%"} <= set(lines)
