"""Asking the server of ``chat_server.py``: the requests, and the sampler with pauses of milliseconds.

In: a server and settings. Out: completions by seed, and the error after them.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from chat_server import ChatServer

from dualset.builders.candidates.prompts import writing_prompt
from dualset.builders.candidates.samplers.openai import OpenAISampler
from dualset.builders.candidates.samplers.openai_server import find_server, reach
from dualset.builders.candidates.samplers.sampler import Completion, Request
from dualset.builders.candidates.settings import CandidateSettings, ServerSettings
from dualset.builders.errors import ModelError
from dualset.builders.problems.micro import micro_problems

__all__ = ["PROBLEMS", "REQUESTS", "Completions", "ask", "fail", "sampler", "settings_for"]

PROBLEMS = micro_problems(8, 0)
REQUESTS = [Request(p.problem_id, i, 100 * k + i, writing_prompt(p)) for k, p in enumerate(PROBLEMS) for i in range(2)]
Completions = dict[int, Completion]


def settings_for(server: ChatServer, *, model: str = "micro", **more: Any) -> CandidateSettings:
    names = ("concurrency", "tries", "timeout_s", "extra_body", "url", "key_env")
    said = {"url": server.url, "concurrency": 4, "tries": 3} | {n: more.pop(n) for n in names if n in more}
    return CandidateSettings(source="openai", model=model, **({"max_tokens": 64} | more), server=ServerSettings(**said))


def sampler(server: ChatServer, **more: Any) -> OpenAISampler:
    """With pauses of milliseconds."""
    settings = settings_for(server, **more)
    return OpenAISampler(reach(find_server(settings.server)), settings, pause_s=0.002)


def ask(server: ChatServer, requests: Sequence[Request] = REQUESTS, **more: Any) -> Completions:
    return {a.request.seed: a.completion for a in sampler(server, **more).sample(iter(requests))}


def fail(server: ChatServer, requests: Sequence[Request] = REQUESTS, **more: Any) -> tuple[Completions, str]:
    """What was answered, and the error that came after it."""
    got: Completions = {}
    try:
        for answered in sampler(server, **more).sample(iter(requests)):
            got[answered.request.seed] = answered.completion
    except ModelError as error:
        return got, str(error)
    pytest.fail("there was no error")
