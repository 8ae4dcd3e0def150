"""What a chat completion of an OpenAI-compatible server says.

In: the JSON of an answer with status 200. Out: a `Completion`. A body that holds no completion is `NoCompletion`: it is
asked for again. An answer that is empty although the model says that it ended is a completion, without text.

A thought comes in one of three shapes: in the text with both tags; in the text without the opening one, where the chat
template has written it; or in a field of its own, where the server has a reasoning parser. All become the text that the
model's own chat template would show. Where the template opens the thought, the server has no parser and the thought was
cut, the text has no tag at all: it is known for a thought only where the settings say that the model was to think.
"""

import math
from typing import Any, NamedTuple

from dualset.builders.candidates.samplers.sampler import Completion

__all__ = ["NoCompletion", "Reply", "read_answer"]

_OPEN, _CLOSE = "<think>", "</think>"
_NOT_FINISHED = {"", "abort", "error"}


class NoCompletion(Exception):
    """An answer without a completion in it; the message says what it is instead."""


class Reply(NamedTuple):
    """A completion, and the tokens of its prompt where the server says."""

    completion: Completion
    prompt_tokens: int | None


def read_answer(answer: Any, *, thinking: bool | None = None, logprobs: bool = True) -> Reply:
    """The first choice.

    Args:
        answer: the JSON.
        thinking: whether the model was told to think; None: it was told nothing.
        logprobs: whether its log-probabilities are those of the model as it is.

    Raises:
        NoCompletion: there is none in it.
    """
    choice = _choice(answer)
    reason, message = choice.get("finish_reason"), choice.get("message")
    if not isinstance(reason, str) or reason in _NOT_FINISHED:
        msg = f"an answer with finish_reason {reason!r}"
        raise NoCompletion(msg)
    if not isinstance(message, dict):
        msg = "an answer without a message"
        raise NoCompletion(msg)
    usage = answer.get("usage")
    n_tokens = _count(usage, "completion_tokens")
    completion = Completion(
        text=_with_opening(_text(message), thinking=thinking is True, cut=reason == "length"),
        n_tokens=n_tokens,
        finish_reason=reason,
        mean_logprob=_mean_logprob(choice.get("logprobs"), n_tokens) if logprobs else None,
    )
    return Reply(completion, _count(usage, "prompt_tokens"))


def _choice(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        msg = "an answer that is no JSON object"
        raise NoCompletion(msg)
    choices = answer.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return choices[0]
    error = answer.get("error")
    said = error.get("message") if isinstance(error, dict) else error
    msg = f"an answer without choices{f': {said}' if said else ''}"
    raise NoCompletion(msg)


def _text(message: dict[str, Any]) -> str:
    content = _words(message.get("content")) or _words(message.get("refusal"))
    thought = _words(message.get("reasoning_content")) or _words(message.get("reasoning"))
    if not thought.strip():
        return content
    thought = thought.strip("\n")  # some parsers leave the line breaks of the tags
    return f"{_OPEN}\n{thought}\n{_CLOSE}\n\n{content.lstrip(chr(10))}" if content else f"{_OPEN}\n{thought}"


def _words(said: Any) -> str:
    """Text, or the texts of a list of parts."""
    if said is None or isinstance(said, str):
        return said or ""
    if isinstance(said, list) and all(isinstance(part, dict) and part.get("type") == "text" for part in said):
        return "".join(str(part.get("text", "")) for part in said)
    msg = f"an answer whose content is {str(said)[:60]!r}"
    raise NoCompletion(msg)


def _with_opening(text: str, *, thinking: bool, cut: bool) -> str:
    """Put back the opening tag that a chat template has written itself."""
    if _OPEN in text:
        return text
    return f"{_OPEN}\n{text}" if _CLOSE in text or (thinking and cut) else text


def _count(usage: Any, name: str) -> int | None:
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None


def _mean_logprob(logprobs: Any, n_tokens: int | None) -> float | None:
    """None also where only some of the tokens have one; the end token may be missing."""
    entries = logprobs.get("content") if isinstance(logprobs, dict) else None
    if not isinstance(entries, list) or not entries:
        return None
    if n_tokens is not None and not n_tokens - 1 <= len(entries) <= n_tokens:
        return None
    found = [entry.get("logprob") if isinstance(entry, dict) else None for entry in entries]
    values = [float(value) for value in found if isinstance(value, int | float)]
    mean = math.fsum(values) / len(entries) if all(map(math.isfinite, values)) else math.nan
    return round(mean, 6) if len(values) == len(entries) and math.isfinite(mean) else None
