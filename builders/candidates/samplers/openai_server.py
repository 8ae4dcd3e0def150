"""An OpenAI-compatible server: where it is, how it is told who asks, and what it says of itself.

In: the settings and the environment. Out: a `Server` that has answered, and clients for it. The key and what stands
before the @ of the address go into a header and nowhere else: not into a message, a log or a file.
"""

import asyncio
import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from dualset.builders.candidates.samplers.event_loop import background_loop
from dualset.builders.candidates.samplers.openai_refusal import Refusal, read_refusal
from dualset.builders.candidates.settings import ServerSettings
from dualset.builders.errors import ModelError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

__all__ = ["Server", "find_server", "not_let_in", "reach", "seen"]

_NO_KEY = "EMPTY"
_CONNECT_S, _FIRST_ANSWER_S = 5.0, 30.0
_PER_CLIENT = 16
"""Requests in flight: a client looks at all of its connections for each request (1,024 in one: 100/s, in 64: 290/s)."""
_MOST_NAMES = 12
_PAUSES_S = (0.5, 1.0)
_IDLE_S = 3.0
"""A connection that rests longer is opened anew: uvicorn, which vLLM and SGLang run on, closes it after 5 s."""
_AS_IT_IS = {"vllm", "llamacpp"}
"""Whose log-probabilities are those of the model at temperature 1, whatever was drawn at."""
_LONGEST = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """A server.

    Attributes:
        url: without user and password.
        key_env: the environment variable that the key comes from.
        key: None if that is not set.
        login: the header for user and password, if the address has them.
        secrets: what must not be shown.
        timeout_s: for one request.
        models: by the name that the server knows each by, what it says of it; empty where it says nothing.
    """

    url: str
    key_env: str
    key: str | None = field(repr=False)
    login: str | None = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    timeout_s: float
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def clients(self, in_flight: int = 1) -> "list[AsyncOpenAI]":
        """Clients for so many requests at once, to take turns; they ask each only once. Close them."""
        from httpx2 import Limits, create_ssl_context
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Timeout

        timeout = Timeout(self.timeout_s, connect=min(self.timeout_s, _CONNECT_S), pool=None)
        limits = Limits(max_connections=in_flight, max_keepalive_connections=in_flight, keepalive_expiry=_IDLE_S)
        verify = create_ssl_context()  # 40 ms each, so they share it
        return [
            AsyncOpenAI(
                base_url=self.url,
                api_key=self.key or _NO_KEY,
                default_headers={"Authorization": self.login} if self.login else None,
                max_retries=0,
                timeout=timeout,
                http_client=DefaultAsyncHttpxClient(limits=limits, timeout=timeout, verify=verify),
            )
            for _ in range(-(-in_flight // _PER_CLIENT))
        ]

    def names_like(self, model: str) -> str:
        """The models that it has, for a message: all, or the nearest ones."""
        names = sorted(self.models)
        return ", ".join(names if len(names) <= _MOST_NAMES else get_close_matches(model, names, _MOST_NAMES, 0.0))

    def window(self, model: str) -> int | None:
        """The context window of a model in tokens, where the server says."""
        window = self.models.get(model, {}).get("max_model_len")
        return window if isinstance(window, int) and window > 0 else None

    def logprobs_as_they_are(self, model: str) -> bool:
        """Whether it is known to give log-probabilities of the model at temperature 1, whatever is drawn at."""
        return self.models.get(model, {}).get("owned_by") in _AS_IT_IS

    def hide(self, text: str) -> str:
        """A server's words, in one line, to be shown: not too many, and no secrets."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        text = " ".join(text.encode(errors="replace").decode().split())
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def find_server(settings: ServerSettings) -> Server:
    """The server that the settings name; it is not asked anything.

    Raises:
        ModelError: the address is none, or the key cannot be sent.
    """
    try:
        parts = urlsplit(settings.url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        host = None
    if not host:
        msg = "candidates.server.url is no address: expected something like http://127.0.0.1:8000/v1"
        raise ModelError(msg)
    key = os.environ.get(settings.key_env, "").strip() or None
    if key and not (key.isascii() and key.isprintable()):
        msg = f"the key in {settings.key_env} holds characters that no key has: set it again"
        raise ModelError(msg)
    name, password = unquote(parts.username or ""), unquote(parts.password or "")
    both = base64.b64encode(f"{name}:{password}".encode()).decode()
    return Server(
        url=urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])).rstrip("/"),
        key_env=settings.key_env,
        key=key,
        login=f"Basic {both}" if name or password else None,
        secrets=tuple(filter(None, (key, password, both if password else None))),
        timeout_s=settings.timeout_s,
    )


def reach(server: Server) -> Server:
    """The server as it says itself what it has; a server that does not list its models is taken as it is.

    Raises:
        ModelError: nothing answers there, it does not let us in, or it is something else.
    """
    with background_loop() as loop:
        status, body = asyncio.run_coroutine_threadsafe(_models(server), loop).result()
    if status == 401:
        raise ModelError(not_let_in(server, read_refusal(status, {}, body)))
    if status != 200:  # there may be no list, or it may not be for us: the first request will tell
        return server
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        msg = f"{server.url}/models answers, but not as an OpenAI-compatible server: does the address end in /v1?"
        raise ModelError(msg) from error
    listed = said.get("data") if isinstance(said, dict) else said
    cards = [card for card in listed if isinstance(card, dict)] if isinstance(listed, list) else []
    return replace(server, models={str(card.get("id")): card for card in cards})


def not_let_in(server: Server, refusal: Refusal) -> str:
    """What to say where a server refuses who asks."""
    said = server.hide(str(refusal))
    if server.login:
        return f"{server.url} does not take the user and password of candidates.server.url ({said})"
    if server.key is None:
        return f"{server.url} wants a key: set the environment variable {server.key_env} ({said})"
    return f"{server.url} does not take the key in the environment variable {server.key_env} ({said})"


async def _models(server: Server) -> tuple[int, bytes]:
    """Status and body of its list of models."""
    import openai
    from httpx2 import Response

    [client] = server.clients()
    async with client:
        for pause_s in (*_PAUSES_S, None):
            try:
                answer = await client.get("/models", cast_to=Response, options={"timeout": _FIRST_ANSWER_S})
            except openai.APIStatusError as error:
                return error.status_code, error.response.content
            except openai.APIConnectionError as error:
                if pause_s is None:
                    msg = f"no server answers at {server.url} ({server.hide(seen(error))}): start it, or set "
                    raise ModelError(f"{msg} candidates.server.url") from error
                await asyncio.sleep(pause_s)
            else:
                return answer.status_code, answer.content
    raise AssertionError("the last try returns or raises")


def seen(error: BaseException) -> str:
    """Why there is no answer: the innermost reason that has words, as transports wrap each other."""
    words = type(error).__name__
    inner: BaseException | None = error
    while inner is not None:
        words = str(inner) or words
        inner = inner.__cause__ or inner.__context__
    return words
