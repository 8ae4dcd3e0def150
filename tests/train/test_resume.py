"""A run that is killed goes on from its last whole checkpoint to the same weights; another run's folder is refused."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from dualset.builders.errors import RecipeError, TrainingError
from dualset.train.imitate import imitate
from dualset.train.rank import rank
from dualset.train.settings import TrainSettings

pytestmark = pytest.mark.slow

HOT = ("temperature=1.5", "learning_rate=0.001", "max_completion_length=12", "save_strategy=steps", "save_steps=2")
BATCH = ("generation_batch_size=16", "per_device_train_batch_size=16")


def settings(version: Path, model: Path, output: Path, **more: Any) -> TrainSettings:
    given = {"preset": "micro", "max_steps": 8, "overrides": (*HOT, *BATCH), **more}
    return TrainSettings(ref=str(version), model=str(model), output=output, **given)


def command(version: Path, model: Path, output: Path) -> list[str]:
    sets = [each for override in (*HOT, *BATCH) for each in ("--set", override)]
    asked = ["train", "rank", str(version), "--model", str(model), "--preset", "micro", "--max-steps", "8", *sets]
    return [sys.executable, "-m", "dualset", *asked, "--output", str(output)]


def test_a_killed_run_goes_on_to_the_same_weights(small_version: Path, constant_model: Path, tmp_path: Path) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    rank(settings(small_version, constant_model, whole))
    with subprocess.Popen(command(small_version, constant_model, stopped)) as run:
        while not (stopped / "checkpoint-4" / "trainer_state.json").exists():
            assert run.poll() is None
            time.sleep(0.01)
        run.send_signal(signal.SIGKILL)
    broken = stopped / "checkpoint-99"  # killed while it was being written
    broken.mkdir()
    (broken / "model.safetensors").write_bytes(b"half")
    rank(settings(small_version, constant_model, stopped, resume=True))
    assert (stopped / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    records = [json.loads((folder / "run.json").read_text()) for folder in (stopped, whole)]
    assert [each.pop("started") and each.pop("finished") and each["steps"] for each in records] == [8, 8]
    steps = [[json.loads(line)["step"] for line in (f / "metrics.jsonl").open()] for f in (stopped, whole)]
    assert steps[0] == steps[1]
    with pytest.raises(TrainingError, match="there is nothing to resume"):
        rank(settings(small_version, constant_model, stopped, resume=True))


def test_another_run_is_not_resumed(small_version: Path, constant_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    done = imitate(settings(small_version, constant_model, folder, overrides=(), max_steps=1))
    record = json.loads((done.path / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(record | {"finished": None}))
    with pytest.raises(TrainingError, match=r"holds another run \(its settings.max_steps is 1, not 2\): resume"):
        imitate(settings(small_version, constant_model, folder, overrides=(), max_steps=2, resume=True))
    older = {name: value for name, value in record.items() if name not in ("before", "origin", "processes")}
    older["dataset"] = {**record["dataset"], "hub_repo": "ada/pushed-since"} | {"finished": None}
    (folder / "run.json").write_text(json.dumps(older | {"finished": None}))
    imitate(settings(small_version, constant_model, folder, overrides=(), max_steps=1, resume=True))
    assert json.loads((folder / "run.json").read_text())["finished"]


def test_a_checkpoint_within_a_generation_is_refused(small_version: Path, constant_model: Path, tmp_path: Path) -> None:
    within = (*HOT, *BATCH, "num_iterations=3", "save_steps=4")
    with pytest.raises(RecipeError, match=r"save_steps is 4, but one generation is 3 optimizer steps.* multiple of 3"):
        rank(settings(small_version, constant_model, tmp_path / "m", overrides=within))
