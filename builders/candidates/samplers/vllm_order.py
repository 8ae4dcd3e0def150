"""What an engine process is told to be. In: settings and the model's folder. Out: an `Order`, plain data to be sent."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from dualset.builders.candidates.policy import Place
from dualset.builders.candidates.samplers.sampler import Completion, Request, Sampling
from dualset.builders.candidates.settings import CandidateSettings

__all__ = ["Failure", "Order", "Outcome", "Run"]


class Order(NamedTuple):
    """A model to load and how to sample from it.

    Attributes:
        folder: the model's files.
        name: what it is called.
        arguments: of vLLM's ``LLM``, as the recipe gives them.
        seed: of the engine; each request has its own.
        sampling: how to draw.
        chat_args: given to the chat template.
        chat_template: instead of the tokenizer's own.
    """

    folder: str
    name: str
    arguments: Mapping[str, Any]
    seed: int
    sampling: Sampling
    chat_args: Mapping[str, Any]
    chat_template: str | None

    @classmethod
    def of(cls, settings: CandidateSettings, place: Place) -> "Order":
        """What the settings say, of a model that was found."""
        return cls(
            folder=str(place.folder),
            name=place.name,
            arguments=dict(settings.engine),
            seed=settings.seed,
            sampling=settings.sampling,
            chat_args=settings.chat_args,
            chat_template=settings.own_chat_template,
        )


class Failure(NamedTuple):
    """A request was not answered, why, and whether it is of use to ask again."""

    why: str
    again: bool


Run = list[tuple[int, Request]]
"""Requests of one problem with adjacent indices and seeds, each with a number that its outcome is known by."""

Outcome = tuple[int, Completion | Failure]
"""The number of a request, and what became of it."""
