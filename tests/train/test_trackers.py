"""Trackers: a run reports to one that is there; one that is not is told before anything starts."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from dualset.builders.errors import RecipeError
from dualset.train.imitate import imitate
from dualset.train.settings import TrainSettings


def settings(version: Path, model: Path, output: Path, tracker: str) -> TrainSettings:
    overrides = (f"report_to={tracker}", "per_device_train_batch_size=4")
    return TrainSettings(
        ref=str(version), model=str(model), output=output, preset="micro", max_steps=2, overrides=overrides
    )


@pytest.mark.parametrize(
    ("tracker", "said"),
    [("trackoi", "did you mean 'trackio'"), ("dvclive", "not installed: run  pip install dvclive")],
)
def test_a_tracker_that_is_not_there(
    small_version: Path, constant_model: Path, tmp_path: Path, tracker: str, said: str
) -> None:
    with pytest.raises(RecipeError, match=said):
        imitate(settings(small_version, constant_model, tmp_path / "m", tracker))
    assert not (tmp_path / "m").exists()


@pytest.mark.slow
def test_trackio_gets_the_figures(small_version: Path, constant_model: Path, tmp_path: Path) -> None:
    """In a process of its own: trackio reads where its files go when it is imported."""
    asked = ["--model", str(constant_model), "--preset", "micro", "--max-steps", "2", "-o", str(tmp_path / "my-run")]
    few = ["--set", "report_to=trackio", "--set", "per_device_train_batch_size=4"]
    command = [sys.executable, "-m", "dualset", "train", "imitate", str(small_version), *asked, *few]
    subprocess.run(command, check=True, env=os.environ | {"TRACKIO_DIR": str(tmp_path / "trackio")})
    [database] = (tmp_path / "trackio").glob("*.db")
    with sqlite3.connect(database) as tracked:
        names = {name for (name,) in tracked.execute("select distinct run_name from metrics")}
        text = str(tracked.execute("select metrics from metrics").fetchall())
    assert names == {"my-run"}
    assert "loss" in text
