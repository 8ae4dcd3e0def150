"""One completion from an OpenAI-compatible server, however often it must be asked.

In: a request. Out: its completion, `RequestFailed` where it had its tries, or `ModelError` where no request can do
better. What another try may mend (a connection that breaks, a timeout, 408, 409, 429, 5xx, an answer without a
completion) is asked again after growing pauses, or as late as the server says; a parameter that a server does not know
and that decides nothing is left out from then on.

A prompt does not fit where it is refused although only one token is asked for; servers' words and numbers are not
enough for that. Where it does fit, it is asked again with the tokens that the context window leaves.
"""

import asyncio
import json
import logging
import math
import random
import time
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

from dualset.builders.candidates.samplers.openai_answer import NoCompletion, Reply, read_answer
from dualset.builders.candidates.samplers.openai_body import LIMITS, body_of, dispensable
from dualset.builders.candidates.samplers.openai_refusal import Refusal, read_refusal, window_in
from dualset.builders.candidates.samplers.openai_server import Server, not_let_in, seen
from dualset.builders.candidates.samplers.sampler import PROMPT_TOO_LONG, Completion, Request
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.errors import ModelError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

__all__ = ["Asking", "RequestFailed", "RequestRefused"]

log = logging.getLogger(__name__)
_LONGEST_PAUSE_S, _LONGEST_WAIT_S = 60.0, 600.0
_BETWEEN_REMARKS_S = 30.0
_MARGINS = (0, 1, 16)
"""Tokens that some servers keep for themselves at the end of the window."""


class RequestFailed(Exception):
    """A request had its tries; others may do better."""


class RequestRefused(RequestFailed):
    """A server that works will not answer this request."""


class _Again(Exception):
    """Another try may be answered, at the earliest after so many seconds."""

    def __init__(self, why: str, after_s: float = 0.0) -> None:
        super().__init__(f"{why} (it asks to wait {after_s:.0f} s)" if after_s else why)
        self.after_s = after_s


class _DoesNotFit(Exception):
    """The prompt, or the prompt and the tokens asked for, are longer than the context window."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class _Filtered(Exception):
    """The server's content filter holds the prompt back: a definite answer, without text."""


