"""Questions about judges: what they fall for, and which places of the list they like.

In: the frames of a version with rankings. Out: the rows of the named query of the same name.
"""

import polars as pl

from dualset.sql.expressions.terms import Frames, in_order, rate

__all__ = ["judge_error_kinds", "judge_position_bias"]

_JUDGE = ["model", "model_revision"]


def judge_error_kinds(frames: Frames) -> pl.LazyFrame:
    """Which kinds of wrong programs fool judges."""
    wrong = (
        _answered(frames)
        .select(*_JUDGE, "problem_id", "first_program_id", "correct", program_id="shown")
        .explode("program_id", "correct")
        .filter(~pl.col("correct"))
    )
    outcomes = frames["labels"].select("problem_id", "program_id", "outcome")
    counted = (
        wrong.join(outcomes, on=["problem_id", "program_id"])
        .group_by(*_JUDGE, "outcome")
        .agg(shown=pl.len(), first=(pl.col("program_id") == pl.col("first_program_id")).sum())
    )
    shown, first = pl.col("shown").cast(pl.Int64), pl.col("first").cast(pl.Int64)
    errors, all_shown = first.sum().over(_JUDGE), shown.sum().over(_JUDGE)
    answer = counted.with_columns(
        first_rate=rate(first, shown),
        share_of_errors=rate(first, errors),
        share_of_shown=rate(shown, all_shown),
        lift=rate(first * all_shown, shown * errors, 2),
    )
    return in_order(answer, *_JUDGE, "-first", "outcome")


def judge_position_bias(frames: Frames) -> pl.LazyFrame:
    """Which places of the list judges like, whatever stands there."""
    first, right = pl.col("slot") == pl.col("first_slot"), pl.col("correct")
    placed = (
        _answered(frames)
        .select(*_JUDGE, "size", "first_slot", "correct", slot=pl.int_ranges(1, pl.col("size") + 1))
        .explode("slot", "correct")
    )
    counted = placed.group_by(*_JUDGE, "size", "slot").agg(
        answers=pl.len(),
        first=first.sum(),
        first_share=rate(first.sum(), pl.len()),
        right_here=right.sum(),
        right_first=rate((first & right).sum(), right.sum()),
        wrong_first=rate((first & ~right).sum(), (~right).sum()),
    )
    chance = (1 / pl.col("size")).round(4, mode="half_away_from_zero")
    names = ("answers", "first", "first_share", "chance", "right_here", "right_first", "wrong_first")
    answer = counted.with_columns(chance=chance).select(*_JUDGE, "size", "slot", *names)
    return in_order(answer, *_JUDGE, "size", "slot")


def _answered(frames: Frames) -> pl.LazyFrame:
    """The answers that are not malformed, of lists that are not empty."""
    return frames["rankings"].filter(pl.col("first_slot").is_not_null())
