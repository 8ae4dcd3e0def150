"""One server a file of tests, calm at the start of each test, and what the policy says without it."""

from collections.abc import Iterator

import pytest
from asking import REQUESTS, Completions
from chat_server import ChatServer, chat_server, policy

from dualset.builders.candidates.samplers.transformers import TransformersSampler
from dualset.builders.candidates.settings import CandidateSettings


@pytest.fixture(scope="module")
def running() -> Iterator[ChatServer]:
    policy()
    with chat_server() as served:
        yield served


@pytest.fixture
def server(running: ChatServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    before = dict(vars(running))
    running.calm()
    yield running
    running.calm()
    for name in ("key", "models", "lists_models", "refuse"):
        setattr(running, name, before[name])


@pytest.fixture(scope="session")
def wanted() -> Completions:
    """What the policy says in this process."""
    settings = CandidateSettings(source="transformers", model="micro", max_tokens=64)
    return {a.request.seed: a.completion for a in TransformersSampler(policy(), settings).sample(REQUESTS)}
