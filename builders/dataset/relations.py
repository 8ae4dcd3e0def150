"""A version's tables as DuckDB reads them: one select a table, and a connection that stays within its memory.

In: a version. Out: SQL text over its Parquet files, by split, with every column of today's schema (what an older
version lacks is null, a table that it lacks is empty), and a ``split`` column. Left out: the locked connection for
people's own queries (``sql/session.py``).
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.version import Version
from dualset.builders.dataset.words import Split
from dualset.builders.errors import VersionError

__all__ = ["MEMORY_MB", "bounded", "memory_settings", "quoted", "select_table", "silence"]

MEMORY_MB = 1000
"""What DuckDB may hold; what does not fit is spilled to the temporary folder. The process stays below 2 GB."""
_THREADS = 4
Settings = dict[str, str | bool | int | float | list[str]]
_SQL_TYPES = {
    pa.string(): "varchar",
    pa.large_string(): "varchar",
    pa.bool_(): "boolean",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.timestamp("us"): "timestamp",
}


def select_table(version: Version, table: str) -> str:
    """The select over a table's files: by split, so that ``where split = 'test'`` opens those files only."""
    columns = TABLES[table].columns
    own = any(column.name == "split" for column in columns)
    shape = ", ".join(f'null::{_sql_type(column.type)} as "{column.name}"' for column in columns)
    parts = [f"select {shape}{'' if own else ', null::varchar as split'} where false"]
    for split in Split:
        if files := version.files(table, split):
            paths = ", ".join(quoted(str(path)) for path in files)
            parts.append(f"select *{'' if own else f', {split.value!r} as split'} from read_parquet([{paths}])")
    return " union all by name ".join(parts)


def memory_settings(folder: str, memory_mb: int = MEMORY_MB) -> Settings:
    """DuckDB's settings that keep it within its memory; what does not fit is spilled to a folder, made when needed."""
    threads = min(_THREADS, os.cpu_count() or 1)  # each holds rows of its own
    return {"memory_limit": f"{memory_mb}MB", "temp_directory": folder, "threads": threads}


@contextmanager
def bounded(memory_mb: int = MEMORY_MB) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that spills to ``$TMPDIR``; its queries are our own.

    Raises:
        VersionError: DuckDB gives up: no room to spill to, or a file cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="dualset-") as folder:
        own: Settings = {"preserve_insertion_order": False, "autoinstall_known_extensions": False}
        try:
            with duckdb.connect(config=memory_settings(folder, memory_mb) | own) as connection:
                silence(connection)
                yield connection
        except duckdb.OperationalError as error:
            said = str(error).splitlines()[0]
            msg = f"the tables cannot be read or sorted ({said}): there may be no room left in {Path(folder).parent}"
            raise VersionError(msg) from error


def silence(connection: duckdb.DuckDBPyConnection) -> None:
    """No progress bar: DuckDB 2.0 prints one on stdout, into the data, once a query takes two seconds."""
    connection.execute("set enable_progress_bar = false")


def quoted(text: str) -> str:
    """The text as an SQL literal."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_struct(kind):
        fields = ", ".join(f'"{field.name}" {_sql_type(field.type)}' for field in kind)
        return f"struct({fields})"
    if pa.types.is_list(kind):
        return f"{_sql_type(kind.value_type)}[]"
    return _SQL_TYPES[kind]
