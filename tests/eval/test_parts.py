"""Who wrote and who judged, parts of the problems, windows of days; any engine, stopped and gone on."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from chat_server import ChatServer, chat_server, policy

from dualset.builders.dataset.store import open_version
from dualset.builders.errors import ModelError, RecipeError, VersionError
from dualset.eval.evaluate import evaluate
from dualset.eval.pool import _within
from dualset.eval.report import report
from dualset.eval.settings import EvalSettings
from dualset.eval.stored import evaluate_stored
from dualset.eval.table import table

pytestmark = pytest.mark.slow


def test_judging_and_writing_are_told_apart(small_version: Path, constant_model: Path, home: Path) -> None:
    """The second model writes nothing that passes, and puts the first shown program first."""
    drawn: dict[str, Any] = {"temperature": 1.0, "top_p": 1.0, "top_k": 0, "max_tokens": 64}
    settings = EvalSettings(limit=4, resamples=100, by=("difficulty",), **drawn)
    told = report(evaluate(["micro", str(constant_model)], str(small_version), settings, home=home))
    pairs = [(row["generator"], row["judge"]) for row in told["decomposition"]]
    assert pairs == [("micro", "micro"), ("micro", constant_model.name), (constant_model.name,) * 2]
    own, judged, theirs = told["decomposition"]
    assert (
        own["pass@1"] == judged["pass@1"] == told["models"][0]["metrics"]["pass@1"] | {} or own["pass@1"]["value"] > 0
    )
    assert judged["ndcg"] == theirs["ndcg"]
    assert theirs["best_of_4"]["value"] == 0.0
    gain = judged["best_of_4"]["value"] - own["best_of_4"]["value"]
    assert judged["against_first"]["value"] == pytest.approx(gain)
    constant = told["models"][1]["position_bias"]
    assert constant["first"] == [1.0, 0.0, 0.0, 0.0]
    parts = told["strata"]["difficulty"]
    assert sum(part["problems"] for part in parts.values()) == told["problems"] == 4
    whole = sum(part["problems"] * part["models"]["micro"]["pass@1"]["value"] for part in parts.values()) / 4
    assert whole == pytest.approx(told["models"][0]["metrics"]["pass@1"]["value"])
    text = table(told)
    assert "ndcg of the judge" in text
    assert "place in the list" in text


def test_repeats_and_orders_are_means_over_more_draws(small_version: Path, home: Path) -> None:
    settings = EvalSettings(limit=3, repeats=2, orders=3, samples=4, temperature=1.0, top_p=1.0, top_k=0, resamples=50)
    told = report(evaluate(["micro"], str(small_version), settings, home=home))
    [model] = told["models"]
    assert model["position_bias"]["answers"] > 2 * told["groups"]
    eighths = {round(scores["pass@1"] * 8, 9) % 1 for scores in model["by_problem"].values()}
    assert eighths == {0.0}
    assert "Ranks are means over 3 shown orders" in table(told)


@pytest.mark.parametrize(
    ("released", "since", "until", "within"),
    [
        (datetime(2025, 2, 1, 12), date(2025, 2, 1), date(2025, 5, 31), True),
        (datetime(2025, 5, 31, 23), date(2025, 2, 1), date(2025, 5, 31), True),
        (datetime(2025, 6, 1), date(2025, 2, 1), date(2025, 5, 31), False),
        (datetime(2024, 6, 1), None, date(2025, 5, 31), True),
        (None, None, None, True),
        (None, date(2025, 2, 1), None, False),
    ],
)
def test_a_window_of_days(released: datetime | None, since: date | None, until: date | None, within: bool) -> None:
    assert _within(released, EvalSettings(since=since, until=until)) is within


def test_what_makes_no_sense_is_refused(small_version: Path, home: Path) -> None:
    with pytest.raises(VersionError, match="released on 2025-01-01 or after"):
        evaluate(["micro"], str(small_version), EvalSettings(since=date(2025, 1, 1)), home=home)
    for wrong in ({"repeats": 0}, {"by": ("colour",)}, {"engine": "abacus"}):
        with pytest.raises(RecipeError):
            EvalSettings(**wrong)  # type: ignore[arg-type]
    with pytest.raises(RecipeError, match="all are the same"):
        EvalSettings(repeats=2, temperature=0)
    with pytest.raises(RecipeError, match="given twice"):
        evaluate(["micro", "micro"], str(small_version), EvalSettings(), home=home)
    with pytest.raises(RecipeError, match="best-of is 16, but samples is 8"):
        evaluate(["micro"], str(small_version), EvalSettings(samples=8, best_of=16), home=home)
    with pytest.raises(ModelError, match="no model at"):
        evaluate(["micro"], str(small_version), EvalSettings(choose_by=("reward:/nope",)), home=home)
    with pytest.raises(RecipeError, match="does not use it"):
        evaluate(["micro"], str(small_version), EvalSettings(sampling=("data_parallel=2",)), home=home)


@pytest.fixture(scope="module")
def server() -> Iterator[ChatServer]:
    policy()  # its threads would all load it at once
    with chat_server() as served:
        yield served


def units(server: ChatServer) -> list[str]:
    return sorted(json.dumps([body["messages"], body["seed"]], sort_keys=True) for body in server.asked)


def test_an_evaluation_that_is_killed_goes_on_and_ends_the_same(
    server: ChatServer, small_version: Path, tmp_path: Path
) -> None:
    """kill -9 after 20 answers of a server: only what was in flight is asked again."""

    def command(store: str, *more: str) -> "subprocess.Popen[str]":
        served = ("--engine", "openai", "--sample", f"server={{url: {server.url}, concurrency: 4}}")
        what = ["eval", "micro", str(small_version), "--limit", "6", "--repeats", "2"]
        asked = [sys.executable, "-m", "dualset", *what, *served, *more]
        environment = os.environ | {"DUALSET_HOME": str(tmp_path / store)}
        return subprocess.Popen(asked, env=environment, stdout=subprocess.PIPE, text=True)

    def ended(process: "subprocess.Popen[str]") -> Any:
        out, _ = process.communicate()
        assert process.returncode == 0
        return json.loads(out)

    whole = ended(command("whole", "--json"))
    everything = units(server)
    assert len(everything) == len(set(everything)) > 40
    server.calm()
    server.hold_after(20)
    killed = command("killed", "--json")
    server.wait_until(lambda: len(server.answered) == 20 and len(server.asked) == 24)
    kept = tmp_path / "killed" / "small" / "work" / "evaluations"
    server.wait_until(lambda: sum(path.read_bytes().count(b"\x1f\x8b\x08") for path in kept.rglob("*.gz")) == 20)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    server.calm()
    assert ended(command("killed", "--json")) == whole
    assert len(units(server)) == len(everything) - 20
    server.calm()
    assert ended(command("killed", "--json")) == whole
    assert not server.asked


def test_stored_attempts_are_measured_without_a_model(small_version: Path, home: Path) -> None:
    version = open_version(str(small_version))
    passed = {row["program_id"]: row["passed"] for row in version.rows("labels")}
    rates: dict[str, list[bool]] = {}
    for row in version.rows("candidates"):
        rates.setdefault(row["problem_id"], []).append(bool(passed.get(row["program_id"])))
    told = report(evaluate_stored(str(small_version), EvalSettings(split="all", by=("source",)), home=home))
    [model] = told["models"]
    assert model["by_problem"].keys() == rates.keys()
    assert all(
        scores["pass@1"] == pytest.approx(sum(rates[problem]) / len(rates[problem]))
        for problem, scores in model["by_problem"].items()
    )
    assert told["strata"]["source"]["micro"]["problems"] == told["problems"] == 30
    assert told["decomposition"] == []
    assert "Attempts that the version holds" in table(told)
