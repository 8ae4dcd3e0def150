"""``dualset sql REF "select …"``: ask a version a question in SQL, or run a named query."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click

__all__ = ["command"]

FORMATS = ("table", "csv", "json", "markdown", "parquet")
_BY_SUFFIX = {".csv": "csv", ".json": "json", ".md": "markdown", ".parquet": "parquet"}


@click.command("sql")
@click.argument("ref", required=False)
@click.argument("query", required=False)
@click.option("--name", metavar="QUERY", help="Run a named query; --list shows them.")
@click.option("--param", "given", multiple=True, metavar="NAME=VALUE", help="A parameter of the query.")
@click.option("--with", "other", metavar="REF", help="Another version, as other.labels and so on, to compare with.")
@click.option("--explain", metavar="QUERY", help="Show a named query: parameters, how to read its answer, its SQL.")
@click.option("--list", "as_list", is_flag=True, help="List the named queries and their parameters.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Default: by the suffix of -o, or table.")
@click.option("--memory-mb", type=click.IntRange(min=50), help="What DuckDB may hold before it spills; default 1000.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write there, not to stdout.")
def command(
    ref: str | None,
    query: str | None,
    name: str | None,
    given: tuple[str, ...],
    other: str | None,
    explain: str | None,
    as_list: bool,
    form: str | None,
    memory_mb: int | None,
    output: Path | None,
) -> None:
    """Ask the version REF a QUERY, in DuckDB's SQL.

    Views: problems, candidates, labels, groups, observations, each with its split; executions (one row a program and
    test); attempts (one row a candidate, with its verdict). A QUERY of - is read from stdin.
    """
    form = form or (_BY_SUFFIX.get(output.suffix, "table") if output else "table")
    if as_list or explain is not None:
        _list(form) if explain is None else _explain(explain, form)
        return
    if ref is None or (query is None) == (name is None):
        msg = "give a REF and either a query or --name QUERY (--list shows the named ones)"
        raise click.UsageError(msg)
    text, parameters = _question(query, name, other, _pairs(given))
    if form == "parquet" and output is None and sys.stdout.isatty():
        msg = "Parquet is not for a terminal: give -o FILE"
        raise click.UsageError(msg)
    _answer((ref, other), text, parameters, form, memory_mb, output)


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals:
            msg = f"--param {each!r}: expected NAME=VALUE"
            raise click.UsageError(msg)
        pairs[name.strip()] = value
    return pairs


def _question(
    query: str | None, name: str | None, other: str | None, given: dict[str, str]
) -> tuple[str, dict[str, Any]]:
    """The text to run, and the values of its parameters; in a query of one's own all values are text."""
    from dualset.sql.queries import bind, named_query

    if name is not None:
        named = named_query(name)
        if named.compares and other is None:
            msg = f"{name} compares two versions: give the other one with --with REF"
            raise click.UsageError(msg)
        return named.sql, bind(named, given)
    return sys.stdin.read() if query == "-" else str(query), dict(given)


def _answer(
    refs: tuple[str, str | None],
    text: str,
    parameters: dict[str, Any],
    form: str,
    memory_mb: int | None,
    output: Path | None,
) -> None:
    from dualset.builders.dataset.relations import MEMORY_MB
    from dualset.sql.session import ask, ask_to_parquet, connect

    connection = connect(refs[0], other=refs[1], memory_mb=memory_mb or MEMORY_MB)
    if form == "parquet":
        with _opened(output) as file:
            ask_to_parquet(connection, text, parameters, file)
        return
    pieces = _pieces(ask(connection, text, parameters), form, terminal=output is None and sys.stdout.isatty())
    with _opened(output) as file:
        for piece in pieces:
            file.write(piece.encode())


def _pieces(answer: Any, form: str, *, terminal: bool) -> Iterator[str]:
    from dualset.sql.formats import FORMATS as WRITERS
    from dualset.sql.formats import table_text

    if form == "table":
        yield table_text(answer, terminal=terminal)
    else:
        yield from WRITERS[form](answer)


@contextmanager
def _opened(output: Path | None) -> Iterator[IO[bytes]]:
    """Stdout, or the file: written under another name first, so that a failing query leaves an old file as it was."""
    if output is None:
        yield sys.stdout.buffer
        return
    from dualset.builders.errors import QueryError

    part = output.with_name(f".{output.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(output)
    except OSError as error:
        msg = f"cannot write {output}: {error.strerror}"
        raise QueryError(msg) from error
    finally:
        part.unlink(missing_ok=True)


def _list(form: str) -> None:
    from dualset.cli.output import print_json
    from dualset.sql.queries import named_queries

    queries = named_queries().values()
    if form == "json":
        print_json([query.plain() for query in queries])
        return
    for query in queries:
        click.echo(f"{query.name:<24}{query.title}")
        for parameter in query.parameters:
            click.echo(f"{'':<26}{parameter.said()}")


def _explain(name: str, form: str) -> None:
    from dualset.cli.output import print_json
    from dualset.sql.queries import named_query

    query = named_query(name)
    if form == "json":
        print_json(query.plain() | {"sql": query.sql})
    else:
        click.echo(query.explained())
