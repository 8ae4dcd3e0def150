"""Texts that were given to a named query and are nowhere in the version: likely misspelt, or a question about nothing.

In: a connection, a named query and its values. Out: a line for each such text. It is no error: that no line of code
raises a KeyError is an answer.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import duckdb

from dualset.builders.errors import did_you_mean
from dualset.sql.queries import NamedQuery
from dualset.sql.session import ask

__all__ = ["unmatched"]

_KNOWN = 20
"""Of the texts that are there, the most frequent are named."""


def unmatched(connection: duckdb.DuckDBPyConnection, query: NamedQuery, values: Mapping[str, Any]) -> Iterator[str]:
    """A line for each value that is in no row of the column where the query looks for it.

    Raises:
        QueryError: the column cannot be read.
    """
    for parameter in query.parameters:
        value = values[parameter.name]
        if parameter.column is None or value is None:
            continue
        table, _, expression = parameter.column.partition(".")
        found = f"select {expression} as x from {table} where x is not null"
        if not list(ask(connection, f"{found} and x = $value limit 1", {"value": value}).rows):
            often = f"select x from ({found}) group by x order by count(*) desc, x limit {_KNOWN}"
            known = [row[0] for row in ask(connection, often).rows]
            yield f"no row of {table} has {parameter.name} {value!r}: {did_you_mean(value, known)}"
