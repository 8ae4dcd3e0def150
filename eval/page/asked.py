"""Questions to a version, answered in full as plain rows: each query of this room says its own limit.

In: a connection (`sql/session.py`) and a query, or a named query. Out: rows as dictionaries.
"""

from collections.abc import Mapping
from typing import Any

import duckdb

from dualset.sql.formats import plain
from dualset.sql.queries import bind, named_query
from dualset.sql.session import ask

__all__ = ["Connection", "rows", "rows_of"]

Connection = duckdb.DuckDBPyConnection
Row = dict[str, Any]


def rows(connection: Connection, query: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
    """Of a query of our own."""
    answer = ask(connection, query, parameters)
    return [dict(zip(answer.columns, map(plain, row), strict=True)) for row in answer.rows]


def rows_of(connection: Connection, name: str, **given: int) -> list[Row]:
    """Of a named query; parameters that are not given have their defaults."""
    query = named_query(name)
    return rows(connection, query.sql, bind(query, {key: str(value) for key, value in given.items()}))
