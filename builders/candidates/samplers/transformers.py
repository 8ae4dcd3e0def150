"""Sampling with transformers, in this process: exact on a CPU, and the engine that needs nothing else.

In: a policy. Out: a `Sampler`. It works on a few batches' worth of requests at a time, the short ones first.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from dualset.builders.candidates.generate import answer, prompt_of
from dualset.builders.candidates.policy import Policy, load_policy
from dualset.builders.candidates.render import Renderer
from dualset.builders.candidates.samplers.sampler import PROMPT_TOO_LONG, Answered, Completion, Request
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.errors import ModelError

__all__ = ["TransformersSampler"]

_BATCHES = 8


class TransformersSampler:
    """A `Sampler` over a loaded policy."""

    def __init__(self, policy: Policy, settings: CandidateSettings) -> None:
        self._policy, self._settings = policy, settings

    @classmethod
    def load(cls, settings: CandidateSettings) -> "TransformersSampler":
        """Load the model that the settings name.

        Raises:
            ModelError: it cannot be loaded.
            MissingExtra: torch or transformers is not installed.
        """
        policy = load_policy(
            str(settings.model),
            revision=settings.model_revision,
            device=settings.device,
            chat_template=settings.chat_template is None,
        )
        return cls(policy, settings)

    def sample(self, requests: Iterable[Request]) -> Iterator[Answered]:
        """Answer each request once.

        Raises:
            ModelError: the chat template refuses some chats; all others were answered before.
        """
        settings, waiting = self._settings, iter(requests)
        refused: ModelError | None = None
        renderer = Renderer(self._policy.tokenizer, settings.chat_args, settings.own_chat_template)
        while part := list(islice(waiting, _BATCHES * settings.batch_size)):
            fitting, prompts = [], []
            for request in part:
                try:
                    prompt = prompt_of(self._policy, renderer, request.chat, request.seed, settings.max_tokens)
                except ModelError as error:
                    refused = error
                    continue
                if prompt is None:
                    yield Answered(request, Completion("", 0, PROMPT_TOO_LONG, None))
                else:
                    fitting.append(request)
                    prompts.append(prompt)
            for i, completion in answer(self._policy, prompts, settings.sampling, settings.batch_size):
                yield Answered(fitting[i], completion)
        if refused is not None:
            raise refused

    def close(self) -> None:
        """The model goes when nobody holds it any more."""

    def __enter__(self) -> "TransformersSampler":
        return self

    def __exit__(self, *ended: object) -> None:
        self.close()
