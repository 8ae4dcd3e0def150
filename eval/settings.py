"""What an evaluation is told: which problems, how many samples, how they are drawn."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from dualset.builders.candidates.settings import ENGINES, CandidateSettings
from dualset.builders.errors import RecipeError, did_you_mean
from dualset.builders.settings import parse_settings, set_overrides
from dualset.eval.choosing.ways import check_way, way_name
from dualset.eval.strata import strata_of

__all__ = ["GENERATED", "PUBLIC", "EvalSettings"]

PUBLIC, GENERATED = "public", "generated"
"""Tests to choose by: those that statements show, or those that the version holds besides the problems' own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EvalSettings:
    """The defaults are DuST's decoding (arXiv 2605.11299): temperature 0.6, top-p 0.95, top-k 20, four samples.

    Attributes:
        split: the split measured on; all: every one.
        samples: programs written a problem and repeat; 0 leaves writing out.
        best_of: samples among which one is chosen (DuST's K is 4); with fewer of them, nothing is chosen.
        choose_by: ways of choosing besides the model's own ranking (``choosing/ways.py``).
        tests: what is chosen by, public or generated; None: generated where the version holds some.
        repeats: how often all is done, each time with other draws.
        orders: shown orders that a judge's ranks are averaged over.
        since: only problems released on that day or later; one whose day is unknown is left out.
        until: only those released on that day or before.
        by: parts to tell apart: difficulty, source, tag or month.
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
        engine: transformers, vllm or openai.
        sampling: ``key=value`` for other keys of a recipe's ``candidates``, such as ``server.url=http://HOST:8000/v1``.
    """

    split: str = "test"
    samples: int = 4
    best_of: int = 4
    choose_by: tuple[str, ...] = ()
    tests: str | None = None
    repeats: int = 1
    orders: int = 1
    since: date | None = None
    until: date | None = None
    by: tuple[str, ...] = ()
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
    engine: str = "transformers"
    sampling: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        checks = (
            (self.samples >= 0, "samples", self.samples, "0 or more"),
            (self.tests in (None, PUBLIC, GENERATED), "tests", self.tests, f"{PUBLIC} or {GENERATED}"),
            (self.best_of >= 1, "best-of", self.best_of, "1 or more"),
            (self.repeats >= 1, "repeats", self.repeats, "1 or more"),
            (
                self.repeats == 1 or self.temperature > 0,
                "repeats",
                self.repeats,
                "1 at temperature 0, where all are the same",
            ),
            (self.orders >= 1, "orders", self.orders, "1 or more"),
            (not self.since or not self.until or self.since <= self.until, "since", self.since, "a day before until"),
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
        for by in self.by:
            strata_of({}, by)
        for way in self.choose_by:
            check_way(way)
        names = [way_name(way) for way in self.choose_by]
        if twice := next((name for i, name in enumerate(names) if name in names[:i]), None):
            msg = f"choose-by names {twice} twice: each way needs a name of its own"
            raise RecipeError(msg)
        if self.engine not in ENGINES:
            msg = f"engine is {self.engine!r}: {did_you_mean(self.engine, ENGINES)}"
            raise RecipeError(msg)

    def of(self, model: str, max_tokens: int) -> CandidateSettings:
        """How a model is asked.

        Raises:
            RecipeError: a key of ``sampling`` is unknown, or makes no sense with this engine.
        """
        tree: dict[str, Any] = {
            "source": self.engine,
            "model": model,
            "n": max(1, self.samples * self.repeats),
            "temperature": self.temperature,
            "top_p": self.top_p,
            "top_k": self.top_k,
            "max_tokens": max_tokens,
            "seed": self.seed,
        }
        if self.engine == "transformers":
            tree |= {"batch_size": self.batch_size, "device": self.device}
        set_overrides(tree, self.sampling)
        return parse_settings(CandidateSettings, tree, "--sample")
