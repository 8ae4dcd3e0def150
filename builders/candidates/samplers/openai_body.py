"""What is sent to an OpenAI-compatible server for one completion.

In: a request, the settings, what this server was found not to take. Out: the body. All that could change the draw is
said, also where it is off: ``vllm serve`` and SGLang would else take the top-k, top-p and penalties of the model's
``generation_config.json``, and llama.cpp its own. The tokens are limited by ``max_tokens``, which some servers refuse
in favour of ``max_completion_tokens``; the other way round it would be ignored, and nothing be limited.
"""

from collections.abc import Collection, Mapping
from typing import Any

from dualset.builders.candidates.samplers.sampler import Request
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.errors import RecipeError

__all__ = ["LIMITS", "body_of", "check_extra", "dispensable"]

LIMITS = ("max_tokens", "max_completion_tokens")
"""Two names of one thing: the second where a server refuses the first."""

_OFF: Mapping[str, Any] = {
    "top_p": 1.0,
    "top_k": -1,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
}
_OURS = {
    **{name: f"use candidates.{name}" for name in ("model", "temperature", "top_p", "top_k", "stop", "seed", "n")},
    **dict.fromkeys(LIMITS, "use candidates.max_tokens"),
    "chat_template_kwargs": "use candidates.template_args",
    "messages": "use candidates.prompt",
    "stream": "answers are read whole",
}
"""What an extra body must not hold, and what to do instead."""


def body_of(request: Request, settings: CandidateSettings, limit: int, without: Collection[str] = ()) -> dict[str, Any]:
    """The body, as plain data.

    Args:
        request: what is asked.
        settings: of source ``openai``.
        limit: at most so many tokens.
        without: parameters that the server refuses.
    """
    draw = settings.sampling
    name = LIMITS[LIMITS[0] in without]
    body: dict[str, Any] = {
        "model": settings.model,
        "messages": list(request.chat),
        "temperature": draw.temperature,
        **_OFF,
        "top_p": draw.top_p,
        "top_k": draw.top_k or _OFF["top_k"],
        name: limit,
        "seed": request.seed,
        "logprobs": True,
    }
    if draw.stop:
        body["stop"] = list(draw.stop)
    if args := settings.chat_args:
        body["chat_template_kwargs"] = args
    return {key: value for key, value in body.items() if key not in without} | dict(settings.server.extra_body)


def dispensable(body: Mapping[str, Any], words: str, extra: Collection[str] = ()) -> set[str]:
    """What a body can do without where a server refuses it.

    That is the seed, which is stored as requested; the log-probabilities, which are null then; what is off anyway; and
    ``max_tokens``, where the server's words name the other name of it.
    """
    off = {name for name, value in _OFF.items() if body.get(name) == value}
    renamed = {LIMITS[0]} if LIMITS[1] in words else set()
    return {name for name in ("seed", "logprobs", *renamed, *off) if name in body and name not in extra}


def check_extra(extra: Mapping[str, Any]) -> None:
    """An extra body must not say otherwise what is stored with the completions.

    Raises:
        RecipeError: names the key and the setting to use.
    """
    for key in extra:
        if key in _OURS:
            msg = f"candidates.server.extra_body.{key} cannot be set: {_OURS[key]}"
            raise RecipeError(msg)
