"""What an evaluation is told: which problems, how many samples, how they are drawn."""

from dataclasses import dataclass

from dualset.builders.errors import RecipeError

__all__ = ["BEST_OF", "EvalSettings"]

BEST_OF = 4
"""Samples that the model ranks against each other when it chooses one of its own (DuST's K)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EvalSettings:
    """The defaults are DuST's decoding (arXiv 2605.11299): temperature 0.6, top-p 0.95, top-k 20, four samples.

    Attributes:
        split: the split measured on.
        samples: programs written a problem; 0 leaves writing out.
        limit: only the first N problems, in the order of their ids; None: all.
        temperature: of writing and of ranking; 0 takes the likeliest token.
        top_p: nucleus mass; 1 is off.
        top_k: 0 is off.
        max_tokens: new tokens an answer at most; None: the recipe's.
        seed: of sampling and of the bootstrap.
        level: of the intervals.
        resamples: bootstrap draws.
        batch_size: chats a forward pass; changes speed and memory only.
        device: cpu, cuda or auto.
    """

    split: str = "test"
    samples: int = 4
    limit: int | None = None
    temperature: float = 0.6
    top_p: float = 0.95
    top_k: int = 20
    max_tokens: int | None = None
    seed: int = 0
    level: float = 0.95
    resamples: int = 10_000
    batch_size: int = 64
    device: str = "auto"

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        checks = (
            (self.samples >= 0, "samples", self.samples, "0 or more"),
            (self.limit is None or self.limit >= 1, "limit", self.limit, "1 or more"),
            (self.temperature >= 0, "temperature", self.temperature, "0 or more"),
            (0 < self.top_p <= 1, "top-p", self.top_p, "above 0 and at most 1"),
            (self.top_k >= 0, "top-k", self.top_k, "0 (off) or more"),
            (self.max_tokens is None or self.max_tokens >= 1, "max-tokens", self.max_tokens, "1 or more"),
            (0 < self.level < 1, "level", self.level, "between 0 and 1"),
            (self.resamples >= 1, "resamples", self.resamples, "1 or more"),
        )
        for holds, name, value, wanted in checks:
            if not holds:
                msg = f"{name} is {value}: expected {wanted}"
                raise RecipeError(msg)
