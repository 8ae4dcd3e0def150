"""Evaluation end to end on a built version, with models whose answers are known."""

from math import fsum
from pathlib import Path

import pytest

from dualset.builders.dataset.store import open_version
from dualset.eval import metrics
from dualset.eval.evaluate import evaluate
from dualset.eval.report import report
from dualset.eval.settings import EvalSettings
from dualset.eval.table import table

pytestmark = pytest.mark.slow


def test_known_answers_give_known_scores(small_version: Path, tiny_model: Path, constant_model: Path) -> None:
    settings = EvalSettings(samples=4, resamples=200)
    told = report(evaluate([str(tiny_model), str(constant_model)], str(small_version), settings))
    tiny, constant = told["models"]
    by_problem: dict[str, list[float]] = {}
    for row in open_version(str(small_version)).rows("groups", split="test"):
        by_problem.setdefault(row["problem_id"], []).append(metrics.ndcg([0, 1, 2, 3], row["correct"]))
    expected = fsum(fsum(values) / len(values) for values in by_problem.values()) / len(by_problem)

    assert constant["metrics"]["valid_rankings"]["value"] == 1.0
    assert constant["metrics"]["ndcg"]["value"] == pytest.approx(expected, abs=1e-9)
    assert constant["metrics"]["ndcg"]["n"] == len(by_problem)
    assert tiny["metrics"]["valid_rankings"]["value"] == 0.0
    for name in ("ndcg", "pairwise_accuracy", "top1"):
        assert tiny["metrics"][name]["value"] == pytest.approx(tiny["metrics"][name]["chance"], abs=1e-9)
        gain = constant["metrics"][name]["value"] - tiny["metrics"][name]["value"]
        assert constant["against_first"][name]["value"] == pytest.approx(gain, abs=1e-9)
    for model in told["models"]:
        assert model["metrics"]["pass@1"]["value"] == 0.0  # neither writes programs
        assert model["metrics"]["pass@4"]["n"] == told["problems"]
    text = table(told)
    assert "minus tiny" in text
    assert "malformed ranking counts as a random order" in text
    assert f"{told['problems']} problems, {told['groups']} mixed groups" in text


def test_the_same_twice_and_limited_to_the_first_problems(small_version: Path, constant_model: Path) -> None:
    settings = EvalSettings(samples=0, limit=3, resamples=50)
    once, again = (report(evaluate([str(constant_model)], str(small_version), settings)) for _ in range(2))
    assert once == again
    ids = [row["problem_id"] for row in open_version(str(small_version)).rows("problems", split="test")]
    assert set(once["models"][0]["by_problem"]) <= set(ids[:3])
    assert "pass@1" not in once["models"][0]["metrics"]
