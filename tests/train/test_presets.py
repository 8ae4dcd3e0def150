"""Presets: TRL's own fields, checked, and DuST's figures."""

from pathlib import Path
from typing import Any

import pytest

from dualset.builders.errors import RecipeError
from dualset.train.presets import load_preset, make_config, make_lora
from dualset.train.quiet import quiet

pytestmark = pytest.mark.slow  # TRL takes seconds to import


def config(kind: str, preset: str, *overrides: str) -> Any:
    from trl import GRPOConfig, SFTConfig

    settings = load_preset(kind, preset, [*overrides, "bf16=false"])
    settings.pop("reward_funcs", None)
    with quiet():
        return make_config({"rank": GRPOConfig, "imitate": SFTConfig}[kind], settings, Path("unused"))


def test_dust_is_512_completions_in_12_optimizer_steps() -> None:
    dust = config("rank", "dust")
    assert (dust.generation_batch_size, dust.num_generations) == (512, 8)
    mini_batch = dust.per_device_train_batch_size * dust.gradient_accumulation_steps
    assert dust.generation_batch_size / mini_batch * dust.num_iterations == 12
    assert dust.save_steps % 12 == 0
    assert (dust.learning_rate, dust.beta, dust.epsilon, dust.epsilon_high, dust.delta) == (1e-6, 0, 0.2, 0.28, 10)


@pytest.mark.parametrize("preset", ["dust", "micro"])
def test_imitation_cuts_nothing_and_learns_the_answer_alone(preset: str) -> None:
    made = config("imitate", preset)
    assert (made.max_length, made.completion_only_loss, made.packing) == (None, True, False)


def test_the_tiny_preset_wastes_no_time_on_a_cpu() -> None:
    for kind in ("rank", "imitate"):
        made = config(kind, "micro")
        assert not made.gradient_checkpointing
        assert made.dataloader_num_workers == 0


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("learning_rat=1", "GRPOConfig has no field 'learning_rat': did you mean 'learning_rate'?"),
        ("learning_rate=fast", "learning_rate is 'fast': GRPOConfig expects float"),
        ("num_generations=2.5", "num_generations is 2.5: GRPOConfig expects int"),
        ("output_dir=x", "output_dir is not for a preset to set: use --output"),
        ("generation_batch_size=100", "GRPOConfig refuses these settings: generation_batch_size"),
        ("num_generations", "write it as key.key=value"),
    ],
)
def test_a_wrong_setting_is_one_line(override: str, message: str) -> None:
    with pytest.raises(RecipeError) as refused:
        config("rank", "micro", override)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_values_as_people_type_them() -> None:
    made = config("rank", "micro", "learning_rate=5e-6", "save_strategy=no", "beta=1", "max_grad_norm=0.5")
    assert (made.learning_rate, made.save_strategy, made.beta) == (5e-6, "no", 1.0)


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(RecipeError, match="no rank preset 'mirco': did you mean 'micro'"):
        load_preset("rank", "mirco")


@pytest.mark.parametrize("kind", ["rank", "imitate", "generate"])
def test_the_small_preset_is_lora_on_all_linear_layers(kind: str) -> None:
    from trl import GRPOConfig, SFTConfig

    settings = load_preset(kind, "dust-small", ["bf16=false"])
    settings.pop("reward_funcs", None)
    lora = make_lora(settings)
    assert (lora.r, lora.lora_alpha, lora.target_modules, lora.task_type) == (32, 64, "all-linear", "CAUSAL_LM")
    with quiet():
        made = make_config(SFTConfig if kind == "imitate" else GRPOConfig, settings, Path("unused"))
    assert made.per_device_train_batch_size * made.gradient_accumulation_steps in (16, 128)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lora_r": 8}, "lora_r: LoRA settings need  use_peft: true"),
        ({"use_peft": True, "lora_r": "big"}, "lora_r is 'big': ModelConfig expects int"),
    ],
)
def test_wrong_lora_settings_are_one_line(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError) as refused:
        make_lora(settings)
    assert message in str(refused.value)
