"""The way without our trainer: TRL's own command, a published version pinned to a commit, our reward by its name."""

import os
import subprocess
import sysconfig
from pathlib import Path

import pytest
import yaml
from hub_client import client_of, settings
from loopback_hub import running_hub

RECIPE = Path(__file__).parents[2] / "recipes" / "trl-grpo.yaml"
SMALL = ("--generation_batch_size=8", "--per_device_train_batch_size=8", "--gradient_accumulation_steps=1")


@pytest.mark.slow
def test_trl_alone_trains_on_a_pinned_dataset(small_version: Path, constant_model: Path, tmp_path: Path) -> None:
    with running_hub() as hub:
        with client_of(hub, tmp_path / "client") as dualset:
            address = dualset("push", str(small_version), "ada/small").out.strip()
        recipe = yaml.safe_load(RECIPE.read_text())
        [data] = recipe["datasets"]
        data["data_files"] = data["data_files"].replace("hf://datasets/ORG/NAME@SHA", address)
        (tmp_path / "mine.yaml").write_text(yaml.safe_dump(recipe))
        own = ["--model_name_or_path", str(constant_model), "--output_dir", str(tmp_path / "m"), "--bf16", "False"]
        trl = [str(Path(sysconfig.get_path("scripts")) / "trl"), "grpo", "--config", str(tmp_path / "mine.yaml")]
        command = [*trl, *own, *SMALL, "--max_steps", "1", "--max_completion_length", "12"]
        environment = os.environ | settings(hub, tmp_path / "hf")
        hub.calm()
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
        asked = list(hub.log)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "rewards/pairwise_accuracy/mean" in done.stdout + done.stderr
    assert (tmp_path / "m" / "model.safetensors").exists()
    assert [request for request in asked if f"resolve/{address.rpartition('@')[2]}/data/groups/train-" in request]
