"""Parquet files beside a version that a question may need: are their columns those that are wanted, and which is which.

In: paths and a schema. Out: the files as absolute paths. Shared by what judges said (``rankings.py``) and by what
reward models score (``scores.py``). Left out: whether the rows are of the version.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dualset.builders.errors import QueryError

__all__ = ["check_columns", "listed", "pattern_of", "unread"]


def check_columns(paths: Sequence[Path], schema: pa.Schema, noun: str, what: str, empty: str) -> list[Path]:
    """The files, as absolute paths, where their columns are right.

    Args:
        paths: of the files.
        schema: the columns that they must have.
        noun: what they hold, for messages.
        what: what is expected, for messages.
        empty: what to say of a file without rows.

    Raises:
        QueryError: one cannot be read, its columns are others, or it holds no row.
    """
    for path in paths:
        try:
            path.open("rb").close()
            with pq.ParquetFile(path) as file:
                found, rows = file.schema_arrow, file.metadata.num_rows
        except (OSError, pa.ArrowException) as error:
            why = getattr(error, "strerror", None) or "no Parquet file"
            msg = f"cannot read the {noun} in {path} ({why}): expected {what}"
            raise QueryError(msg) from error
        _check_schema(path, found, schema, what)
        if rows == 0:
            msg = f"{path} {empty}"
            raise QueryError(msg)
    return [path.resolve() for path in paths]


def _check_schema(path: Path, found: pa.Schema, schema: pa.Schema, what: str) -> None:
    for field in schema:
        at = found.get_field_index(field.name)
        if at < 0 or not _alike(field.type, found.field(at).type):
            seen = f"has no column {field.name!r}" if at < 0 else f"has {field.name} as {found.field(at).type}"
            msg = f"{path} {seen}: expected {what}, with {field.name} as {field.type}"
            raise QueryError(msg)


def _alike(wanted: pa.DataType, found: pa.DataType) -> bool:
    """Large texts and lists, and whole numbers of any width, are the same to a reader."""
    if pa.types.is_list(wanted):
        listed = pa.types.is_list(found) or pa.types.is_large_list(found)
        return listed and _alike(wanted.value_type, found.value_type)
    if pa.types.is_integer(wanted):
        return bool(pa.types.is_integer(found))
    if pa.types.is_string(wanted):
        return bool(pa.types.is_string(found) or pa.types.is_large_string(found))
    return bool(wanted == found)


def pattern_of(path: Path) -> str:
    """The path as a glob that only it fits: DuckDB takes ``said[1].parquet`` for a pattern, which is ``said1.parquet``.

    Its only escape is a set of one character, ``[[]``; it opens the plain path then, so both are to be allowed.
    """
    return re.sub(r"([*?[])", r"[\1]", str(path))


def listed(files: Sequence[Path]) -> str:
    """Their names, for messages."""
    return ", ".join(path.name for path in files)


def unread(files: Sequence[Path], noun: str, error: duckdb.Error) -> QueryError:
    """What to say where DuckDB cannot read them."""
    return QueryError(f"cannot read the {noun} in {listed(files)}: {str(error).splitlines()[0]}")
