"""Versions of an older schema, read by today's code: a column or table that they lack is there, and null or empty.

In: a manifest's schema version, rows as an older dualset wrote them. Out: rows as today's schema has them, or one line
that says what to do. Tables are never rewritten, so a digest is always that of the rows as they were written. Left out:
DuckDB (``relations.py``) and Polars (``sql/frames.py``), which do the same by their own means. When a change is more
than a new column, raise ``OLDEST_SCHEMA`` or translate here; ``tests/data/schema-N/`` holds a version of every schema.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from dualset.builders.dataset.schema import SCHEMA_VERSION, Table
from dualset.builders.errors import VersionError

__all__ = ["OLDEST_SCHEMA", "check_schema_version", "filled_rows"]

OLDEST_SCHEMA = 1
"""The oldest schema that is still read."""


def check_schema_version(written: object, where: Path) -> None:
    """Whether this dualset reads a manifest's schema version; what is no version at all is left to the caller.

    Raises:
        VersionError: it is newer or too old; the message says what to do.
    """
    if not isinstance(written, int) or OLDEST_SCHEMA <= written <= SCHEMA_VERSION:
        return
    reads = f"schema version {written}; this one reads {OLDEST_SCHEMA} to {SCHEMA_VERSION}"
    if written > SCHEMA_VERSION:
        msg = f"{where} was made by a newer dualset ({reads}): upgrade with  pip install -U dualset"
    else:
        msg = f"{where} was made by an older dualset ({reads}): build it again, or install that dualset to read it"
    raise VersionError(msg)


def filled_rows(
    table: Table, rows: Iterable[dict[str, Any]], columns: Sequence[str] | None
) -> Iterator[dict[str, Any]]:
    """Rows of an older schema with every column of today's, or those asked for, at every depth; what lacks is null."""
    wanted = [column for column in table.columns if columns is None or column.name in columns]
    for row in rows:
        yield {column.name: _value(column.type, row.get(column.name)) for column in wanted}


def _value(kind: pa.DataType, value: Any) -> Any:
    if value is None:
        return None
    if pa.types.is_struct(kind):
        return {field.name: _value(field.type, value.get(field.name)) for field in kind}
    if pa.types.is_list(kind):
        return [_value(kind.value_type, each) for each in value]
    return value
