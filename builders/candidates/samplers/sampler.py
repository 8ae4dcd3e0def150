"""What an engine is to the rest: requests in, completions out, in whatever order they are ready.

In: a chat with the problem, sample index and seed it stands for. Out: text, tokens, log-probability, why it ended. An
engine never makes a completion of a request that failed; it says `ModelError` after it has handed over what is done.
"""

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import NamedTuple, Protocol

from dualset.builders.dataset.records import Message

__all__ = ["PROMPT_TOO_LONG", "Answered", "Completion", "Request", "Sampler", "Sampling"]

PROMPT_TOO_LONG = "prompt_too_long"
"""The finish reason of a request whose prompt does not fit the model's context window: nothing was sampled."""


class Request(NamedTuple):
    """One completion asked for. ``seed`` is what the engine is asked to draw with; ``chat`` ends with a user turn."""

    problem_id: str
    sample_index: int
    seed: int
    chat: tuple[Message, ...]


class Completion(NamedTuple):
    """One completion.

    Attributes:
        text: what the model said, the end token left off. Where the chat template itself opens a ``<think>``, it is put
            back in front, so that the text can be read alone.
        n_tokens: tokens sampled, the end token included; None where the engine does not say.
        finish_reason: stop (the model ended), length (it was cut), `PROMPT_TOO_LONG`, or the engine's own word.
        mean_logprob: of those tokens under the model as it is: at temperature 1, without top-p and top-k; 6 decimals;
            None where the engine does not say.
    """

    text: str
    n_tokens: int | None
    finish_reason: str
    mean_logprob: float | None


class Answered(NamedTuple):
    """A request and its completion."""

    request: Request
    completion: Completion


class Sampling(NamedTuple):
    """How to draw.

    Attributes:
        temperature: 0 takes the likeliest token each time.
        top_p: nucleus mass; 1 is off.
        top_k: 0 is off.
        max_tokens: at most so many are sampled; fewer where the model's context window ends.
        stop: texts that end a completion; they are no part of it.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    max_tokens: int = 1024
    stop: tuple[str, ...] = ()


class Sampler(Protocol):
    """A model that answers, in this process or behind an address. To be closed, or used in a ``with``."""

    def sample(self, requests: Iterable[Request]) -> Iterator[Answered]:
        """Answer each request once, in any order; requests are taken as they can be worked on.

        Raises:
            ModelError: some requests could not be answered; all others were yielded before.
        """

    def close(self) -> None:
        """Let go of the model or the connection."""

    def __enter__(self) -> "Sampler": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...
