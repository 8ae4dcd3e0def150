"""A version as Polars LazyFrames: the same tables and views as in SQL, nothing read before it is collected.

In: a reference or a version. Out: ``{"problems": LazyFrame, ..., "tested": ..., "executions": ..., "attempts": ...}``,
and ``rankings`` where files of them are given. Rows lie split by split, so sort where the order matters.

``sql/`` has no ``__init__.py``, so ``dualset.sql.frames`` is this module. It is callable, so that both spellings work::

    import dualset.sql.frames
    dualset.sql.frames("demo@v1")["labels"].collect()

    from dualset.sql.frames import frames  # the one that type checkers understand
    frames("demo@v1")["labels"].collect()
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl

from dualset.builders.dataset.schema import SCHEMA_VERSION, TABLES
from dualset.builders.dataset.store import open_version
from dualset.builders.dataset.version import Version
from dualset.builders.dataset.words import Outcome, Split
from dualset.sql.session import connect

__all__ = ["frames"]


def frames(
    ref: str | Version, *, rankings: str | Path | Sequence[str | Path] = (), home: Path | None = None
) -> dict[str, pl.LazyFrame]:
    """The tables of a version, each with a ``split`` column, and the views ``executions`` and ``attempts``.

    Args:
        ref: NAME, NAME@TAG, NAME@REVISION, a path, or a version that is already open.
        rankings: files that  dualset eval … --rankings FILE  wrote on this version, as the frame ``rankings``.
        home: the store; None: $DUALSET_HOME.

    Raises:
        UnknownVersion: the reference names none.
        CorruptVersion: a file is not what the manifest says.
        QueryError: a file is no rankings, or rankings of another version.
    """
    version = open_version(ref, home=home) if isinstance(ref, str) else ref
    tables = {table: _table(version, table) for table in TABLES}
    judged = {}
    if files := [Path(path) for path in ([rankings] if isinstance(rankings, str | Path) else rankings)]:
        connect(version, rankings=files).close()  # checks them
        judged["rankings"] = _rankings(files, tables["problems"])
    tested = _tested(tables, consensus=version.consensus is not None)
    return {
        **tables,
        "tested": tested,
        "executions": _executions(tables["labels"], tested),
        "attempts": _attempts(tables["candidates"], tables["labels"]),
        **judged,
    }


def _table(version: Version, table: str) -> pl.LazyFrame:
    parts = []
    for split in Split:
        if files := version.files(table, split):
            part = pl.scan_parquet(list(files), glob=False, **_older(version, table))
            parts.append(part if table == "problems" else part.with_columns(split=pl.lit(split.value)))
    return pl.concat(parts) if parts else pl.LazyFrame(schema=_schema(table) | {"split": pl.String()})


def _older(version: Version, table: str) -> dict[str, Any]:
    """What an older version lacks is null, at every depth."""
    if version.manifest["content"]["schema_version"] == SCHEMA_VERSION:
        return {}
    casts = pl.ScanCastOptions(missing_struct_fields="insert", extra_struct_fields="ignore")
    return {
        "schema": _schema(table),
        "missing_columns": "insert",
        "extra_columns": "ignore",
        "cast_options": casts,
    }


def _schema(table: str) -> dict[str, pl.DataType]:
    return dict(pl.DataFrame(TABLES[table].schema.empty_table()).schema)


def _executions(labels: pl.LazyFrame, tested: pl.LazyFrame) -> pl.LazyFrame:
    """One row a program and test."""
    tests = tested.select(
        "problem_id",
        test_id=pl.col("tests").list.eval(pl.element().struct.field("test_id")),
        test_index=pl.int_ranges(pl.col("tests").list.len()),
    )
    tests = tests.filter(pl.col("test_id").list.len() > 0).explode("test_id", "test_index")
    ran = labels.filter(pl.col("outcomes").list.len() > 0).select(
        "problem_id",
        "program_id",
        "split",
        outcome="outcomes",
        test_index=pl.int_ranges(pl.col("outcomes").list.len()),
    )
    known = pl.col("outcome") != Outcome.INFRA_ERROR.value
    passed = pl.when(known).then(pl.col("outcome") == Outcome.PASS.value)
    return (
        ran.explode("outcome", "test_index")
        .join(tests, on=["problem_id", "test_index"], how="left")
        .select("problem_id", "program_id", "test_index", "test_id", "outcome", passed.alias("passed"), "split")
    )


def _tested(tables: dict[str, pl.LazyFrame], *, consensus: bool) -> pl.LazyFrame:
    """One row a problem: the tests that the outcomes of its labels are about, in their order."""
    if not consensus:
        return tables["problems"].select("problem_id", "tests")
    fields = ("test_id", "input", "expected", "code")
    said = pl.struct(*fields, visibility=pl.lit("private"), origin=pl.lit("generated"))
    generated = tables["generated_tests"].sort("problem_id", "test_index").select("problem_id", tests=said)
    return generated.group_by("problem_id", maintain_order=True).agg("tests")


def _attempts(candidates: pl.LazyFrame, labels: pl.LazyFrame) -> pl.LazyFrame:
    """One row a candidate, with the verdict on its program."""
    verdicts = labels.select("problem_id", "program_id", "passed", "outcome", "tests_passed", "tests_total", "flaky")
    coded = pl.col("program_id").is_not_null()
    return (
        candidates.join(verdicts, on=["problem_id", "program_id"], how="left")
        .with_columns(
            correct=pl.when(coded).then("passed").otherwise(pl.lit(value=False)),
            outcome=pl.when(coded).then("outcome").otherwise(pl.lit(Outcome.NO_CODE.value)),
        )
        .select(
            pl.all().exclude("split", "passed", "correct", "outcome", "tests_passed", "tests_total", "flaky"),
            *("correct", "outcome", "tests_passed", "tests_total", "flaky", "split"),
        )
    )


class _CallableModule(ModuleType):
    def __call__(self, *args: Any, **keywords: Any) -> dict[str, pl.LazyFrame]:
        return frames(*args, **keywords)


sys.modules[__name__].__class__ = _CallableModule


def _rankings(files: Sequence[Path], problems: pl.LazyFrame) -> pl.LazyFrame:
    """What judges said, with what they put first (``rankings.py``)."""
    slot = pl.col("places").list.eval((pl.element() == 1).arg_max()).list.first()  # null where malformed
    put_first = [pl.col(name).list.get(pl.col("first_slot") - 1, null_on_oob=True) for name in ("shown", "correct")]
    said = (
        pl.scan_parquet(list(files), glob=False)
        .with_columns(size=pl.col("shown").list.len().cast(pl.Int32), first_slot=slot.cast(pl.Int32) + 1)
        .with_columns(first_program_id=put_first[0], first_correct=put_first[1])
    )
    names = ("group_id", "problem_id", "repeat", "order_index", "shown", "correct", "places")
    added = ("size", "first_slot", "first_program_id", "first_correct", "split")
    joined = said.join(problems.select("problem_id", "split"), on="problem_id", how="left")
    return joined.select("model", "model_revision", "dataset", *names, *added)
