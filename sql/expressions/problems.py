"""Questions about problems: how varied their programs are, which give groups, which nobody solves, which leak.

In: the frames of a version. Out: the rows of the named query of the same name.
"""

import polars as pl

from dualset.sql.expressions.terms import PROGRAMS, Frames, in_order, of_split, place, rate

__all__ = ["diversity", "group_yield", "never_solved", "split_leakage"]


def diversity(frames: Frames, *, split: str | None = None, limit: int | None = 20) -> pl.LazyFrame:
    """How different the programs of a problem are."""
    n, right, wrong = pl.col("n"), pl.col("passed"), ~pl.col("passed")
    varied = (
        of_split(frames["candidates"], split)
        .drop_nulls("program_id")
        .group_by("problem_id", "split", "program_id")
        .agg(n=pl.len().cast(pl.Int64))
        .group_by("problem_id", "split")
        .agg(
            candidates=n.sum(),
            programs=pl.len(),
            effective_programs=rate(n.sum() * n.sum(), (n * n).sum(), 2),
        )
    )
    judged = (
        frames["labels"]
        .group_by("problem_id")
        .agg(
            right_programs=right.sum(),
            wrong_programs=wrong.sum(),
            ways_to_fail=pl.col("outcomes").list.join(" ").filter(wrong).n_unique(),
        )
    )
    answer = varied.join(frames["problems"].select("problem_id", "source_id"), on="problem_id").join(
        judged, on="problem_id", how="left"
    )
    first = ("problem_id", "source_id", "split")
    ordered = answer.select(*first, pl.all().exclude(first))
    return in_order(ordered, "effective_programs", "problem_id", limit=limit)


def group_yield(frames: Frames, *, split: str | None = None) -> pl.LazyFrame:
    """How many groups problems of which pass rate give."""
    names = ("pass_rate_from", "pass_rate_to")
    correct = pl.col("correct")
    given = (
        frames["groups"]
        .group_by("problem_id")
        .agg(groups=pl.len(), right=pl.col("n_correct").sum(), members=correct.list.len().sum())
    )
    counted = (
        of_split(frames["attempts"], split)
        .group_by("problem_id")
        .agg(*place(correct.sum(), correct.count(), names), candidates=pl.len())
        .join(given, on="problem_id", how="left")
        .group_by(names)
        .agg(
            problems=pl.len(),
            candidates=pl.col("candidates").sum(),
            problems_with_groups=pl.col("groups").count(),
            groups=pl.col("groups").sum(),
            groups_a_problem=rate(pl.col("groups").sum(), pl.len(), 2),
            right_share=rate(pl.col("right").sum(), pl.col("members").sum()),
        )
    )
    return in_order(counted, *names)


def never_solved(frames: Frames, *, split: str | None = None, limit: int | None = 20) -> pl.LazyFrame:
    """Problems that no candidate solved."""
    correct = pl.col("correct")
    rated = (
        of_split(frames["attempts"], split)
        .group_by("problem_id", "split")
        .agg(
            candidates=pl.len(),
            labelled=correct.count(),
            programs=PROGRAMS,
            most_tests_passed=pl.col("tests_passed").filter(correct.is_not_null()).max(),
            right=correct.sum(),
        )
        .filter((pl.col("labelled") > 0) & (pl.col("right") == 0))
        .drop("right")
    )
    named = frames["problems"].select(
        "problem_id",
        "source_id",
        "difficulty",
        reference_solutions=pl.col("reference_solutions").list.len(),
    )
    tests = pl.col("tests")
    nearness = pl.col("most_tests_passed") / pl.when(tests != 0).then(tests)
    counted = frames["tested"].select("problem_id", tests=pl.col("tests").list.len())
    answer = rated.join(named, on="problem_id").join(counted, on="problem_id", how="left")
    answer = answer.with_columns(nearness=nearness)
    columns = ("candidates", "labelled", "programs", "most_tests_passed", "tests", "reference_solutions")
    ordered = in_order(answer, "-nearness", "-labelled", "problem_id", limit=limit)
    return ordered.select("problem_id", "source_id", "difficulty", "split", *columns)


def split_leakage(frames: Frames, *, limit: int | None = 20) -> pl.LazyFrame:
    """Problems that are in two splits under different ids."""
    statement = pl.col("statement").str.to_lowercase().str.replace_all(r"[ \t\r\n]+", " ").str.strip_chars(" ")
    keys = {"statement": statement, "source_id": pl.concat_str("source", "source_id", separator=" ")}
    keyed = pl.concat(
        frames["problems"].select("problem_id", "source_id", "split", shared=pl.lit(shared), said=key)
        for shared, key in keys.items()
    )
    found = (
        keyed.filter(pl.col("said") != "")
        .group_by("shared", "said")
        .agg(
            source_id=pl.col("source_id").min(),
            problems=pl.len(),
            splits=pl.col("split").unique().sort(),
            problem_ids=pl.col("problem_id").sort(),
        )
        .filter(pl.col("splits").list.len() > 1)
        .with_columns(said=pl.col("problem_ids").list.join("\n"))
    )
    return in_order(found, "-problems", "shared", "said", limit=limit).drop("said")
