"""Prompts and answers that do not fit the context window, in the words of several servers."""

from collections.abc import Callable
from typing import Any

import pytest
from asking import REQUESTS, Completions, ask, fail
from chat_server import ChatServer, policy

from dualset.builders.candidates.samplers.sampler import PROMPT_TOO_LONG, Completion, Request
from dualset.builders.candidates.samplers.transformers import TransformersSampler
from dualset.builders.candidates.settings import CandidateSettings


def long_request(tokens_at_least: int) -> Request:
    return Request("long", 0, 999, ({"role": "user", "content": "reverse the list " * tokens_at_least},))


def test_a_prompt_that_does_not_fit_is_said_to_be_so(server: ChatServer, wanted: Completions) -> None:
    got = ask(server, [*REQUESTS, long_request(512)])
    assert got == wanted | {999: Completion("", 0, PROMPT_TOO_LONG, None)}


def vllm_sum(body: dict[str, Any], tokens: int) -> str | None:
    if tokens + body["max_tokens"] <= 512:
        return None
    return (
        f"This model's maximum context length is 512 tokens. However, you requested {tokens + body['max_tokens']} "
        f"tokens ({tokens} in the messages, {body['max_tokens']} in the completion). Please reduce them."
    )


def vllm_at_least(body: dict[str, Any], tokens: int) -> str | None:
    """0.16: it stops counting where the prompt cannot fit any more."""
    room = 512 - body["max_tokens"]
    if tokens <= room:
        return None
    return (
        f"This model's maximum context length is 512 tokens. However, you requested {body['max_tokens']} output tokens "
        f"and your prompt contains at least {room + 1} input tokens, for a total of at least 513 tokens. Please reduce."
    )


def vllm_wrong_number(body: dict[str, Any], tokens: int) -> str | None:
    """0.15, vllm#33418."""
    room = 512 - body["max_tokens"]
    if tokens <= room:
        return None
    return f"This model's maximum context length is {room} tokens. However, your request has {tokens} input tokens."


def vllm_more_than_window(body: dict[str, Any], tokens: int) -> str | None:
    """0.32, where max_tokens alone is more than there is."""
    if body["max_tokens"] <= 512:
        return None
    return (
        f"max_tokens={body['max_tokens']} cannot be greater than max_model_len=512. Please request fewer output tokens."
    )


def sglang(body: dict[str, Any], tokens: int) -> str | None:
    """It keeps a token for itself."""
    if tokens + body["max_tokens"] < 512:
        return None
    return (
        f"Requested token count exceeds the model's maximum context length of 512 tokens. You requested a total of "
        f"{tokens + body['max_tokens']} tokens: {tokens} tokens from the input messages and {body['max_tokens']} for "
        "the completion. Please reduce the number of tokens."
    )


@pytest.mark.parametrize("words", [vllm_sum, vllm_at_least, vllm_wrong_number, vllm_more_than_window, sglang])
def test_a_prompt_that_fits_is_asked_with_the_tokens_that_are_left(
    server: ChatServer, words: Callable[[dict[str, Any], int], str | None]
) -> None:
    """The preset ``dust`` asks for 131,072 tokens, more than most windows hold."""
    request = REQUESTS[0]
    alone = TransformersSampler(policy(), CandidateSettings(source="transformers", model="micro", max_tokens=600))
    [want] = [answered.completion for answered in alone.sample([request])]
    server.refuse = words
    if words is not vllm_wrong_number:
        server.models = {"micro": {"owned_by": "vllm"}}  # the window is known from the words alone
    assert ask(server, [request, request], max_tokens=600, concurrency=1) == {0: want}
    tokens = server.asked[-1]["max_tokens"]
    assert words is vllm_more_than_window or 512 - 60 < tokens < 512
    assert len(server.asked) <= 6  # the second sample of a problem knows what is left


def test_words_without_a_number_do_not_make_a_prompt_too_long(server: ChatServer) -> None:
    server.models = {"micro": {}}
    server.refuse = lambda body, tokens: "Your input exceeds the context window" if body["max_tokens"] > 99 else None
    got, message = fail(server, REQUESTS[:1], max_tokens=100)
    assert not got
    assert "the prompt fits the context window, but not with max_tokens 100: set candidates.max_tokens lower" in message
