"""What vLLM answers is what the transformers sampler answers, where nothing is drawn: texts, tokens, ends, figures."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dualset.builders.candidates.policy import MICRO_POLICY_FOLDER
from dualset.builders.candidates.samplers.open import open_sampler
from dualset.builders.candidates.samplers.sampler import Answered, Completion, Request, Sampler
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.errors import ModelError

Ask = Callable[[Sampler, list[Request]], dict[tuple[str, int], Completion]]
Requests = Callable[[int, int], list[Request]]
Settings = Callable[..., CandidateSettings]

_THINKS = (
    "{% for message in messages %}{% if 'refuse' in message.content %}{{ raise_exception('not this') }}{% endif %}"
    "<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}<|assistant|>{% if think %}<think>\n{% endif %}"
)


def test_the_likeliest_texts_are_the_same(
    settings: Settings, ask: Ask, requests_of: Requests, say: Callable[[str], None]
) -> None:
    requests = requests_of(200, 2)
    with open_sampler(settings(temperature=0.0)) as sampler:
        ours = ask(sampler, requests)
    with open_sampler(settings(source="transformers", temperature=0.0)) as sampler:
        theirs = ask(sampler, requests)
    same = [key for key in ours if ours[key].text == theirs[key].text]
    say(f"greedy: {len(same)} of {len(ours)} texts of vLLM (float32) are those of transformers")
    assert len(same) >= 0.99 * len(ours)
    for key in same:
        assert ours[key]._replace(mean_logprob=None) == theirs[key]._replace(mean_logprob=None)
        assert ours[key].mean_logprob == pytest.approx(theirs[key].mean_logprob, abs=1e-5)


def test_end_tokens_stops_and_an_opened_thought_are_treated_alike(
    settings: Settings, ask: Ask, requests_of: Requests, tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    folder = tmp_path / "model"
    shutil.copytree(MICRO_POLICY_FOLDER, folder)
    (folder / "generation_config.json").chmod(0o644)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    also_ends = tokenizer("]", add_special_tokens=False)["input_ids"][-1]
    (folder / "generation_config.json").write_text(
        f'{{"eos_token_id": [{tokenizer.eos_token_id}, {also_ends}], "temperature": 0.01, "max_new_tokens": 3}}'
    )
    (tmp_path / "thinks.jinja").write_text(_THINKS)
    said = {
        "model": str(folder),
        "temperature": 0.0,
        "stop": (" for x", "never said"),
        "chat_template": str(tmp_path / "thinks.jinja"),
        "template_args": {"think": True},
    }
    requests = requests_of(60, 1)
    with open_sampler(settings(source="transformers", **said)) as sampler:
        theirs = ask(sampler, requests)
    refused = Request("refused", 0, 1, ({"role": "user", "content": "refuse this"},))
    answered: list[Answered] = []
    with open_sampler(settings(**said)) as sampler:
        with pytest.raises(ModelError, match=r"^1 requests could not be answered \(.*not this"):
            answered.extend(sampler.sample(iter([refused, *requests])))
        ours = {(request.problem_id, request.sample_index): completion for request, completion in answered}
    assert ours.keys() == theirs.keys()
    for key, completion in ours.items():
        assert completion.text.startswith("<think>\n")
        assert completion._replace(mean_logprob=None) == theirs[key]._replace(mean_logprob=None)
    assert not any(" for x" in completion.text for completion in ours.values())
    assert len({completion.n_tokens for completion in ours.values()}) > 1
