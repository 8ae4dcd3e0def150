"""A build holds a part, not the whole: any order of samples, nothing left on disk, memory that does not grow."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from dualset.builders.build import Built, build
from dualset.builders.errors import SourceError
from dualset.builders.recipe import load_recipe

STEPS = Path(__file__).parents[2] / "benchmarks" / "scale_steps.py"
RECIPE = """
name: demo
problems: {source: jsonl, path: problems.jsonl}
candidates: {source: samples, format: jsonl, path: samples}
labels: {timeout_s: 20, memory_mb: 256}
groups: {size: 2, prompt: short}
"""
CODES = ["def f(x): return 2 * x", "def f(x): return x", "def f(x): return x + x", "def f(x): return 1 / x"]


def write(folder: Path, samples: list[list[dict[str, Any]]]) -> Path:
    """Three problems, and samples in as many files as there are lists."""
    tests = [{"input": "[1]", "expected": "2"}]
    shape = {"style": "call", "entry_point": "f", "tests": tests, "reference_solutions": [CODES[0]]}
    problems = [{"problem_id": name, "statement": f"Double, {name}."} | shape for name in ("b", "é", "a")]
    folder.mkdir(exist_ok=True)
    (folder / "problems.jsonl").write_text("".join(json.dumps(each) + "\n" for each in problems))
    (folder / "samples").mkdir()
    for i, rows in enumerate(samples):
        (folder / "samples" / f"{i}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "recipe.yaml").write_text(RECIPE)
    return folder / "recipe.yaml"


def built(recipe: Path, *overrides: str) -> Built:
    return build(load_recipe(recipe, overrides), home=recipe.parent / "dualsets")


SAMPLES = [
    {"problem_id": name, "code": code, "sample_index": i, "model": model}
    for name in ("a", "b", "é")
    for model in ("m", "n")
    for i, code in enumerate(CODES)
]


def test_any_order_of_samples_in_any_files_is_the_same_version(tmp_path: Path) -> None:
    mixed = random.Random(0).sample(SAMPLES, len(SAMPLES))
    whole = built(write(tmp_path / "whole", [SAMPLES]))
    parts = built(write(tmp_path / "parts", [mixed[:5], mixed[5:6], mixed[6:]]))
    assert parts.version.revision == whole.version.revision
    assert [c["problem_id"] for c in whole.version.rows("candidates")] == ["a"] * 8 + ["b"] * 8 + ["é"] * 8


def test_balanced_groups_are_those_that_are_counted(tmp_path: Path) -> None:
    made = built(write(tmp_path / "one", [SAMPLES]), "groups.balance=correct", "groups.size=3")
    groups = list(made.version.rows("groups"))
    kinds = [group["n_correct"] for group in groups]
    assert len(groups) == made.counts["mixed_groups"] > 0
    assert len({kinds.count(kind) for kind in kinds}) == 1


def test_nothing_is_left_of_what_was_spilled(tmp_path: Path) -> None:
    recipe = write(tmp_path / "one", [SAMPLES])
    built(recipe)
    (recipe.parent / "samples" / "1.jsonl").write_text(json.dumps(SAMPLES[0]) + "\n")
    with pytest.raises(SourceError, match="is there already"):
        built(recipe)
    assert not list((recipe.parent / "dualsets").rglob("spilled*"))


def test_a_wrong_sample_is_told_before_anything_is_run(tmp_path: Path) -> None:
    recipe = write(tmp_path / "one", [SAMPLES, [SAMPLES[3]]])
    said = "1.jsonl line 1: sample 3 of problem 'a' by m is there already: each needs its own sample_index"
    with pytest.raises(SourceError, match=said):
        built(recipe)
    assert not list((recipe.parent / "dualsets").rglob("*.parquet"))


def test_what_a_killed_build_spilled_is_removed_by_the_next(tmp_path: Path) -> None:
    slow = [{"problem_id": "a", "code": "def f(x):\n    while True: pass"}]
    recipe = write(tmp_path / "one", [slow])
    env = os.environ | {"DUALSET_HOME": str(recipe.parent / "dualsets")}
    run = subprocess.Popen([sys.executable, "-m", "dualset", "build", str(recipe)], env=env, stderr=subprocess.PIPE)
    spilled = recipe.parent / "dualsets/demo/work/spilled.tmp"
    deadline = time.monotonic() + 60
    while not (spilled / "groups").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert (spilled / "candidates").exists()
    (recipe.parent / "samples" / "0.jsonl").write_text(json.dumps(SAMPLES[0]) + "\n")
    built(recipe)
    assert not spilled.exists()


def peak_mb(folder: Path, step: str, *more: str) -> float:
    process = subprocess.Popen([sys.executable, str(STEPS), step, str(folder), *more], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_maxrss / 1024


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "darwin", reason="ru_maxrss is in other units there")
def test_ten_times_the_candidates_take_little_more_memory(tmp_path: Path) -> None:
    peaks = []
    for size in (3_200, 32_000):
        (folder := tmp_path / str(size)).mkdir()
        peak_mb(folder, "make", str(size))
        peaks.append(peak_mb(folder, "build"))
    assert peaks[1] - peaks[0] < 60, f"{peaks} MiB: the candidates and labels alone are 100 MB and more as objects"
