"""A reward model's scores are of its last token, whatever its files say of padding."""

from pathlib import Path

import pytest

from dualset.builders.candidates.policy import MICRO_POLICY_FOLDER
from dualset.eval.reward_model import TRAINED_AT, load_reward_model

PAIRS = [("Double x.", "print(2 * x)"), ("Double x, then add a thousand.", "print(2 * x + 1000)  # so"), ("?", "x")]


def made(folder: Path, config_pad: int, tokenizer_pad: str | None, **more: int) -> Path:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_pretrained(MICRO_POLICY_FOLDER, num_labels=1)
    model.config.pad_token_id = config_pad
    for name, value in more.items():
        setattr(model.config, name, value)
    tokenizer = AutoTokenizer.from_pretrained(MICRO_POLICY_FOLDER)
    tokenizer.pad_token = tokenizer_pad
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize(("config_pad", "tokenizer_pad"), [(0, None), (3, "<|pad|>"), (0, "<|pad|>")])
def test_a_score_does_not_depend_on_its_batch(tmp_path: Path, config_pad: int, tokenizer_pad: str | None) -> None:
    model = load_reward_model(str(made(tmp_path / "m", config_pad, tokenizer_pad)), device="cpu")
    alone = [model.score([pair])[0][0] for pair in PAIRS]
    assert model.score(PAIRS)[0] == pytest.approx(alone, abs=1e-6)


def test_chats_are_cut_where_they_were_in_training(tmp_path: Path) -> None:
    folder = str(made(tmp_path / "m", 0, "<|pad|>", **{TRAINED_AT: 20}))
    assert load_reward_model(folder, device="cpu").max_tokens == 20
    assert load_reward_model(folder, device="cpu", max_tokens=10).max_tokens == 10
    assert load_reward_model(folder, device="cpu").score(PAIRS)[1] == 2
