"""Questions about programs and the tests that they fail.

In: the frames of a version. Out: the rows of the named query of the same name.
"""

import polars as pl

from dualset.builders.dataset.words import Outcome
from dualset.sql.expressions.terms import Frames, in_order, of_split, place, rate

__all__ = ["first_failures", "flaky_programs", "partial_credit", "toothless_tests"]

_FAILED = pl.element() != Outcome.PASS.value
_RIGHT, _WRONG = pl.col("passed"), ~pl.col("passed")


def flaky_programs(frames: Frames, *, limit: int | None = 20) -> pl.LazyFrame:
    """Programs whose runs differ."""
    written = frames["candidates"].group_by("program_id").agg(candidates=pl.len(), code=pl.col("code").first())
    columns = ("runs", "outcome", "tests_passed", "tests_total", "outcomes")
    answer = (
        frames["labels"]
        .filter("flaky")
        .join(frames["problems"].select("problem_id", "source_id"), on="problem_id")
        .join(written, on="program_id", how="left")
        .select("problem_id", "source_id", "program_id", *columns, pl.col("candidates").fill_null(0), "code")
    )
    return in_order(answer, "problem_id", "program_id", limit=limit)


def first_failures(frames: Frames, *, split: str | None = None) -> pl.LazyFrame:
    """Which test is the first that wrong programs fail."""
    first = pl.col("outcomes").list.eval(_FAILED.cast(pl.UInt8)).list.arg_max()
    counted = (
        of_split(frames["labels"], split)
        .filter(_WRONG)
        .select("problem_id", test_index=first)
        .drop_nulls("test_index")
        .group_by("test_index")
        .agg(programs=pl.len(), problems=pl.col("problem_id").n_unique())
        .sort("test_index")
    )
    programs = pl.col("programs")
    return counted.with_columns(share=rate(programs, programs.sum()), found=rate(programs.cum_sum(), programs.sum()))


def partial_credit(frames: Frames, *, split: str | None = None) -> pl.LazyFrame:
    """What share of the tests programs pass."""
    names = ("share_from", "share_to")
    counted = (
        of_split(frames["labels"], split)
        .filter(pl.col("passed").is_not_null() & (pl.col("tests_total") > 0))
        .select("problem_id", *place(pl.col("tests_passed"), pl.col("tests_total"), names))
        .group_by(names)
        .agg(programs=pl.len(), problems=pl.col("problem_id").n_unique())
    )
    return in_order(counted.with_columns(share=rate(pl.col("programs"), pl.col("programs").sum())), *names)


def toothless_tests(frames: Frames, *, min_wrong: int = 1, limit: int | None = 20) -> pl.LazyFrame:
    """Tests that nothing fails, although the problem has wrong programs."""
    judged = frames["labels"].group_by("problem_id").agg(programs=_RIGHT.count(), wrong=_WRONG.sum())
    failing = (
        frames["labels"]
        .filter(_WRONG)
        .select("problem_id", test_index=pl.col("outcomes").list.eval(_FAILED.arg_true()))
        .explode("test_index")
        .drop_nulls()
        .unique()
    )
    listed = (
        frames["problems"]
        .select("problem_id", "source_id")
        .join(frames["tested"], on="problem_id")
        .filter(pl.col("tests").list.len() > 0)
        .select(
            "problem_id", "source_id", "tests", test_index=pl.int_ranges(pl.col("tests").list.len(), dtype=pl.UInt32)
        )
        .explode("tests", "test_index")
        .join(judged.filter(pl.col("wrong") >= max(min_wrong, 1)), on="problem_id")
    )
    said = [pl.col("tests").struct.field(name) for name in ("test_id", "visibility", "origin")]
    answer = listed.join(failing, on=["problem_id", "test_index"], how="anti").select(
        "problem_id", "source_id", "test_index", *said, "programs", "wrong"
    )
    return in_order(answer, "-wrong", "problem_id", "test_index", limit=limit)
