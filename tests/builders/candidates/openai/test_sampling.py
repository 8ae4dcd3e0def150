"""Sampling from a server: what is asked, and what comes back."""

import asyncio
from pathlib import Path

import pytest
from asking import PROBLEMS, REQUESTS, Completions, ask, settings_for
from chat_server import ChatServer

from dualset.builders.candidates.identity import Identity
from dualset.builders.candidates.prompts import load_template
from dualset.builders.candidates.sample import Sampled
from dualset.builders.candidates.samplers.openai import OpenAISampler
from dualset.builders.errors import RecipeError


@pytest.mark.parametrize("concurrency", [1, 16])
def test_completions_are_those_of_the_model_in_this_process(
    server: ChatServer, wanted: Completions, concurrency: int
) -> None:
    server.slow(0.5, times=concurrency)  # so many are in flight at once
    assert ask(server, concurrency=concurrency) == wanted
    assert server.most_at_once == concurrency
    assert len(server.asked) == len(REQUESTS)


def test_all_that_decides_a_draw_is_said(server: ChatServer) -> None:
    """``vllm serve`` takes what is not said from the model's generation_config.json: top-k 20, a penalty of 1.05."""
    ask(server, REQUESTS[:1])
    [body] = server.asked
    assert body == {
        "model": "micro",
        "messages": [{"role": "user", "content": PROBLEMS[0].statement}],
        "temperature": 1.0,
        "top_p": 1.0,
        "top_k": -1,
        "min_p": 0.0,
        "repetition_penalty": 1.0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "max_tokens": 64,
        "seed": 0,
        "logprobs": True,
    }
    more = {"thinking": False, "template_args": {"reasoning_effort": "low"}, "stop": ("\n\n", "def")}
    ask(
        server, REQUESTS[:1], temperature=0.6, top_p=0.9, top_k=20, extra_body={"cache_salt": "x", "min_p": 0.1}, **more
    )
    said = {name: value for name, value in server.asked[1].items() if body.get(name) != value}
    assert said == {
        "temperature": 0.6,
        "top_p": 0.9,
        "top_k": 20,
        "min_p": 0.1,
        "stop": ["\n\n", "def"],
        "chat_template_kwargs": {"enable_thinking": False, "reasoning_effort": "low"},
        "cache_salt": "x",
    }


def test_stop_texts_end_a_completion(server: ChatServer, wanted: Completions) -> None:
    got = ask(server, stop=("return",))
    assert any("return" in completion.text for completion in wanted.values())
    for seed, completion in wanted.items():
        assert got[seed].text == completion.text.partition("return")[0]


def test_an_extra_body_does_not_contradict_what_is_stored(server: ChatServer) -> None:
    for key in ("temperature", "n", "stream", "chat_template_kwargs", "max_tokens"):
        with pytest.raises(RecipeError, match=f"candidates.server.extra_body.{key} cannot be set"):
            OpenAISampler.load(settings_for(server, extra_body={key: 1}))


def test_only_what_is_missing_is_asked_for(server: ChatServer, tmp_path: Path) -> None:
    template, identity = load_template("statement"), Identity("micro", None)
    texts: dict[int, list[str]] = {}
    for n, asked in ((2, 16), (2, 0), (5, 24)):
        server.calm()
        settings = settings_for(server, n=n)
        sampled = Sampled.at(tmp_path, settings, identity, template)
        if sampled.missing(PROBLEMS):
            sampled.fill(OpenAISampler.load(settings), PROBLEMS)
        texts[n] = [c.completion for p in PROBLEMS for c in sampled.candidates(p)[:2]]
        assert len(server.asked) == asked
    assert texts[2] == texts[5]


def test_logprobs_are_kept_where_they_are_known_to_be_the_models_own(server: ChatServer) -> None:
    """SGLang gives those of the model after the temperature was applied."""
    assert ask(server, REQUESTS[:1], temperature=0.5)[0].mean_logprob is not None
    server.models = {"micro": {"owned_by": "sglang"}}
    assert ask(server, REQUESTS[:1], temperature=0.5)[0].mean_logprob is None
    assert ask(server, REQUESTS[:1])[0].mean_logprob is not None


def test_half_a_surrogate_pair_is_kept(server: ChatServer, tmp_path: Path) -> None:
    said = {"choices": [{"message": {"content": "x = '\ud83d'"}, "finish_reason": "stop"}]}
    server.say(said, times=99)
    settings = settings_for(server, n=1)
    sampled = Sampled.at(tmp_path, settings, Identity("micro", None), load_template("statement"))
    sampled.fill(OpenAISampler.load(settings), PROBLEMS[:1])
    assert [c.completion for c in sampled.candidates(PROBLEMS[0])] == ["x = '?'"]


def test_it_works_where_an_event_loop_is_running(server: ChatServer, wanted: Completions) -> None:
    """As in a notebook."""

    async def cell() -> Completions:
        return ask(server)

    assert asyncio.run(cell()) == wanted
