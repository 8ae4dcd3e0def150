"""What the questions have in common: rates that are null where nothing is known, tenths, orders with nulls last.

In: expressions or frames. Out: the same. Counting is in integers; a rate is rounded once, halves away from zero, as
DuckDB does.
"""

from collections.abc import Mapping

import polars as pl

__all__ = ["PROGRAMS", "Frames", "in_order", "of_split", "place", "rate", "share_of", "whole_tenth"]

Frames = Mapping[str, pl.LazyFrame]
"""The tables and views of a version by name: what ``dualset.sql.frames.frames`` gives."""
PROGRAMS = pl.col("program_id").drop_nulls().n_unique()
"""Distinct programs."""


def of_split(frame: pl.LazyFrame, split: str | None) -> pl.LazyFrame:
    """The rows of a split; None: all."""
    return frame if split is None else frame.filter(pl.col("split") == split)


def rate(part: pl.Expr, whole: pl.Expr, digits: int = 4) -> pl.Expr:
    """part / whole; null where the whole is 0."""
    return (part / pl.when(whole != 0).then(whole)).round(digits, mode="half_away_from_zero")


def share_of(keys: list[str]) -> pl.Expr:
    """The column ``candidates`` as a share of all with the same keys."""
    return rate(pl.col("candidates"), pl.col("candidates").sum().over(keys))


def whole_tenth(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """The tenth that part / whole is in, rounded down: 0 to 10; null where the whole is 0."""
    return part.cast(pl.Int64) * 10 // pl.when(whole != 0).then(whole).cast(pl.Int64)


def place(part: pl.Expr, whole: pl.Expr, names: tuple[str, str]) -> list[pl.Expr]:
    """Two columns: from and to which tenth part / whole is; exactly 0 and exactly 1 are places of their own."""
    start = whole_tenth(part, whole)
    end = pl.when((part == 0) | (part == whole)).then(start).otherwise(start + 1)
    tenths = [(each / 10).round(1) for each in (start, end)]  # Polars divides by a constant as it multiplies: 3 * 0.1
    return [tenth.alias(name) for tenth, name in zip(tenths, names, strict=True)]


def in_order(frame: pl.LazyFrame, *keys: str, limit: int | None = None) -> pl.LazyFrame:
    """Sorted by these columns, nulls last (``-name``: the largest first), and its first rows; None: all."""
    names, descending = [key.removeprefix("-") for key in keys], [key.startswith("-") for key in keys]
    ordered = frame.sort(names, descending=descending, nulls_last=True)
    return ordered if limit is None else ordered.head(limit)
