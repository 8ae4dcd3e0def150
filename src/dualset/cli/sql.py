"""``dualset sql REF "select …"``: ask a version a question in SQL, run a named query, or open the shell."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import click

from dualset.cli.query_flags import QueryCommand, given

__all__ = ["command"]

FORMATS = ("table", "csv", "json", "markdown", "parquet")
_BY_SUFFIX = {".csv": "csv", ".json": "json", ".md": "markdown", ".parquet": "parquet"}


@click.command("sql", cls=QueryCommand)
@click.argument("ref", required=False)
@click.argument("query", required=False)
@click.option("--name", metavar="QUERY", help="The named query to run, as QUERY may be too; --list shows them.")
@click.option("--param", "pairs", multiple=True, metavar="NAME=VALUE", help="A parameter of the query, as its flag is.")
@click.option("--with", "other", metavar="REF", help="Another version, as other.labels and so on, to compare with.")
@click.option(
    "--rankings",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What judges said of the version (dualset eval … --rankings FILE), as the view rankings; may be repeated.",
)
@click.option(
    "--scores",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What reward models score the version's programs (dualset score … -o FILE), as the view scores; repeatable.",
)
@click.option("--explain", metavar="QUERY", help="Show a named query: parameters, how to read its answer, its SQL.")
@click.option("--list", "as_list", is_flag=True, help="List the named queries and their parameters.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Default: by the suffix of -o, or table.")
@click.option("--memory-mb", type=click.IntRange(min=50), help="What DuckDB may hold before it spills; default 1000.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write there, not to stdout.")
def command(
    ref: str | None,
    query: str | None,
    name: str | None,
    pairs: tuple[str, ...],
    other: str | None,
    rankings: tuple[Path, ...],
    scores: tuple[Path, ...],
    explain: str | None,
    as_list: bool,
    form: str | None,
    memory_mb: int | None,
    output: Path | None,
) -> None:
    """Ask the version REF a QUERY: a select in DuckDB's SQL, or a named query with its parameters as flags.

    Views: problems, candidates, labels, groups, observations, each with its split; executions (one row a program and
    test); attempts (one row a candidate, with its verdict). Without a QUERY, or with -, it is read from stdin; on a
    terminal, dualset sql REF opens a shell. dualset sql REF pass_at_k --help shows the flags of pass_at_k.
    """
    form = form or (_BY_SUFFIX.get(output.suffix, "table") if output else "table")
    if as_list or explain is not None:
        _list(form) if explain is None else _explain(explain, form)
        return
    if ref is None or not (query is None or name is None):
        msg = "give a REF and either a query or --name QUERY (--list shows the named ones)"
        raise click.UsageError(msg)
    attached = Attached(ref, other, rankings, scores, memory_mb)
    if query is None and name is None and output is None and _on_terminal():
        _shell(attached, form)
        return
    if name is None and query is not None:
        query, name = _meant(query)
    question = _named(name, attached, _pairs(pairs)) if name is not None else _own(query, _pairs(pairs))
    if form == "parquet" and output is None and sys.stdout.isatty():
        msg = "Parquet is not for a terminal: give -o FILE"
        raise click.UsageError(msg)
    _answer(attached, question, form, output)


class Attached(NamedTuple):
    """What is asked: a version, perhaps another one, and perhaps what judges said of the first or models scored."""

    ref: str
    other: str | None
    rankings: tuple[Path, ...]
    scores: tuple[Path, ...]
    memory_mb: int | None

    def connect(self) -> Any:
        """The locked connection."""
        from dualset.builders.dataset.relations import MEMORY_MB
        from dualset.sql.session import connect

        memory_mb = self.memory_mb or MEMORY_MB
        return connect(self.ref, other=self.other, rankings=self.rankings, scores=self.scores, memory_mb=memory_mb)


class Question(NamedTuple):
    """What to run, its parameters, and the named query that it is."""

    text: str
    parameters: dict[str, Any]
    named: Any = None


def _pairs(given_pairs: tuple[str, ...]) -> dict[str, str]:
    """What ``--param`` and the flags of the query give."""
    pairs = given(click.get_current_context())
    for each in given_pairs:
        name, equals, value = each.partition("=")
        if not equals:
            msg = f"--param {each!r}: expected NAME=VALUE"
            raise click.UsageError(msg)
        if name.strip() in pairs:
            msg = f"the parameter {name.strip()} is given twice"
            raise click.UsageError(msg)
        pairs[name.strip()] = value
    return pairs


def _meant(query: str) -> tuple[str | None, str | None]:
    """The query, or the name that it is; what was likely meant by a table or a file is said."""
    from dualset.builders.dataset.schema import TABLES
    from dualset.builders.errors import QueryError

    if query in TABLES or query in ("executions", "attempts", "rankings", "scores"):
        msg = f'{query} is a table and no query: ask  "from {query} limit 5"'
        raise QueryError(msg)
    if query.endswith(".sql") and " " not in query:
        msg = f"{query} is a file and no query: give it as stdin, < {query}"
        raise QueryError(msg)
    return (None, query) if query.isidentifier() else (query, None)


def _on_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def _shell(attached: Attached, form: str) -> None:
    from dualset.sql.shell.loop import Shell

    if form == "parquet":
        msg = "Parquet is not for a terminal: give -o FILE"
        raise click.UsageError(msg)
    ref, other, rankings, scores, _ = attached
    there = {"other": other is not None, "rankings": bool(rankings), "scores": bool(scores)}
    Shell(attached.connect(), title=ref, form=form, **there).run()


def _named(name: str, attached: Attached, values: dict[str, str]) -> Question:
    from dualset.sql.queries import bind, named_query

    query = named_query(name)
    query.check_attached(
        other=attached.other is not None, rankings=bool(attached.rankings), scores=bool(attached.scores)
    )
    return Question(query.sql, bind(query, values), query)


def _own(query: str | None, values: dict[str, str]) -> Question:
    """A query of one's own: all values are text."""
    text = _from_stdin() if query in (None, "-") else str(query)
    if not text.strip():
        msg = "no query: give one, or --name QUERY (--list shows the named ones), or SQL on stdin"
        raise click.UsageError(msg)
    return Question(text, dict(values))


def _from_stdin() -> str:
    from dualset.builders.errors import QueryError

    if sys.stdin is None or (sys.stdin.isatty() and not sys.stdout.isatty()):
        return ""
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"stdin is no SQL: it is not text in UTF-8 ({error.reason} at byte {error.start})"
        raise QueryError(msg) from error


def _answer(attached: Attached, question: Question, form: str, output: Path | None) -> None:
    from dualset.sql.session import ask, ask_to_parquet

    connection = attached.connect()
    _say_unmatched(connection, question)
    text, parameters, _ = question
    if form == "parquet":
        with _opened(output) as file:
            ask_to_parquet(connection, text, parameters, file)
        return
    pieces = _pieces(ask(connection, text, parameters), form, terminal=output is None and sys.stdout.isatty())
    with _opened(output) as file:
        for piece in pieces:
            file.write(piece.encode())


def _say_unmatched(connection: Any, question: Question) -> None:
    from dualset.cli.output import remark
    from dualset.sql.unmatched import unmatched

    if question.named is not None:
        for line in unmatched(connection, question.named, question.parameters):
            remark(line)


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
        click.echo(query.listed())


def _explain(name: str, form: str) -> None:
    from dualset.cli.output import print_json
    from dualset.sql.queries import named_query

    query = named_query(name)
    if form == "json":
        print_json(query.plain() | {"sql": query.sql})
    else:
        click.echo(query.explained())
