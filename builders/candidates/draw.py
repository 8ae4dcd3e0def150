"""Drawing one token a row from logits: temperature, top-k, top-p, then the inverse of the cumulative distribution.

In: logits (rows × vocabulary) and a uniform number a row. Out: tokens and their log-probabilities. One uniform decides
one token, so a row's draws depend on its own logits and numbers and on nothing else in the batch.
"""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Draw", "draw_tokens"]


class Draw(NamedTuple):
    """How to draw: temperature 0 takes the likeliest token, top_p 1 and top_k 0 are off."""

    temperature: float
    top_p: float
    top_k: int


def draw_tokens(logits_BV: "Tensor", uniform_B: "Tensor", draw: Draw) -> "tuple[Tensor, Tensor]":
    """The tokens, and their log-probabilities under the model as it is (temperature 1, nothing cut off)."""
    import torch

    logits_BV = logits_BV.to(torch.promote_types(logits_BV.dtype, torch.float32))
    if draw.temperature == 0:
        token_B = logits_BV.argmax(-1)
    else:
        kept_BV = _nucleus(_best(logits_BV / draw.temperature, draw.top_k), draw.top_p)
        mass_BV = kept_BV.softmax(-1).double().cumsum(-1)
        all_B1 = mass_BV[:, -1:].contiguous()
        token_B = torch.searchsorted(mass_BV, uniform_B[:, None] * all_B1, right=True)[:, 0]
        # a uniform next to 1 may round to the whole mass: the last token that has any, not one that was cut
        token_B = torch.minimum(token_B, torch.searchsorted(mass_BV, all_B1)[:, 0])
    logprob_B = logits_BV.gather(-1, token_B[:, None])[:, 0] - logits_BV.logsumexp(-1)
    return token_B, logprob_B.double()


def _best(logits_BV: "Tensor", top_k: int) -> "Tensor":
    if not 0 < top_k < logits_BV.shape[-1]:
        return logits_BV
    worst_B1 = logits_BV.topk(top_k).values[:, -1:]
    return logits_BV.masked_fill(logits_BV < worst_B1, float("-inf"))


def _nucleus(logits_BV: "Tensor", top_p: float) -> "Tensor":
    """Cut all tokens that come after the likeliest ones which together reach ``top_p``."""
    if top_p >= 1:
        return logits_BV
    sorted_BV, order_BV = logits_BV.sort(dim=-1, descending=True, stable=True)
    share_BV = sorted_BV.softmax(-1)
    cut_BV = share_BV.cumsum(-1) - share_BV >= top_p
    return logits_BV.masked_fill(cut_BV.gather(-1, order_BV.argsort(-1)), float("-inf"))
