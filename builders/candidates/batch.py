"""One batch of prompts answered together: forward passes with a key-value cache, one token a row and step.

In: a policy and prompts as token ids. Out: the tokens of each answer. Prompts are padded on the left; rows that ended
leave the forward pass once they are a quarter of it.
"""

from typing import Any, NamedTuple

import numpy as np

from dualset.builders.candidates.draw import Draw, draw_tokens
from dualset.builders.candidates.policy import Policy, one_thread
from dualset.builders.candidates.samplers.sampler import Sampling

__all__ = ["Batch", "Prompt"]


class Prompt(NamedTuple):
    """One prompt.

    Attributes:
        ids: its tokens.
        opening: the part of the answer that the chat template already wrote.
        limit: tokens that may be sampled.
        seed: of its uniform numbers.
    """

    ids: list[int]
    opening: str
    limit: int
    seed: int


class Batch:
    """Prompts on their way to being answered. Arrays with B have a row a prompt, those with R a row still computed."""

    def __init__(self, policy: Policy, prompts: list[Prompt], sampling: Sampling) -> None:
        import torch

        device = policy.model.device
        self._model, self._prompts = policy.model, prompts
        self._draw = Draw(sampling.temperature, sampling.top_p, sampling.top_k)
        self._end_ids = _end_tokens(policy)
        self._ends = torch.tensor(sorted(self._end_ids), dtype=torch.long, device=device)
        self._width = max(len(p.ids) for p in prompts)
        self._steps = max(p.limit for p in prompts)
        shape = (len(prompts), self._steps)
        self._token_BT = torch.zeros(shape, dtype=torch.long, device=device)
        self._logprob_BT = torch.zeros(shape, dtype=torch.float64, device=device)
        self._count_B = torch.zeros(len(prompts), dtype=torch.long, device=device)
        self._row_R = torch.arange(len(prompts), device=device)
        self._open_R = torch.ones(len(prompts), dtype=torch.bool, device=device)
        self._length_R = torch.tensor([len(p.ids) for p in prompts], device=device)
        self._limit_R = torch.tensor([p.limit for p in prompts], device=device)
        self._uniform_RT = torch.from_numpy(np.stack([_uniforms(p.seed, self._steps) for p in prompts])).to(device)
        columns = torch.arange(self._width + self._steps, device=device)
        self._mask_RW = (columns >= self._width - self._length_R[:, None]).long()
        self._ids_RW = torch.tensor([[0] * (self._width - len(p.ids)) + p.ids for p in prompts], device=device)
        self._place_RW = (self._mask_RW[:, : self._width].cumsum(-1) - 1).clamp(min=0)
        self._cache: Any = None
        self._stopped = _stop_texts(policy, sampling.stop)

    def run(self) -> None:
        """Sample until every row has ended or is at its limit."""
        import torch

        with torch.inference_mode(), one_thread(self._model):
            for step in range(self._steps):
                self._advance(step)
                still_open = int(self._open_R.sum())
                if not still_open:
                    return
                if still_open <= 0.75 * len(self._open_R):
                    self._drop_ended()

    def answer(self, row: int) -> tuple[Prompt, list[int], float, bool]:
        """The row's prompt, tokens, mean log-probability, and whether its last token is an end token."""
        count = int(self._count_B[row])
        tokens = self._token_BT[row, :count].tolist()
        return self._prompts[row], tokens, float(self._logprob_BT[row, :count].mean()), tokens[-1] in self._end_ids

    def _advance(self, step: int) -> None:
        import torch

        out = self._model(
            input_ids=self._ids_RW,
            attention_mask=self._mask_RW[:, : self._width + step],
            position_ids=self._place_RW,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        self._cache = out.past_key_values
        token_R, logprob_R = draw_tokens(out.logits[:, -1], self._uniform_RT[:, step], self._draw)
        self._token_BT[self._row_R, step] = token_R
        self._logprob_BT[self._row_R, step] = logprob_R
        self._count_B[self._row_R[self._open_R]] = step + 1
        self._open_R = self._open_R & ~torch.isin(token_R, self._ends) & (step + 1 < self._limit_R)
        if self._stopped is not None:
            self._open_R = self._open_R & ~self._stopped(self._token_BT[self._row_R, : step + 1], None)
        self._ids_RW = token_R[:, None]
        self._place_RW = (self._length_R + step)[:, None]

    def _drop_ended(self) -> None:
        kept = self._open_R.nonzero()[:, 0]
        self._cache.batch_select_indices(kept)
        for name in ("_row_R", "_open_R", "_length_R", "_limit_R", "_uniform_RT", "_mask_RW", "_ids_RW", "_place_RW"):
            setattr(self, name, getattr(self, name)[kept])


def _stop_texts(policy: Policy, stop: tuple[str, ...]) -> Any:
    """What says of tokens (rows × steps), row by row, whether their text ends in one of these."""
    if not stop:
        return None
    from transformers.generation.stopping_criteria import StopStringCriteria

    return StopStringCriteria(policy.tokenizer, list(stop))


def _uniforms(seed: int, steps: int) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """The row's random numbers, from its seed alone; Philox gives the same ones on every machine."""
    return np.random.Generator(np.random.Philox(key=seed)).random(steps)


def _end_tokens(policy: Policy) -> set[int]:
    """What the generation config and the tokenizer say ends an answer; chat models often name several."""
    config = getattr(policy.model, "generation_config", None)
    ends = getattr(config, "eos_token_id", None)
    named = [*(ends if isinstance(ends, list | tuple) else [ends]), policy.tokenizer.eos_token_id]
    return {int(end) for end in named if end is not None}
