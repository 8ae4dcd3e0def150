"""What cannot be sampled is said in one line, and leaves no process behind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from dualset.builders.candidates.samplers.open import open_sampler
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.errors import ModelError


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            {"engine": {"max_modell_len": 5}},
            r"^candidates\.engine\.max_modell_len is no .* did you mean 'max_model_len'",
        ),
        (
            {"engine": {"max_model_len": "much"}},
            r"^vLLM cannot load micro \(.*max_model_len.*'much'.*candidates\.engine",
        ),
        (
            {"engine": {"max_model_len": 2048}},
            r"^vLLM cannot load micro \(.*max_model_len \(2048\).*candidates\.engine",
        ),
        ({"engine": {"trust_remote_code": True}}, r"^candidates\.engine\.trust_remote_code is not for a recipe"),
        ({"temperature": 0.001}, r"^candidates\.temperature is 0\.001, but vLLM would draw at 0\.01"),
        ({"temperature": 3.0}, r"^vLLM cannot load micro \(temperature must be"),
    ],
)
def test_an_engine_that_cannot_be_had(
    settings: Callable[..., CandidateSettings], said: dict[str, Any], expected: str
) -> None:
    before = set(psutil.Process().children(recursive=True))
    with pytest.raises(ModelError, match=expected) as caught:
        open_sampler(settings(**said))
    assert "\n" not in str(caught.value)
    assert set(psutil.Process().children(recursive=True)) <= before


def test_a_folder_whose_weights_are_not_those_of_its_configuration(
    settings: Callable[..., CandidateSettings], tmp_path: Path
) -> None:
    from dualset.builders.candidates.policy import MICRO_POLICY_FOLDER

    for file in MICRO_POLICY_FOLDER.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelError, match=r"^vLLM cannot load ") as caught:
        open_sampler(settings(model=str(tmp_path)))
    assert "\n" not in str(caught.value)