class Asking:
    """What is known of a server while it is asked.

    Args:
        clients: of the server, which take turns.
        server: it.
        settings: of source ``openai``.
        pause_s: the first pause before another try; each next one is twice as long, up to a minute.
        clock: seconds since whenever.
        jitter: gives 0 to 1: a pause is half to all of its length, so that many requests do not come back at once.
    """

    def __init__(
        self,
        clients: "Sequence[AsyncOpenAI]",
        server: Server,
        settings: CandidateSettings,
        *,
        pause_s: float = 1.0,
        jitter: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clients, self._server, self._settings = cycle(clients), server, settings
        self._model = str(settings.model)
        self._pause_s, self._jitter, self._clock = pause_s, jitter, clock
        self._next_remark = -math.inf
        self._window = server.window(self._model)
        self._limits: dict[str, int] = {}
        """Of problems whose prompt leaves less room than is asked for."""
        self._without: set[str] = set()
        draw = settings.sampling
        as_drawn = (draw.temperature, draw.top_p, draw.top_k) == (1.0, 1.0, 0)
        self._logprobs = as_drawn or server.logprobs_as_they_are(self._model)

    async def answer(self, request: Request) -> Completion:
        """The completion of one request.

        Raises:
            RequestFailed: it was asked as often as the settings say, or the server refuses this one.
            ModelError: no request will be answered.
        """
        limit = self._limits.get(request.problem_id) or min(self._settings.max_tokens, self._window or 2**62)
        try:
            return (await self._ask(request, limit)).completion
        except _DoesNotFit as refused:
            return await self._with_less(request, limit, refused.refusal)
        except _Filtered:
            return Completion("", 0, "content_filter", None)

    async def _with_less(self, request: Request, limit: int, refused: Refusal) -> Completion:
        """Its completion where the window leaves less room than ``limit``, or that there is none at all."""
        too_long = Completion("", 0, PROMPT_TOO_LONG, None)
        if limit == 1:
            return too_long
        try:
            prompt_tokens = (await self._ask(request, 1)).prompt_tokens
        except _DoesNotFit:
            return too_long
        window = self._window or window_in(refused.words)
        if window is not None and prompt_tokens is not None:
            for room in (window - prompt_tokens - margin for margin in _MARGINS):
                if not 0 < room < limit:
                    continue
                try:
                    completion = (await self._ask(request, room)).completion
                except _DoesNotFit:
                    continue
                self._limits[request.problem_id] = room
                return completion
        msg = f"the prompt fits the context window, but not with max_tokens {limit}: set candidates.max_tokens lower"
        raise self._refused(f"{msg} (the server says {self._server.hide(str(refused))})")

    async def _ask(self, request: Request, limit: int) -> Reply:
        """Ask until there is an answer."""
        tries = self._settings.server.tries
        for n in range(tries):
            try:
                reply = await self._once(request, limit)
            except _Again as again:
                last, pause_s = again, min(self._pause_s * 2 ** min(n, 20), _LONGEST_PAUSE_S) * (1 + self._jitter()) / 2
                if n + 1 == tries or again.after_s > _LONGEST_WAIT_S:
                    break
                self._remark(again, again.after_s + pause_s)
                await asyncio.sleep(again.after_s + pause_s)
                continue
            return reply
        raise RequestFailed(self._server.hide(str(last)))

    async def _once(self, request: Request, limit: int) -> Reply:
        """Ask, and once more for each parameter that is found to be refused."""
        while True:
            body = body_of(request, self._settings, limit, self._without)
            content, refusal = await self._post(body)
            if refusal is None:
                return self._read(content)
            if refusal.about_context:
                raise _DoesNotFit(refusal)
            if named := refusal.names(dispensable(body, refusal.words, self._settings.server.extra_body)):
                self._leave_out(named, refusal)
                continue
            if refusal.passing:
                raise _Again(str(refusal), refusal.retry_after_s)
            if refusal.filtered:
                raise _Filtered
            raise self._for_good(refusal)

    async def _post(self, body: dict[str, object]) -> tuple[bytes, Refusal | None]:
        import openai
        from httpx2 import Response

        try:
            async with asyncio.timeout(self._server.timeout_s):
                answer = await next(self._clients).post("/chat/completions", cast_to=Response, body=body)
        except openai.APIStatusError as error:
            return b"", read_refusal(error.status_code, error.response.headers, error.response.content)
        except (openai.APITimeoutError, TimeoutError) as error:
            msg = f"no answer within {self._server.timeout_s:g} s"
            raise _Again(msg) from error
        except (openai.APIConnectionError, OSError) as error:
            raise _Again(seen(error)) from error
        return answer.content, None

    def _read(self, content: bytes) -> Reply:
        try:
            return read_answer(json.loads(content), thinking=self._settings.thinking, logprobs=self._logprobs)
        except NoCompletion as nothing:
            raise _Again(str(nothing)) from nothing
        except (ValueError, RecursionError) as error:
            msg = f"an answer that is no JSON ({len(content)} bytes)"
            raise _Again(msg) from error

    def _remark(self, why: Exception, pause_s: float) -> None:
        """Say that something is amiss, but not for each of a thousand requests."""
        if (now := self._clock()) >= self._next_remark:
            log.warning("the server: %s; asked again in %.0f s", self._server.hide(str(why)), pause_s)
            self._next_remark = now + _BETWEEN_REMARKS_S

    def _leave_out(self, named: set[str], refusal: Refusal) -> None:
        """Remember what the server refuses, and say it once."""
        new = named - self._without
        self._without |= named
        if new - {LIMITS[0]}:
            said = self._server.hide(str(refusal))
            log.warning("the server does not take %s, so it is asked without (%s)", ", ".join(sorted(new)), said)

    def _for_good(self, refusal: Refusal) -> Exception:
        """The error where no other try of this request can do better."""
        server, said = self._server, self._server.hide(str(refusal))
        if refusal.status in (401, 403):
            return ModelError(not_let_in(server, refusal))
        if refusal.no_money:
            return ModelError(f"{server.url} wants to be paid first ({said})")
        if refusal.status == 404:
            return ModelError(self._not_there(said))
        return self._refused(f"{server.url} refuses a request ({said})")

    def _not_there(self, said: str) -> str:
        url, models = self._server.url, self._server.models
        if self._model in models:
            return f"{url}/chat/completions is not there ({said})"
        if not models:
            return f"{url} does not have the model {self._model!r}, or is no address that ends in /v1 ({said})"
        names = self._server.names_like(self._model)
        return f"{url} does not have the model {self._model!r}: set candidates.model to one that it has ({names})"

    def _refused(self, said: str) -> Exception:
        """It may be this request or the settings: others will tell."""
        return RequestRefused(said)
