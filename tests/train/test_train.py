"""Real runs of two steps: TRL's trainers, a random model, a built version."""

import json
from pathlib import Path
from typing import Any

import pytest

from dualset.builders.errors import ModelError, RecipeError, TrainingError
from dualset.train.imitate import imitate
from dualset.train.rank import rank
from dualset.train.settings import TrainSettings

pytestmark = pytest.mark.slow

SMALL = ("generation_batch_size=16", "per_device_train_batch_size=16", "max_completion_length=12")


def settings(version: Path, model: Path, output: Path, **more: Any) -> TrainSettings:
    return TrainSettings(
        ref=str(version), model=str(model), output=output, **{"preset": "micro", "max_steps": 2, **more}
    )


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def test_ranking_leaves_a_model_with_its_pins(
    small_version: Path, constant_model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    done = rank(settings(small_version, constant_model, tmp_path / "m", overrides=(*SMALL, "temperature=1.5")))
    assert (done.steps, done.revision) == (2, small_version.name)
    assert capfd.readouterr() == ("", "")

    from transformers import AutoModelForCausalLM, AutoTokenizer

    AutoModelForCausalLM.from_pretrained(done.path)
    assert AutoTokenizer.from_pretrained(done.path).chat_template
    record = json.loads((done.path / "run.json").read_text())
    assert record["finished"]
    assert record["reward"] == "pairwise_accuracy"
    lines = [json.loads(line) for line in (done.path / "metrics.jsonl").read_text().splitlines()]
    assert {"reward", "ranking/valid", "frac_reward_zero_std"} <= lines[0].keys()
    card = (done.path / "README.md").read_text()
    for said in (small_version.name, record["base_model"]["revision"], "| reward | pairwise_accuracy", "trl 1.16"):
        assert said in card
    assert not list(done.path.glob("*.bin"))


def test_a_lora_run_leaves_a_whole_model_and_its_adapter(
    small_version: Path, constant_model: Path, tmp_path: Path
) -> None:
    lora = ("use_peft=true", "lora_r=4", "lora_alpha=8", "lora_target_modules=[all-linear]")
    hot = ("temperature=1.5", "learning_rate=0.01", "warmup_steps=0")
    done = rank(settings(small_version, constant_model, tmp_path / "m", overrides=(*SMALL, *hot, *lora)))
    assert (done.path / "adapter" / "adapter_model.safetensors").exists()

    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    whole, info = AutoModelForCausalLM.from_pretrained(done.path, output_loading_info=True)
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    base = AutoModelForCausalLM.from_pretrained(constant_model, dtype=whole.dtype)
    before = {name: weight.clone() for name, weight in base.named_parameters()}
    merged = PeftModel.from_pretrained(base, done.path / "adapter").merge_and_unload()
    changed = 0
    for name, weight in merged.named_parameters():
        assert (weight - whole.get_parameter(name)).abs().max() < 1e-6
        changed += bool((weight != before[name]).any())
    assert changed
    imitate(settings(small_version, done.path, tmp_path / "next", overrides=("per_device_train_batch_size=4",)))


def test_the_same_seed_gives_the_same_weights(small_version: Path, constant_model: Path, tmp_path: Path) -> None:
    hot = (*SMALL, "temperature=1.5", "learning_rate=0.001", "warmup_steps=0")
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        rank(settings(small_version, constant_model, tmp_path / name, overrides=hot, seed=seed))
    assert weights(tmp_path / "a") == weights(tmp_path / "b") != weights(tmp_path / "c")
    assert weights(tmp_path / "a") != weights(constant_model)


def test_imitation_learns_the_right_rankings(small_version: Path, tiny_model: Path, tmp_path: Path) -> None:
    quick = ("learning_rate=0.01", "warmup_steps=0", "per_device_train_batch_size=8")
    done = imitate(settings(small_version, tiny_model, tmp_path / "m", max_steps=12, overrides=quick))
    lines = [json.loads(line) for line in (done.path / "metrics.jsonl").read_text().splitlines()]
    losses = [line["loss"] for line in lines if "loss" in line]
    assert len(losses) == 12
    assert losses[-1] < 0.5 * losses[0]
    assert "Trained with SFT" in (done.path / "README.md").read_text()


def test_a_dry_run_makes_every_check_and_nothing_else(small_version: Path, tiny_model: Path, tmp_path: Path) -> None:
    done = rank(settings(small_version, tiny_model, tmp_path / "m", overrides=SMALL), dry_run=True)
    assert done.steps == 0
    assert not done.path.exists()


@pytest.mark.parametrize(
    ("more", "kind", "message"),
    [
        ({"preset": "dust", "overrides": ("max_completion_length=64",)}, TrainingError, r"512 completions, 8 a group,"),
        ({"overrides": ("max_completion_length=440",)}, TrainingError, "rows are longer than 72 tokens"),
        ({"max_prompt_tokens": 5}, TrainingError, r"longer than 5 tokens \(--max-prompt-tokens"),
        ({"model": "/nowhere"}, ModelError, "no model at '/nowhere'"),
        ({"model": None}, ModelError, "give one with --model"),
        ({"reward": "accuracy"}, RecipeError, "the reward is 'accuracy'"),
        ({"split": "validation"}, TrainingError, "no mixed groups in its validation split"),
    ],
)
def test_a_run_that_must_not_start_says_why(
    more: dict[str, Any], kind: type[Exception], message: str, small_version: Path, tiny_model: Path, tmp_path: Path
) -> None:
    asked = {"ref": str(small_version), "model": str(tiny_model), "output": tmp_path / "m", "preset": "micro", **more}
    with pytest.raises(kind, match=message) as refused:
        rank(TrainSettings(**asked))
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "m").exists()
