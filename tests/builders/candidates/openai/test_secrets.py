"""Addresses, keys and models that are wrong: what is said of them, and what never is."""

import logging
import time

import pytest
from asking import REQUESTS, ask, settings_for
from chat_server import ChatServer

from dualset.builders.candidates.samplers.openai import OpenAISampler
from dualset.builders.candidates.settings import CandidateSettings, ServerSettings
from dualset.builders.errors import ModelError

KEY = "sk-secret-0123456789"


def test_a_wrong_key_is_named_by_its_variable_and_never_shown(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.key = "another"
    with pytest.raises(ModelError, match=r"wants a key: set the environment variable OPENAI_API_KEY"):
        ask(server)
    monkeypatch.setenv("MY_KEY", f" {KEY}\n")
    with pytest.raises(ModelError, match=r"does not take the key in the environment variable MY_KEY \(401") as error:
        ask(server, key_env="MY_KEY")
    assert f"Bearer {KEY}" in server.authorizations
    server.key = KEY
    assert len(ask(server, key_env="MY_KEY")) == len(REQUESTS)
    assert KEY not in str(error.value) + caplog.text
    monkeypatch.setenv("MY_KEY", f"{KEY}\nnext line")
    with pytest.raises(ModelError, match="the key in MY_KEY holds characters that no key has"):
        ask(server, key_env="MY_KEY")


def test_a_password_in_the_address_is_sent_and_never_shown(
    server: ChatServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = server.url.replace("//", "//ada:pass%40word@")
    ask(server, REQUESTS[:1], url=url)
    assert set(server.authorizations) == {"Basic YWRhOnBhc3NAd29yZA=="}
    server.key = "something else"
    with pytest.raises(ModelError, match="does not take the user and password of") as error:
        ask(server, url=url)
    with pytest.raises(ModelError, match=r"no server answers at http://127\.0\.0\.1:1/v1") as gone:
        ask(server, url="http://ada:pass%40word@127.0.0.1:1/v1")
    said = f"{error.value} {gone.value} {caplog.text}"
    assert not [secret for secret in ("pass@word", "pass%40word", "YWRhOnBhc3NAd29yZA==") if secret in said]


def test_a_server_that_is_not_there_is_said_soon() -> None:
    started = time.monotonic()
    for url in ("http://127.0.0.1:1/v1", "http://no-such-host.invalid/v1"):
        with pytest.raises(ModelError, match=f"no server answers at {url} .*: start it, or set  candidates.server.url"):
            OpenAISampler.load(CandidateSettings(source="openai", model="x", server=ServerSettings(url=url)))
    assert time.monotonic() - started < 20
    for url in ("http://[::1/v1", "http:///v1", "http://host:port/v1"):
        with pytest.raises(ModelError, match=r"candidates\.server\.url is no address"):
            OpenAISampler.load(CandidateSettings(source="openai", model="x", server=ServerSettings(url=url)))


def test_an_unknown_model_is_answered_with_those_that_there_are(
    server: ChatServer, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ModelError, match=r"does not have the model 'macro': set candidates.model .* \(micro\)"):
        list(OpenAISampler.load(settings_for(server, model="macro")).sample(REQUESTS))
    assert "does not list the model 'macro' (it lists micro)" in caplog.text
    server.lists_models = False
    with pytest.raises(ModelError, match=r"does not have the model 'macro', or is no address that ends in /v1"):
        ask(server, model="macro")
    with pytest.raises(ModelError, match=r"does not have the model 'micro', or is no address that ends in /v1"):
        ask(server, url=server.url.removesuffix("/v1"))
