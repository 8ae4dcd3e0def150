"""Loading a policy: which model it was is always known, and what is no model is said in one line."""

import shutil
from pathlib import Path

import pytest

from dualset.builders.candidates.generate import load_policy
from dualset.builders.candidates.policy import digest_of_model
from dualset.builders.errors import ModelError


@pytest.fixture
def copy(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "copy"))


def test_a_folder_is_named_and_its_revision_is_over_its_files(tiny_model: Path, copy: Path) -> None:
    policy = load_policy(str(copy), device="cpu")
    assert (policy.name, policy.revision) == ("copy", digest_of_model(tiny_model))
    (copy / "README.md").write_text("a card", encoding="utf-8")
    assert digest_of_model(copy) == policy.revision
    (copy / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    assert digest_of_model(copy) != policy.revision


def test_a_folder_that_is_not_the_revision_asked_for_is_refused(tiny_model: Path) -> None:
    digest = digest_of_model(tiny_model)
    assert load_policy(str(tiny_model), revision=digest[:16], device="cpu").revision == digest
    with pytest.raises(ModelError, match=f"tiny has the digest {digest[:16]}, not 0123456789abcdef"):
        load_policy(str(tiny_model), revision="0123456789abcdef")


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not a model folder"):
        load_policy(str(tmp_path))


def test_a_name_that_is_neither_folder_nor_hub_id_is_refused() -> None:
    with pytest.raises(ModelError, match="no model at 'gpt 5': give a folder, a Hub id"):
        load_policy("gpt 5")


def test_weights_cut_short_are_refused(copy: Path) -> None:
    whole = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").write_bytes(whole[:-100])
    with pytest.raises(ModelError, match="copy: its files cannot be loaded as a language model") as caught:
        load_policy(str(copy))
    assert "\n" not in str(caught.value)


def test_weights_that_do_not_fit_are_refused_rather_than_filled_with_random_numbers(copy: Path) -> None:
    config = (copy / "config.json").read_text(encoding="utf-8")
    config = config.replace('"num_hidden_layers": 2', '"num_hidden_layers": 3')
    config = config.replace('"full_attention",', '"full_attention", "full_attention",', 1)
    (copy / "config.json").write_text(config, encoding="utf-8")
    with pytest.raises(ModelError, match="its weights do not fit"):
        load_policy(str(copy))


def test_a_tokenizer_without_a_chat_template_is_refused(copy: Path) -> None:
    (copy / "chat_template.jinja").unlink()
    with pytest.raises(ModelError, match="has no chat template"):
        load_policy(str(copy))
