"""The sampling loop: against transformers' own, independent of batching, and true to its distribution."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.candidates.draw import Draw, draw_tokens
from dualset.builders.candidates.generate import Policy, generate, load_policy
from dualset.builders.candidates.samplers.sampler import Completion
from dualset.builders.dataset.records import Message
from dualset.builders.errors import ModelError


@pytest.fixture(scope="module")
def policy(tiny_model: Path) -> Iterator[Policy]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # transformers' own loop crawls on a busy machine otherwise
    yield load_policy(str(tiny_model), device="cpu")
    torch.set_num_threads(threads)


CHATS = [({"role": "user", "content": "x" * (i % 7) + str(i)},) for i in range(24)]


def ask(policy: Policy, chats: Sequence[Sequence[Message]] = CHATS, **more: Any) -> list[Completion]:
    return list(generate(policy, chats, **({"seeds": range(len(chats)), "max_tokens": 20} | more)))


def test_greedy_text_is_what_transformers_generates(policy: Policy) -> None:
    """Left padding, positions and the cache are right, or the texts would differ."""
    ours = ask(policy, temperature=0, batch_size=7)
    for chat, answer in zip(CHATS, ours, strict=True):
        text = policy.tokenizer.apply_chat_template(list(chat), tokenize=False, add_generation_prompt=True)
        prompt = policy.tokenizer(text, return_tensors="pt", add_special_tokens=False)
        theirs = policy.model.generate(**prompt, do_sample=False, max_new_tokens=20)[0, prompt["input_ids"].shape[1] :]
        ids = theirs.tolist()
        said = ids[:-1] if ids[-1] == policy.tokenizer.eos_token_id else ids
        assert answer.text == policy.tokenizer.decode(said)
        assert answer.n_tokens == len(ids)


def test_the_seed_decides_the_text_and_the_batch_does_not(policy: Policy) -> None:
    alone = ask(policy, batch_size=1)
    assert ask(policy, batch_size=24) == alone
    backwards = list(generate(policy, CHATS[::-1], seeds=range(23, -1, -1), max_tokens=20, batch_size=5))
    assert backwards[::-1] == alone
    other = ask(policy, seeds=range(100, 124))
    assert sum(a.text == b.text for a, b in zip(alone, other, strict=True)) < 3


def test_an_answer_ends_at_the_end_token_or_is_cut(policy: Policy) -> None:
    answers = ask(policy, CHATS * 8, seeds=range(192), temperature=3.0, max_tokens=60, batch_size=50)
    reasons = Counter(a.finish_reason for a in answers)
    assert reasons["stop"] > 10
    assert reasons["length"] > 10
    assert all(a.n_tokens == 60 for a in answers if a.finish_reason == "length")
    assert all(a.n_tokens <= 60 and "<|end|>" not in a.text for a in answers)


def test_mean_logprob_is_that_of_the_tokens_under_the_model(policy: Policy) -> None:
    [answer] = ask(policy, CHATS[:1], temperature=0, max_tokens=8)
    text = policy.tokenizer.apply_chat_template(list(CHATS[0]), tokenize=False, add_generation_prompt=True)
    prompt = policy.tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"]
    with torch.inference_mode():
        whole = policy.model.generate(prompt, do_sample=False, max_new_tokens=8)
        logprobs = policy.model(whole).logits.log_softmax(-1)[0, prompt.shape[1] - 1 : -1]
    wanted = logprobs.gather(-1, whole[0, prompt.shape[1] :, None]).mean()
    assert answer.mean_logprob is not None
    assert math.isclose(answer.mean_logprob, float(wanted), abs_tol=1e-5)


def test_the_context_window_cuts_long_answers_and_refuses_long_prompts(policy: Policy) -> None:
    chats = [({"role": "user", "content": "y" * n},) for n in (1, 80)]
    short, long = ask(policy, chats, max_tokens=500, temperature=0)
    assert short.finish_reason == "stop" or short.n_tokens == 96 - 1 - 3
    assert long.n_tokens <= 96 - 80 - 3
    with pytest.raises(ModelError, match="a prompt of 103 tokens does not fit the 96 of tiny: 'yyy"):
        ask(policy, [({"role": "user", "content": "y" * 100},)])


def test_a_think_opened_by_the_template_is_put_back(policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy.tokenizer, "chat_template", policy.tokenizer.chat_template + "<think>\n")
    assert all(answer.text.startswith("<think>\n") for answer in ask(policy))


def double(values: Any) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


TOP_P = st.floats(0.05, 0.95) | st.just(1.0)
LOGITS = st.lists(st.floats(-8, 8), min_size=2, max_size=12)


@given(LOGITS, st.floats(0, 1, exclude_max=True), st.floats(0.1, 3), st.integers(0, 5), TOP_P)
def test_a_draw_follows_top_k_and_top_p(
    logits: list[float], uniform: float, temperature: float, top_k: int, top_p: float
) -> None:
    """Against the definition, token by token, in plain Python."""
    weights = [math.exp((x - max(logits)) / temperature) for x in logits]
    order = sorted(range(len(logits)), key=lambda i: (-logits[i], i))
    worst = logits[order[min(top_k, len(order)) - 1]] if top_k else min(logits)
    order = [i for i in order if logits[i] >= worst]
    kept, reached = [], 0.0
    for i in order:
        if top_p < 1 and reached >= top_p - 1e-5:
            break
        kept.append(i)
        reached += weights[i] / sum(weights[j] for j in order)
    tokens, logprobs = draw_tokens(double([logits]), double([uniform]), Draw(temperature, top_p, top_k))
    assert int(tokens) in kept or (top_p < 1 and int(tokens) in order[: len(kept) + 1])
    assert math.isclose(float(logprobs), float(double(logits).log_softmax(0)[tokens]), abs_tol=1e-5)


def test_draws_have_the_right_frequencies() -> None:
    logits = torch.tensor([0.0, 1.0, 2.0, -1e9])
    uniforms = (torch.arange(10_000, dtype=torch.float64) + 0.5) / 10_000
    tokens, _ = draw_tokens(logits.repeat(10_000, 1), uniforms, Draw(1.0, 1.0, 0))
    shares = torch.bincount(tokens, minlength=4) / 10_000
    assert torch.allclose(shares, logits.softmax(0), atol=2e-4)
