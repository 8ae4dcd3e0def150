"""Rounds: each version's parent is the one before, and a run that is killed ends with the same ledger."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.dataset.store import open_version
from dualset.builders.errors import RecipeError, TrainingError
from dualset.builders.next_round import next_round
from dualset.train.rounds.ledger import LEDGER, Ledger
from dualset.train.rounds.run import run_rounds
from dualset.train.rounds.settings import RoundSettings

pytestmark = pytest.mark.slow

AGAIN = CandidateSettings(source="transformers", model="micro", n=4, max_tokens=40)
SETS = ("generation_batch_size=16", "per_device_train_batch_size=16", "save_strategy=steps", "save_steps=1")
SAMPLES = ("source=transformers", "n=8", "max_tokens=40")


def rounds(version: Path, output: Path, **more: Any) -> RoundSettings:
    given = {"kind": "refresh", "rounds": 2, "steps": 2, **more}
    return RoundSettings(
        ref=str(version), model="micro", output=output, preset="micro", overrides=SETS, sampling=SAMPLES, **given
    )


def test_a_round_replaces_or_adds_candidates_and_keeps_the_rest(small_version: Path, home: Path) -> None:
    parent = open_version(str(small_version))
    new = next_round(parent, AGAIN, 1, name="next").version
    more = next_round(parent, AGAIN, 1, pool="add", name="next").version
    assert new.manifest["content"]["parents"] == more.manifest["content"]["parents"] == [parent.revision]
    assert list(new.rows("problems")) == list(more.rows("problems")) == list(parent.rows("problems"))
    before, after, both = (list(version.rows("candidates")) for version in (parent, new, more))
    assert {row["round"] for row in after} == {1}
    assert len(after) == 30 * 4
    assert sorted(map(repr, both)) == sorted(map(repr, before + after))
    assert len({row["problem_id"] for row in both}) == 30
    known = {(row["program_id"], row["passed"]) for row in more.rows("labels")}
    assert {(row["program_id"], row["passed"]) for row in parent.rows("labels")} <= known
    assert {row["round"] for row in new.rows("groups")} == {1}
    assert {row["round"] for row in more.rows("groups")} == {0, 1}
    assert next_round(parent, AGAIN, 1, name="next").version.revision == new.revision
    with pytest.raises(RecipeError, match="the pool is 'ad': did you mean 'add'"):
        next_round(parent, AGAIN, 1, pool="ad", name="next")


def test_iterating_writes_first_and_then_ranks_what_it_wrote(small_version: Path, tmp_path: Path, home: Path) -> None:
    done = run_rounds(rounds(small_version, tmp_path / "i", kind="iterate", rounds=1))
    [only] = done.rounds
    assert list(only) == ["round", "generate", "dataset", "rank"]
    assert only["dataset"]["parent"] == small_version.name
    assert only["rank"]["trained_on"] == only["dataset"]["revision"] == done.revision
    assert only["rank"]["from"] == only["generate"]["digest"]
    candidates = list(open_version(f"small@{done.revision}").rows("candidates"))
    assert {row["model_revision"] for row in candidates} == {only["generate"]["digest"]}


def command(version: Path, output: Path) -> list[str]:
    asked = ["train", "refresh", str(version), "--model", "micro", "--preset", "micro", "--rounds", "2", "--steps", "2"]
    sets = [each for override in SETS for each in ("--set", override)]
    samples = [each for override in SAMPLES for each in ("--sample", override)]
    return [sys.executable, "-m", "dualset", *asked, *sets, *samples, "--output", str(output)]


WRITES = "home-killed/small/work/completions"
TRAINS = "killed/round-2-rank/checkpoint-1/trainer_state.json"


@pytest.mark.parametrize("signs", [[TRAINS], pytest.param([WRITES, TRAINS], marks=pytest.mark.deep)])
def test_a_run_killed_in_its_second_round_ends_with_the_same_ledger(
    small_version: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signs: list[str]
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    monkeypatch.setenv("DUALSET_HOME", str(tmp_path / "home-whole"))
    run_rounds(rounds(small_version, whole))
    monkeypatch.setenv("DUALSET_HOME", str(tmp_path / "home-killed"))
    for sign in (tmp_path / sign for sign in signs):
        with subprocess.Popen(command(small_version, killed)) as run:
            while not sign.exists() and run.poll() is None:
                time.sleep(0.005)
            assert run.poll() is None
            run.send_signal(signal.SIGKILL)
        assert len(json.loads((killed / LEDGER).read_text())["rounds"]) >= 1
    run_rounds(rounds(small_version, killed))
    assert (killed / LEDGER).read_bytes() == (whole / LEDGER).read_bytes()
    weights = [folder / "round-2-rank" / "model.safetensors" for folder in (killed, whole)]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    run_rounds(rounds(small_version, killed))  # all is done
    assert (killed / LEDGER).read_bytes() == (whole / LEDGER).read_bytes()


def test_another_runs_folder_is_refused(small_version: Path, tmp_path: Path, home: Path) -> None:
    Ledger(tmp_path / "a", {"settings": {"rounds": 2}})
    with pytest.raises(TrainingError, match=r"a holds another run \(.*settings differ\)"):
        run_rounds(rounds(small_version, tmp_path / "a"))
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "notes.txt").write_text("mine")
    with pytest.raises(TrainingError, match="b is not empty and holds no run in rounds"):
        run_rounds(rounds(small_version, tmp_path / "b"))
    (tmp_path / "a" / LEDGER).write_text("{")
    with pytest.raises(TrainingError, match="is damaged"):
        run_rounds(rounds(small_version, tmp_path / "a"))
