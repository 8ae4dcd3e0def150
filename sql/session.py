"""A DuckDB connection to one version: its tables as views, and nothing else within reach.

In: a reference or a version, and another one to compare it with. Out: a connection whose SQL can read their Parquet
files and no other file, load no extension and change no setting. It holds up to 1 GB and spills the rest to
``$TMPDIR``. Each table is a view with a ``split`` column; ``views.sql`` adds ``executions`` and ``attempts``. Those of
the other version are ``other.problems``, ``other.attempts`` and so on; what judges said of the version, from files that
an evaluation wrote, is the view ``rankings`` (``rankings.py``), what reward models scored the view ``scores``
(``scores.py``).
Left out: keeping anyone from overwriting those same Parquet files with ``COPY``; opening the version again says so.
:func:`ask` runs queries only.
"""

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

import duckdb

from dualset.builders.dataset.relations import MEMORY_MB, memory_settings, quoted, select_table, silence
from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.store import open_version
from dualset.builders.dataset.version import Version
from dualset.builders.errors import QueryError
from dualset.sql import rankings as judged
from dualset.sql import scores as scored
from dualset.sql.beside import pattern_of

__all__ = ["Answer", "ask", "ask_to_parquet", "connect", "one_line", "statements"]

_ROWS_A_FETCH = 1000


class Answer(NamedTuple):
    """A query's columns and its rows, fetched as they are read."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


def connect(
    ref: str | Version,
    *,
    other: str | Version | None = None,
    rankings: str | Path | Sequence[str | Path] = (),
    scores: str | Path | Sequence[str | Path] = (),
    home: Path | None = None,
    memory_mb: int = MEMORY_MB,
) -> duckdb.DuckDBPyConnection:
    """Open an in-memory database over a version's files.

    Args:
        ref: NAME, NAME@TAG, NAME@REVISION, a path, or a version that is already open.
        other: a second version, likewise, as the schema ``other``.
        rankings: files that  dualset eval … --rankings FILE  wrote on the first version, as the view ``rankings``.
        scores: files that  dualset score … -o FILE  wrote on the first version, as the view ``scores``.
        home: the store; None: $DUALSET_HOME.
        memory_mb: what DuckDB may hold; the rest lies in a folder of its own in ``$TMPDIR`` until it is closed.

    Raises:
        UnknownVersion: a reference names none.
        CorruptVersion: a file is not what the manifest says.
        QueryError: a file is no rankings or scores, or of another version.
    """
    named = [each for each in (ref, other) if each is not None]
    versions = [open_version(each, home=home) if isinstance(each, str) else each for each in named]
    spilled = Path(tempfile.gettempdir()) / f"dualset-sql-{os.getpid()}-{secrets.token_hex(4)}"
    connection = duckdb.connect(config=memory_settings(str(spilled), memory_mb))
    silence(connection)
    if other is not None:  # a database, not a schema of this one: there its views would read this one's tables
        connection.execute("attach ':memory:' as other; use other")
        _make_views(connection, versions[1])
        connection.execute("use memory")
    _make_views(connection, versions[0])
    beside: list[Path] = []
    for kind, paths in ((judged, rankings), (scored, scores)):
        given = kind.check_files([Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)])
        if given:
            kind.make_view(connection, given)
            kind.check_rows(connection, versions[0], given)
        beside += given
    tables = [path for each in versions for table in TABLES for path in each.files(table)]
    files = ", ".join(quoted(str(path)) for path in (*tables, *beside, *map(pattern_of, beside)))
    # files, not their folder: a folder could be written to
    connection.execute(f"set allowed_paths = [{files}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def _make_views(connection: duckdb.DuckDBPyConnection, version: Version) -> None:
    for table in TABLES:
        connection.execute(f"create view {table} as {select_table(version, table)}")
    connection.execute(f"create view tested as {_TESTED[version.consensus is not None]}")
    connection.execute((Path(__file__).parent / "views.sql").read_text("utf-8"))


_TESTED = {
    False: "select problem_id, tests from problems",
    True: """
        select problem_id, list({
            'test_id': test_id, 'input': input, 'expected': expected, 'code': code,
            'visibility': 'private', 'origin': 'generated'
        } order by test_index) as tests
        from generated_tests
        group by problem_id
    """,
}
"""One row a problem: the tests that the outcomes of its labels are about, in their order."""


def ask(connection: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any] | None = None) -> Answer:
    """Run one query.

    Args:
        connection: of :func:`connect`.
        query: one ``select`` (or ``from``, ``with``, ``describe``, ``summarize``, ``show``).
        parameters: values of its ``$name`` parameters.

    Raises:
        QueryError: it is no single query, or DuckDB refuses it.
    """
    result = _run(connection, query, parameters)
    return Answer(tuple(column[0] for column in result.description), _fetch(result))


def ask_to_parquet(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any] | None, file: IO[bytes]
) -> None:
    """Run one query and write its answer as Parquet (zstd), without holding it.

    Raises:
        QueryError: as :func:`ask`.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    _check(connection, query)
    try:
        reader = connection.sql(query, params=dict(parameters or {})).to_arrow_reader()
        with pq.ParquetWriter(file, reader.schema, compression="zstd") as writer:
            for batch in reader:
                writer.write_batch(batch)
    except (duckdb.Error, pa.ArrowException) as error:
        raise _refused(error) from error


def one_line(error: Exception) -> str:
    """DuckDB's message without the drawing of where it happened, but with its suggestions."""
    lines = [line.strip() for line in str(error).split("LINE ")[0].splitlines()]
    return " ".join(line for line in lines if line)


def _refused(error: Exception) -> QueryError:
    if isinstance(error, duckdb.OutOfMemoryException):
        what = str(error).splitlines()[0]
        return QueryError(f"{what}: ask for less at a time, or give it more with --memory-mb ({MEMORY_MB} if not said)")
    said = one_line(error)
    if "Table with name rankings does not exist" in said:
        said = (
            "there are no rankings here: give files that  dualset eval … --rankings FILE  wrote, with --rankings FILE"
        )
    if "Table with name scores does not exist" in said:
        said = "there are no scores here: give files that  dualset score … -o FILE  wrote, with --scores FILE"
    return QueryError(said)


def _run(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any] | None
) -> duckdb.DuckDBPyConnection:
    _check(connection, query)
    try:
        return connection.execute(query, dict(parameters or {}))
    except duckdb.Error as error:
        raise _refused(error) from error


def statements(connection: duckdb.DuckDBPyConnection, text: str) -> list[str]:
    """The statements of a text, which need not be ones that :func:`ask` runs.

    Raises:
        QueryError: it cannot be read as SQL.
    """
    return [each.query for each in _statements(connection, text)]


def _statements(connection: duckdb.DuckDBPyConnection, text: str) -> list[duckdb.Statement]:
    try:
        return connection.extract_statements(text)
    except duckdb.Error as error:
        raise _refused(error) from error


def _check(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    found = _statements(connection, query)
    if len(found) != 1 or found[0].type != duckdb.StatementType.SELECT:
        kinds = ", ".join(statement.type.name for statement in found) or "none"
        msg = f"expected one select statement, not {kinds}: a version is read, never changed"
        raise QueryError(msg)


def _fetch(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    try:
        while rows := result.fetchmany(_ROWS_A_FETCH):
            yield from rows
    except duckdb.Error as error:
        raise _refused(error) from error
