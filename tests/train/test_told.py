"""What a run's record may say: no secrets, no logins, no paths of this machine."""

import json
from pathlib import Path

import pytest

from dualset.train.imitate import imitate
from dualset.train.settings import TrainSettings
from dualset.train.told import file_told, settings_told


def test_settings_without_secrets_and_paths() -> None:
    given = {
        **{"hub_token": "x", "push_to_hub_token": "x", "wandb_api_key": "x", "num_tokens": 3, "max_length": None},
        **{"vllm_server_base_url": "http://me:pass@host:8000/v1", "hub_strategy": "say hf_abcdefgh"},
        **{"deepspeed": "/home/me/zero.json", "lora_target_modules": ["all-linear", "/x/y"], "inner": {"api_key": 1}},
    }
    assert settings_told(given) == {
        **{"num_tokens": 3, "max_length": None},
        **{"vllm_server_base_url": "http://host:8000/v1", "hub_strategy": "say ***"},
        **{"deepspeed": "zero.json", "lora_target_modules": ["all-linear", "y"], "inner": {}},
    }


def test_a_file_is_its_name_and_digest(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("a")
    assert file_told(str(tmp_path / "mine.yaml")) == "mine.yaml (ca978112ca1b)"
    assert file_told("dust") == "dust"


@pytest.mark.slow
def test_nothing_of_this_machine_in_record_and_card(small_version: Path, constant_model: Path, tmp_path: Path) -> None:
    preset = tmp_path / "mine.yaml"
    preset.write_text("per_device_train_batch_size: 4\nmax_length: null\nsave_strategy: 'no'\nreport_to: none\n")
    lora = ("use_peft=true", "lora_r=2", "lora_target_modules=[all-linear]", "hub_token=hf_SECRETSECRET")
    settings = TrainSettings(
        ref=str(small_version),
        model=str(constant_model),
        output=tmp_path / "m",
        preset=str(preset),
        overrides=lora,
        max_steps=1,
    )
    done = imitate(settings)
    adapter = json.loads((done.path / "adapter" / "adapter_config.json").read_text())
    assert adapter["base_model_name_or_path"] == constant_model.name
    for name in ("run.json", "README.md", "adapter/adapter_config.json", "config.json"):
        text = (done.path / name).read_text()
        assert str(tmp_path) not in text
        assert str(constant_model) not in text
        assert "SECRET" not in text
