"""What an OpenAI-compatible server means when it answers with an error.

In: a status, headers and a body; every server has its own words. Out: a `Refusal`, which knows whether to ask again,
whether it is about the context window, and which of the parameters it names.
"""

import json
import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz
from typing import Any

__all__ = ["Refusal", "read_refusal", "window_in"]

_AGAIN = {408, 409, 425, 429}
_CONTEXT_CODES = {"context_length_exceeded", "exceed_context_size_error"}
_CONTEXT = re.compile(
    r"context[ _-](length|window|size|limit)|max_model_len|maximum (model |input |allowed )?length|"
    r"(prompt|input|request) is too long|is longer than the|too large for model|`inputs` (tokens|must have)|"
    r"max_(new_|completion_)?tokens must be (at least|greater|larger|positive)",
    re.IGNORECASE,
)
"""vLLM of all ages, SGLang, OpenAI, llama.cpp, TGI, Mistral, Anthropic. The last line is vLLM where the prompt fills
the window to the last token. The numbers beside it are not read as the prompt's: vLLM has been wrong about them
(vllm#33418), and says "at least" where it stopped counting."""
_WINDOW = re.compile(
    r"(?:context (?:length|window|size|limit)(?: (?:is|of))?(?: only)?|max_model_len|must be <=|> )\D{0,3}(\d+)",
    re.IGNORECASE,
)
_RATE = re.compile(r"rate.?limit|tokens per (minute|day)|\bTP[MD]\b", re.IGNORECASE)
"""A limit over time, which some servers tell with the status of a request that is too large."""
_FILTERED = {"content_filter", "content_policy_violation"}
_ECHO = re.compile(r"['\"]input['\"]\s*:")
"""From here on, pydantic shows what it was given: that names every parameter."""
_NO_MONEY = {"insufficient_quota", "billing_not_active"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """An answer that is an error.

    Attributes:
        status: of HTTP.
        words: what the server says, in one line.
        code: its own word for it, if any.
        named: the parameter that it is about, if it says so.
        retry_after_s: seconds that it asks to wait; 0 if it does not.
    """

    status: int
    words: str
    code: str = ""
    named: str = ""
    retry_after_s: float = 0.0

    @property
    def passing(self) -> bool:
        """Whether another try may be answered."""
        if self.no_money or self.about_context:
            return False
        return self.status in _AGAIN or self.status >= 500 or (self.status == 413 and self.about_rate)

    @property
    def about_rate(self) -> bool:
        """Whether it is about how much is asked in a time, not about this request."""
        return _RATE.search(f"{self.code} {self.words}") is not None

    @property
    def filtered(self) -> bool:
        """Whether the server will not have this prompt answered, whoever asks."""
        return self.code in _FILTERED

    @property
    def no_money(self) -> bool:
        """Whether somebody has to pay first."""
        return self.status == 402 or self.code in _NO_MONEY

    @property
    def about_context(self) -> bool:
        """Whether the prompt, or the prompt and the tokens asked for, do not fit the context window."""
        if self.code in _CONTEXT_CODES:
            return True
        if self.about_rate or "truncate_prompt_tokens" in self.words:
            return False
        return self.status in (400, 413, 422) and _CONTEXT.search(self.words) is not None

    def names(self, parameters: Collection[str]) -> set[str]:
        """Which of the parameters it is about."""
        if self.status not in (400, 403, 422, 501):
            return set()
        said = f"{self.named} {_ECHO.split(self.words)[0]}"
        return {name for name in parameters if re.search(rf"(?<![A-Za-z0-9_]){name}(?![A-Za-z0-9_])", said)}

    def __str__(self) -> str:
        return f"{self.status}: {self.words}" if self.words else str(self.status)


def read_refusal(status: int, headers: Mapping[str, str], body: bytes) -> Refusal:
    """What an error means.

    Args:
        status: of HTTP.
        headers: of the answer.
        body: JSON, as a rule.
    """
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = body.decode(errors="replace")
    error = said.get("error", said) if isinstance(said, dict) else said
    known = error if isinstance(error, dict) else {}
    words = known.get("message") or _details(known.get("detail")) or error
    codes = [str(known.get(name) or "") for name in ("code", "type")]
    return Refusal(
        status=status,
        words=" ".join((words if isinstance(words, str) else json.dumps(words)).split()),
        code=next((code for code in codes if code in _CONTEXT_CODES | _NO_MONEY | _FILTERED), codes[0]),
        named=str(known.get("param") or ""),
        retry_after_s=_seconds(headers.get("retry-after")),
    )


def _details(detail: Any) -> Any:
    """FastAPI's list of what is wrong with a body, without the body."""
    if not isinstance(detail, list) or not all(isinstance(each, dict) for each in detail):
        return detail
    return "; ".join(f"{'.'.join(map(str, each.get('loc', ())))}: {each.get('msg', '')}" for each in detail)


def window_in(words: str) -> int | None:
    """The context window in tokens, where a refusal tells it."""
    return max(map(int, _WINDOW.findall(words.replace(",", ""))), default=None)


def _seconds(asked: str | None) -> float:
    if not asked:
        return 0.0
    if re.fullmatch(r"\d+(\.\d+)?", asked.strip()):
        return float(asked)
    date = parsedate_tz(asked)
    return 0.0 if date is None else max(0.0, mktime_tz(date) - time.time())
