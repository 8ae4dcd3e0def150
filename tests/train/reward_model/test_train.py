"""Real runs of a few steps: TRL's RewardTrainer, a random model, a built version."""

import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dualset.builders.dataset.store import open_version
from dualset.builders.errors import RecipeError, TrainingError
from dualset.builders.pairs.files import write_pairs
from dualset.builders.pairs.of_version import pairs_of
from dualset.builders.pairs.settings import PairSettings
from dualset.eval.reward_model import check_reward_model, load_reward_model, scored_tokens
from dualset.train.reward_model.rows import pair_rows
from dualset.train.reward_model.settings import RewardSettings
from dualset.train.reward_model.train import train_reward

pytestmark = pytest.mark.slow

SMALL = ("per_device_train_batch_size=8", "learning_rate=0.003", "warmup_steps=0")


BIG = ("gradient_accumulation_steps=999",)


def settings(version: Path, model: Path, output: Path, **more: Any) -> RewardSettings:
    given = {"preset": "micro", "max_steps": 3, "overrides": SMALL, "held_out": "test", **more}
    return RewardSettings(ref=str(version), model=str(model), output=output, **given)


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def test_a_run_leaves_a_reward_model_with_its_pins(
    small_version: Path, tiny_model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    done = train_reward(settings(small_version, tiny_model, tmp_path / "m", max_steps=40))
    assert capfd.readouterr() == ("", "")
    check_reward_model(str(done.path))
    record = json.loads((done.path / "run.json").read_text())
    assert (record["kind"], record["steps"], record["dataset"]["revision"]) == ("reward", 40, small_version.name)
    assert (record["pairs"]["cut"], record["pairs"]["blind"], record["pairs"]["from"]) == (0, 0, "the version")
    assert record["pairs"]["label_sources"] == ["execution"]
    lines = [json.loads(line) for line in (done.path / "metrics.jsonl").read_text().splitlines()]
    assert {"accuracy", "margin", "loss"} <= lines[0].keys()
    assert lines[0]["loss"] > lines[39]["loss"]
    card = (done.path / "README.md").read_text()
    for said in ("AutoModelForSequenceClassification", "pairs of the train split", "chance 0.5", "reward-trainer"):
        assert said in card
    assert not list(done.path.glob("*.bin"))

    # what the record says of held-out pairs is what the folder scores
    pairs = list(pairs_of(open_version(str(small_version)), PairSettings(max_per_problem=None), "test"))
    model = load_reward_model(str(done.path))
    chosen, _ = model.score([(each.question_content, each.code_pos) for each in pairs])
    rejected, _ = model.score([(each.question_content, each.code_neg) for each in pairs])
    won: dict[str, list[bool]] = {}
    for pair, a, b in zip(pairs, chosen, rejected, strict=True):
        won.setdefault(pair.problem_id, []).append(a > b)
    expected = sum(sum(each) / len(each) for each in won.values()) / len(won)
    held = record["held_out"]["pair_accuracy"]
    assert (held["value"], held["n"], held["pairs"]) == (pytest.approx(expected), len(won), len(pairs))


def test_the_same_seed_gives_the_same_weights_and_head(small_version: Path, tiny_model: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train_reward(settings(small_version, tiny_model, tmp_path / name, seed=seed, held_out="none"))
    assert weights(tmp_path / "a") == weights(tmp_path / "b") != weights(tmp_path / "c")
    assert "held_out" not in json.loads((tmp_path / "a/run.json").read_text())


def test_a_reward_model_is_trained_further(small_version: Path, tiny_model: Path, tmp_path: Path) -> None:
    first = train_reward(settings(small_version, tiny_model, tmp_path / "first"))
    then = train_reward(
        settings(small_version, first.path, tmp_path / "then", overrides=(*SMALL, "learning_rate=0.0"), max_steps=1)
    )
    pairs = [("Sum.", "print(1)"), ("Sum.", "print(sum(x))")]
    one, other = (load_reward_model(str(each.path)).score(pairs)[0] for each in (first, then))
    assert one == pytest.approx(other, abs=1e-6)  # its head was kept, not drawn anew
    record = json.loads((then.path / "run.json").read_text())
    assert [run["kind"] for run in record["before"]] == ["reward"]


def test_a_lora_run_leaves_a_whole_model_whose_head_was_trained(
    small_version: Path, tiny_model: Path, tmp_path: Path
) -> None:
    lora = ("use_peft=true", "lora_r=4", "lora_alpha=8", "lora_target_modules=[all-linear]")
    done = train_reward(settings(small_version, tiny_model, tmp_path / "m", overrides=(*SMALL, *lora)))
    assert (done.path / "adapter" / "adapter_model.safetensors").exists()
    told = json.loads((done.path / "adapter" / "adapter_config.json").read_text())
    assert (told["task_type"], "score" in told["modules_to_save"]) == ("SEQ_CLS", True)
    check_reward_model(str(done.path))

    from peft import PeftModel

    from dualset.builders.candidates.policy import load_policy

    seed = json.loads((done.path / "run.json").read_text())["settings"]["seed"]
    base = load_policy(str(tiny_model), device="cpu", scores=True, new_head=seed).model.float()
    before = base.score.weight.detach().clone()
    merged = PeftModel.from_pretrained(base, done.path / "adapter").merge_and_unload()
    whole = load_reward_model(str(done.path)).policy.model.float()
    assert (whole.score.weight != before).any()
    for name, weight in merged.named_parameters():
        assert (weight - whole.get_parameter(name)).abs().max() < 1e-6


def test_a_dry_run_makes_every_check_and_nothing_else(small_version: Path, tiny_model: Path, tmp_path: Path) -> None:
    done = train_reward(settings(small_version, tiny_model, tmp_path / "m"), dry_run=True)
    assert done.steps == 0
    assert not done.path.exists()


def test_what_is_too_long_is_cut_counted_and_said(
    small_version: Path, tiny_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tokenizer = load_policy_tokenizer(tiny_model)
    pairs = list(pairs_of(open_version(str(small_version)), PairSettings(), "train"))
    whole = pair_rows(pairs, tokenizer, None, drop_long=False, progress=lambda *_: None)
    limit = whole.longest - 1
    cut = pair_rows(pairs, tokenizer, limit, drop_long=False, progress=lambda *_: None)
    sides = [[len(each) for each in scored_tokens(tokenizer, sides_of(pair))] for pair in pairs]
    assert cut.cut == sum(max(each) > limit for each in sides) > 0
    assert len(cut.rows) == len(pairs) - cut.blind
    assert max(map(len, cut.rows["chosen_ids"][:])) <= limit
    left = pair_rows(pairs, tokenizer, limit, drop_long=True, progress=lambda *_: None)
    assert len(left.rows) == len(pairs) - cut.cut
    blind = pair_rows(pairs, tokenizer, 3, drop_long=False, progress=lambda *_: None)
    assert (len(blind.rows), blind.blind) == (0, len(pairs))

    short = (*SMALL, f"max_length={limit}")
    with caplog.at_level(logging.WARNING):
        done = train_reward(settings(small_version, tiny_model, tmp_path / "m", overrides=short, max_steps=1))
    assert f"{cut.cut} pairs have a side of more than {limit} tokens: cut at their end" in caplog.text
    assert f"{cut.cut} cut at {limit} tokens" in (done.path / "README.md").read_text()


def load_policy_tokenizer(model: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(model)


def sides_of(pair: Any) -> list[tuple[str, str]]:
    return [(pair.question_content, pair.code_pos), (pair.question_content, pair.code_neg)]


def test_pairs_of_a_file_but_not_of_held_out_problems(small_version: Path, tiny_model: Path, tmp_path: Path) -> None:
    every = list(pairs_of(open_version(str(small_version)), PairSettings()))
    held = [pair for pair in every if pair.split == "test"]
    disguised = [replace(pair, split="train", problem_id="another") for pair in held]
    file = tmp_path / "pairs.jsonl"
    write_pairs([*every, *disguised], file)
    done = train_reward(settings(small_version, tiny_model, tmp_path / "m", files=(file,)))
    told = json.loads((done.path / "run.json").read_text())["pairs"]
    assert told["left_out"] == {"of other splits": len(held), "of held-out problems": len(disguised)}
    assert told["from"].startswith("pairs.jsonl (")
    alone = train_reward(settings(small_version, tiny_model, tmp_path / "alone"))
    assert weights(alone.path) == weights(done.path)


@pytest.mark.parametrize(
    ("more", "kind", "message"),
    [
        ({"preset": "codescaler-8b", "overrides": BIG}, TrainingError, "too few pairs to train on: .* needs 999"),
        ({"split": "validation"}, TrainingError, "give no pairs in the validation split"),
        ({"max_prompt_tokens": 9}, RecipeError, "a pair is cut at --set max_length"),
        ({"reward": "ndcg"}, RecipeError, "a reward model is trained on pairs"),
        ({"held_out": "train"}, RecipeError, "held-out is train, the split that is trained on"),
        ({"pairs": PairSettings(order="hard")}, RecipeError, "did you mean 'hardest'"),
        ({"preset": "codescaler"}, RecipeError, "no reward preset 'codescaler'"),
    ],
)
def test_a_run_that_must_not_start_says_why(
    more: dict[str, Any], kind: type[Exception], message: str, small_version: Path, tiny_model: Path, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=message) as refused:
        train_reward(settings(small_version, tiny_model, tmp_path / "m", **more))
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "m").exists()


def test_an_interrupted_run_goes_on_to_the_same_weights(small_version: Path, tiny_model: Path, tmp_path: Path) -> None:
    saving = (*SMALL, "save_strategy=steps", "save_steps=2")
    whole = train_reward(settings(small_version, tiny_model, tmp_path / "w", overrides=saving, max_steps=4))
    stopped = tmp_path / "s"
    train_reward(settings(small_version, tiny_model, stopped, overrides=saving, max_steps=4))
    record = json.loads((stopped / "run.json").read_text()) | {"finished": None}
    (stopped / "run.json").write_text(json.dumps(record))
    shutil.rmtree(stopped / "checkpoint-4")
    (stopped / "model.safetensors").unlink()
    train_reward(settings(small_version, tiny_model, stopped, overrides=saving, max_steps=4, resume=True))
    assert weights(stopped) == weights(whole.path)
