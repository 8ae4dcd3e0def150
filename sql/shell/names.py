"""What can be completed: the names of a connection, and which of them fit where the cursor is.

In: the text before the cursor. Out: the beginning of a word, and the words that go on from it. Tables come after
``from`` and ``join``, the columns of ``name.`` after it; elsewhere first the columns of the tables that are named, then
everything. Left out: what the prompt does with it (``loop.py``), and columns within structs.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from dualset.sql.formats import FORMATS
from dualset.sql.queries import named_queries, query_names

__all__ = ["COMMANDS", "Names", "completions", "names_of"]

COMMANDS: Mapping[str, str] = {
    ".queries": "the named queries and their parameters",
    ".explain": "NAME: one of them: how to read its answer, its SQL",
    ".run": "NAME [k=4 …]: ask it; NAME alone does so too",
    ".tables": "what there is to ask",
    ".schema": "TABLE: its columns and what they mean",
    ".format": f"{', '.join(FORMATS)} or table: how answers are shown; json shows long texts whole",
    ".rows": "N or all: how many rows of an answer are shown",
    ".help": "this",
    ".quit": "leave; so does Ctrl-D",
}
_WORD = re.compile(r"[\w.$]*$")
_AFTER_FROM = re.compile(r"\b(?:from|join|describe|summarize)\s+[\w.]*$", re.IGNORECASE)
_NAMED = re.compile(r"\b(?:from|join)\s+([\w.]+)(?:\s+(?:as\s+)?(\w+))?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """``tables`` has the columns of each; those of another version are ``other.labels`` and so on."""

    tables: Mapping[str, Sequence[str]]
    functions: Sequence[str]
    keywords: Sequence[str]


def names_of(connection: duckdb.DuckDBPyConnection) -> Names:
    """The names that the connection knows."""
    tables: dict[str, list[str]] = {}
    columns = "select database_name, table_name, column_name from duckdb_columns() where not internal order by all"
    for database, table, column in connection.execute(columns).fetchall():
        tables.setdefault(table if database == "memory" else f"{database}.{table}", []).append(column)
    functions = connection.execute(
        "select distinct function_name from duckdb_functions() where regexp_full_match(function_name, '[a-z]\\w*')"
    )
    found = sorted(name for (name,) in functions.fetchall())
    keywords = connection.execute("select distinct keyword_name from duckdb_keywords() order by all").fetchall()
    return Names(tables=tables, functions=found, keywords=[name for (name,) in keywords])


def completions(text: str, names: Names) -> tuple[str, list[str]]:
    """The beginning of a word that the text ends with, and the words that begin so."""
    if text.lstrip().startswith("."):
        return _of_command(text.lstrip(), names)
    match = _WORD.search(text)
    stub = match.group() if match else ""
    statement = text[: len(text) - len(stub)].rpartition(";")[2]
    if statement.count("'") % 2:  # within a text
        return stub, []
    if _AFTER_FROM.search(statement + stub):
        return stub, _beginning(stub, names.tables)
    if "." in stub:
        return stub, _columns_after(stub, statement, names)
    if not statement.strip():
        return stub, _beginning(stub, [*names.keywords, *query_names()])
    here = _columns_of(statement, names) or [column for columns in names.tables.values() for column in columns]
    words = _beginning(stub, dict.fromkeys([*here, *names.tables, *names.functions, *names.keywords]))
    return stub, [word.upper() if word in names.keywords and stub.isupper() else word for word in words]


def _beginning(stub: str, words: Iterable[str]) -> list[str]:
    return [word for word in words if word.lower().startswith(stub.lower())]


def _mentioned(statement: str, names: Names) -> dict[str, str]:
    """alias or name -> table."""
    found: dict[str, str] = {}
    for table, alias in _NAMED.findall(statement):
        if table in names.tables:
            found |= {table: table, alias or table: table}
    return found


def _columns_of(statement: str, names: Names) -> list[str]:
    tables = dict.fromkeys(_mentioned(statement, names).values())
    return list(dict.fromkeys(column for table in tables for column in names.tables[table]))


def _columns_after(stub: str, statement: str, names: Names) -> list[str]:
    whose, _, _ = stub.rpartition(".")
    table = _mentioned(statement, names).get(whose, whose)
    columns = [f"{whose}.{column}" for column in names.tables.get(table, ())]
    return _beginning(stub, [*columns, *(name for name in names.tables if "." in name)])


def _of_command(text: str, names: Names) -> tuple[str, list[str]]:
    words = text.split()
    if len(words) == 1 and not text[-1].isspace():
        return words[0], _beginning(words[0], COMMANDS)
    stub = "" if text[-1].isspace() else words.pop()
    match words:
        case [".run" | ".explain"]:
            return stub, _beginning(stub, query_names())
        case [".run", name, *_] if (query := named_queries().get(name)) is not None:
            given = [f"{each.name}=" for each in query.parameters]
            values = [f"{each.name}={word}" for each in query.parameters for word in each.choices]
            return stub, _beginning(stub, values if "=" in stub else given)
        case [".schema"]:
            return stub, _beginning(stub, names.tables)
        case [".format"]:
            return stub, _beginning(stub, [*FORMATS, "table"])
        case [".rows"]:
            return stub, _beginning(stub, ["all"])
    return stub, []
