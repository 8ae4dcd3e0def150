"""Questions about candidates: what became of them, why they ended, what they cost.

In: the frames of a version. Out: the rows of the named query of the same name.
"""

import polars as pl

from dualset.builders.dataset.words import Outcome
from dualset.sql.expressions.terms import PROGRAMS, Frames, in_order, of_split, rate, share_of

__all__ = [
    "cost_by_model",
    "finish_reasons",
    "outcomes_by_model",
    "outcomes_by_problem",
    "outcomes_by_round",
    "pass_rate",
]

_LABELLED, _CORRECT = pl.col("correct").count(), pl.col("correct").sum()


def pass_rate(frames: Frames, *, split: str | None = None, limit: int | None = None) -> pl.LazyFrame:
    """Pass rate of each problem, the hardest first."""
    counted = (
        of_split(frames["attempts"], split)
        .group_by("problem_id", "split")
        .agg(
            candidates=pl.len(),
            programs=PROGRAMS,
            labelled=_LABELLED,
            correct=_CORRECT,
            pass_rate=rate(_CORRECT, _LABELLED),
        )
    )
    named = counted.join(frames["problems"].select("problem_id", "source_id", "difficulty"), on="problem_id")
    columns = ("candidates", "programs", "labelled", "correct", "pass_rate")
    answer = named.select("problem_id", "source_id", "difficulty", "split", *columns)
    return in_order(answer, "pass_rate", "problem_id", limit=limit)


def outcomes_by_problem(frames: Frames, *, split: str | None = None, limit: int | None = None) -> pl.LazyFrame:
    """What became of each problem's candidates."""
    outcome = pl.col("outcome")
    counts = {word.value: (outcome == word.value).sum() for word in Outcome}
    counted = (
        of_split(frames["attempts"], split)
        .group_by("problem_id", "split")
        .agg(
            candidates=pl.len(),
            **counts,
            unlabelled=outcome.null_count(),
            flaky=pl.col("flaky").sum(),
        )
    )
    named = counted.join(frames["problems"].select("problem_id", "source_id", "difficulty"), on="problem_id")
    first = ("problem_id", "source_id", "difficulty", "split")
    return in_order(named.select(*first, pl.all().exclude(first)), "problem_id", limit=limit)


def outcomes_by_model(frames: Frames, *, split: str | None = None) -> pl.LazyFrame:
    """What became of the candidates of each model."""
    return _outcomes_by(frames, ["model"], split)


def outcomes_by_round(frames: Frames, *, split: str | None = None) -> pl.LazyFrame:
    """What became of the candidates of each round and model."""
    return _outcomes_by(frames, ["round", "model"], split)


def _outcomes_by(frames: Frames, keys: list[str], split: str | None) -> pl.LazyFrame:
    counted = (
        of_split(frames["attempts"], split)
        .group_by(*keys, "outcome")
        .agg(candidates=pl.len(), programs=PROGRAMS, problems=pl.col("problem_id").n_unique())
    )
    return in_order(counted.with_columns(share=share_of(keys)), *keys, "-candidates", "outcome")


def finish_reasons(frames: Frames) -> pl.LazyFrame:
    """Why answers ended, and what came of them."""
    counted = (
        frames["attempts"]
        .group_by("finish_reason", "model")
        .agg(
            candidates=pl.len(),
            with_code=pl.col("program_id").count(),
            labelled=_LABELLED,
            correct=_CORRECT,
            pass_rate=rate(_CORRECT, _LABELLED),
            median_tokens=pl.col("n_tokens").quantile(0.5, interpolation="lower").cast(pl.Int64),
        )
    )
    return in_order(counted, "-candidates", "finish_reason", "model")


def cost_by_model(frames: Frames) -> pl.LazyFrame:
    """Tokens that a passing program costs, by model."""
    known = pl.col("correct").is_not_null() & pl.col("n_tokens").is_not_null()
    tokens = pl.col("n_tokens").cast(pl.Int64).filter(known)
    counted = (
        frames["attempts"]
        .group_by("model")
        .agg(
            candidates=pl.len(),
            counted=known.sum(),
            tokens=pl.when(known.any()).then(tokens.sum()),
            correct=pl.col("correct").filter(known).sum(),
            programs=pl.col("program_id").filter(known & pl.col("correct")).n_unique(),
            problems_solved=pl.col("problem_id").filter(known & pl.col("correct")).n_unique(),
        )
    )
    priced = counted.with_columns(
        tokens_a_pass=rate(pl.col("tokens"), pl.col("correct"), 1),
        tokens_a_program=rate(pl.col("tokens"), pl.col("programs"), 1),
        tokens_a_problem=rate(pl.col("tokens"), pl.col("problems_solved"), 1),
    )
    return in_order(priced, "tokens_a_pass", "model")
