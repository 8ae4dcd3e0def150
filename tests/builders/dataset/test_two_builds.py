"""Two builds of one name at the same time: both finish with the same revision, and nothing is there twice or torn."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from dualset.builders.dataset.store import list_versions, open_version
from dualset.builders.dataset.verify import verify_digests
from dualset.builders.problems.micro import all_specs, micro_problems, statement
from dualset.train.micro.corpus import attempt

PROBLEMS = 60


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """Problems of the micro family with imported samples."""
    specs = {statement(spec): spec for spec in all_specs()}
    rng = random.Random(0)
    with (tmp_path / "samples.jsonl").open("w") as file:
        for problem in micro_problems(PROBLEMS, 0):
            for _ in range(8):
                code, _ = attempt(specs[problem.statement], rng, 0.5)
                file.write(json.dumps({"problem_id": problem.problem_id, "code": code}) + "\n")
    path = tmp_path / "recipe.yaml"
    path.write_text(
        f"name: both\nproblems: {{source: micro, count: {PROBLEMS}, seed: 0}}\n"
        "candidates: {source: samples, format: jsonl, path: samples.jsonl}\ngroups: {prompt: short}\n"
    )
    return path


def start(recipe: Path, home: Path, *more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "dualset", "build", str(recipe), "--json", *more]
    env = os.environ | {"DUALSET_HOME": str(home)}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(build: "subprocess.Popen[str]") -> str:
    out, err = build.communicate(timeout=300)
    assert build.returncode == 0, err
    revision: str = json.loads(out)["revision"]
    return revision


@pytest.mark.slow
def test_two_builds_of_the_same_recipe_end_as_one(recipe: Path, home: Path, tmp_path: Path) -> None:
    alone = finish(start(recipe, tmp_path / "alone"))
    builds = [start(recipe, home) for _ in range(2)]
    assert [finish(build) for build in builds] == [alone, alone]
    assert [entry.revision for entry in list_versions("both", home=home)] == [alone]
    verify_digests(open_version("both", home=home))
    left = [path for path in home.rglob("*") if path.name.endswith(".tmp") or path.name.startswith(".commit-")]
    assert not left


@pytest.mark.slow
def test_two_builds_of_other_recipes_under_one_name_both_stay(recipe: Path, home: Path) -> None:
    builds = [start(recipe, home, "--set", f"groups.size={size}") for size in (3, 4)]
    revisions = [finish(build) for build in builds]
    assert len(set(revisions)) == 2
    assert {entry.revision for entry in list_versions("both", home=home)} == set(revisions)
    for revision in revisions:
        verify_digests(open_version(f"both@{revision}", home=home))
