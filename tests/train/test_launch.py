"""Several processes and several GPUs: runs on the CPU, and for the rest the real configs built."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from accelerate import FullyShardedDataParallelPlugin
from accelerate.commands.launch import _validate_launch_command, launch_command_parser
from accelerate.utils import DeepSpeedPlugin
from accelerate.utils.launch import prepare_deepspeed_cmd_env, prepare_multi_gpu_env
from torch.distributed.fsdp import StateDictType
from trl import GRPOConfig

from dualset.train.presets import load_preset, make_config

CONFIGS = Path(__file__).parents[2] / "recipes" / "accelerate"
SMALL = ("per_device_train_batch_size=4", "generation_batch_size=8", "num_generations=2", "max_completion_length=12")


def launched(name: str) -> Any:
    """The arguments of ``accelerate launch``, as it reads them from a file of ours."""
    args = launch_command_parser().parse_args(["--config_file", str(CONFIGS / name), "-m", "dualset"])
    args, _, _ = _validate_launch_command(args)
    args.deepspeed_fields_from_accelerate_config = ""
    return args


def test_fsdp_saves_whole_models(monkeypatch: pytest.MonkeyPatch) -> None:
    args = launched("fsdp.yaml")
    assert (args.use_fsdp, args.num_processes, args.mixed_precision) == (True, 8, "bf16")
    for name, value in prepare_multi_gpu_env(args).items():
        monkeypatch.setenv(name, value)
    plugin = FullyShardedDataParallelPlugin()
    assert (plugin.fsdp_version, plugin.state_dict_type) == (2, StateDictType.FULL_STATE_DICT)
    assert plugin.cpu_ram_efficient_loading is False


def test_deepspeed_saves_whole_models(monkeypatch: pytest.MonkeyPatch) -> None:
    args = launched("deepspeed-zero3.yaml")
    assert (args.use_deepspeed, args.num_processes, args.mixed_precision) == (True, 8, "bf16")
    _, environment = prepare_deepspeed_cmd_env(args)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    config = DeepSpeedPlugin().deepspeed_config
    assert config["zero_optimization"]["stage"] == 3
    assert config["zero_optimization"]["stage3_gather_16bit_weights_on_model_save"] is True


@pytest.mark.parametrize("kind", ["rank", "generate"])
@pytest.mark.parametrize("preset", ["dust", "dust-small"])
@pytest.mark.parametrize("mode", ["colocate", "server"])
def test_vllm_can_write_the_rollouts(kind: str, preset: str, mode: str, tmp_path: Path) -> None:
    given = load_preset(kind, preset, ["use_vllm=true", f"vllm_mode={mode}", "vllm_tensor_parallel_size=2"])
    plain = {name: value for name, value in given.items() if not name.startswith(("lora_", "use_peft", "reward_funcs"))}
    config = make_config(GRPOConfig, plain | {"bf16": False}, tmp_path)
    assert (config.use_vllm, config.vllm_mode, config.vllm_tensor_parallel_size) == (True, mode, 2)
    assert config.vllm_importance_sampling_mode == "token_truncate"


def launch(args: list[str]) -> "subprocess.CompletedProcess[str]":
    """``dualset ARGS`` by two processes."""
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "-m", "dualset", *args]
    environment = os.environ | {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.mark.slow
def test_two_processes_make_a_reward_model_and_train_by_it(small_version: Path, tmp_path: Path) -> None:
    asked = [str(small_version), "--model", "micro", "--preset", "micro", "--max-steps", "2"]
    scorer, policy = tmp_path / "rm", tmp_path / "policy"
    done = launch(["train", "reward", *asked, "--set", "per_device_train_batch_size=4", "-o", str(scorer)])
    assert (done.returncode, done.stdout) == (0, f"{scorer}\n"), done.stderr[-2000:]
    assert json.loads((scorer / "run.json").read_text())["processes"] == 2
    small = ("per_device_train_batch_size=8", "generation_batch_size=16", "max_completion_length=48")
    watched = ["--watch-every", "1", "--watch-size", "16", *(f"--set={each}" for each in small)]
    done = launch(["train", "generate", *asked, "--reward", f"rm:{scorer}", *watched, "-o", str(policy)])
    assert (done.returncode, done.stdout) == (0, f"{policy}\n"), done.stderr[-2000:]
    record = json.loads((policy / "run.json").read_text())
    assert (record["processes"], record["steps"], record["watch"]["looks"]) == (2, 2, 2)
    lines = [json.loads(line) for line in (policy / "metrics.jsonl").read_text().splitlines()]
    assert lines[0]["watch/reward"] == pytest.approx(record["watch"]["first"]["reward"])


@pytest.mark.slow
def test_two_processes_train_one_model(small_version: Path, constant_model: Path, tmp_path: Path) -> None:
    """They share out the batch; the first makes the folder, writes the record and speaks."""
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "-m", "dualset", "train", "rank"]
    asked = ["--model", str(constant_model), "--preset", "micro", "--max-steps", "2", "-o", str(tmp_path / "m")]
    command += [str(small_version), *asked, *(f"--set={each}" for each in SMALL), "--overwrite"]
    (tmp_path / "m").mkdir()
    environment = os.environ | {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == f"{tmp_path / 'm'}\n"
    record = json.loads((tmp_path / "m" / "run.json").read_text())
    assert (record["processes"], record["steps"]) == (2, 2)
    lines = [json.loads(line) for line in (tmp_path / "m" / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "reward" in line] == [1, 2]
