"""The shell's commands: what ``.run near_misses limit=3``, ``.schema labels`` and the others do.

In: a command's line. Out: text on stdout, a changed setting, or a query run. Left out: statements in SQL and the prompt
(``loop.py``).
"""

import shlex
from collections.abc import Callable

from dualset.builders.dataset.schema import TABLES
from dualset.builders.errors import QueryError, did_you_mean
from dualset.sql.formats import FORMATS, table_text
from dualset.sql.queries import bind, named_queries, named_query, query_names
from dualset.sql.session import Answer, ask
from dualset.sql.shell.answering import Answering, say, show
from dualset.sql.shell.names import COMMANDS, Names, names_of
from dualset.sql.unmatched import unmatched

__all__ = ["Commands", "command_in"]

_WORDS = {"quit": ".quit", "exit": ".quit", ".exit": ".quit", "\\q": ".quit", "help": ".help", "\\?": ".help"}
"""What people type who know other shells."""
_MORE_TABLES = {
    "executions": "one row a program and test",
    "tested": "one row a problem: the tests that the outcomes of its labels are about",
    "attempts": "one row a candidate, with the verdict on its program",
    "rankings": "one row an answer of a judge to a group as it was shown",
    "scores": "one row a program that a reward model scored",
}


def command_in(text: str) -> str | None:
    """The text as a command; None: it is SQL. A query's name is the command that runs it."""
    text = text.strip()
    word = text.rstrip(";").strip()
    if word in _WORDS:
        return _WORDS[word]
    if text.startswith("."):
        return text
    return f".run {word}" if word and word.split()[0] in query_names() else None


class Commands:
    """What they work on: the answers of a connection, and what is attached to it."""

    def __init__(self, answering: Answering, *, other: bool, rankings: bool, scores: bool) -> None:
        self._answering, self._other, self._rankings, self._scores = answering, other, rankings, scores
        self._connection = answering.connection
        self._names: Names | None = None

    @property
    def names(self) -> Names:
        """What can be named; looked up when it is first wanted."""
        if self._names is None:
            self._names = names_of(self._connection)
        return self._names

    def obey(self, line: str) -> bool:
        """Do it; False: leave.

        Raises:
            QueryError: there is no such command, or it wants something else.
        """
        try:
            name, *words = shlex.split(line)
        except ValueError as error:
            msg = f"{line}: {error}"
            raise QueryError(msg) from error
        known: dict[str, Callable[[list[str]], None]] = {
            ".queries": self._queries,
            ".explain": self._explain,
            ".run": self._run,
            ".tables": self._tables,
            ".schema": self._schema,
            ".format": self._format,
            ".rows": self._rows,
            ".help": self._help,
        }
        if name == ".quit":
            return False
        if name not in known:
            msg = f"no command {name!r}: {did_you_mean(name, COMMANDS)}"
            raise QueryError(msg)
        known[name](words)
        return True

    def _help(self, _words: list[str]) -> None:
        show("".join(f"{name:<10}{what}\n" for name, what in COMMANDS.items()))

    def _queries(self, _words: list[str]) -> None:
        show("".join(f"{query.listed()}\n" for query in named_queries().values()))

    def _explain(self, words: list[str]) -> None:
        show(f"{named_query(_only(words, '.explain NAME')).explained()}\n")

    def _run(self, words: list[str]) -> None:
        if not words:
            msg = "expected  .run NAME k=4; .queries lists the names"
            raise QueryError(msg)
        query = named_query(words[0].rstrip(";"))
        query.check_attached(other=self._other, rankings=self._rankings, scores=self._scores)
        values = bind(query, _given(words[1:]))
        for line in unmatched(self._connection, query, values):
            say(line)
        self._answering.answer(query.sql, values)

    def _tables(self, _words: list[str]) -> None:
        about = {name: table.doc for name, table in TABLES.items()} | _MORE_TABLES
        show("".join(f"{name:<20}{about.get(name.removeprefix('other.'), '')}\n" for name in self.names.tables))

    def _schema(self, words: list[str]) -> None:
        table = _only(words, ".schema TABLE")
        if table not in self.names.tables:
            msg = f"no table {table!r}: {did_you_mean(table, self.names.tables)}"
            raise QueryError(msg)
        known = TABLES.get(table.removeprefix("other."))
        docs = {column.name: column.doc for column in known.columns} if known else {}
        described = ask(self._connection, f"describe from {table}").rows
        rows = ((name, docs.get(name, ""), kind) for name, kind, *_ in described)
        show(table_text(Answer(("column", "meaning", "type"), rows), terminal=False))

    def _format(self, words: list[str]) -> None:
        form = _only(words, ".format FORM")
        if form not in (known := [*FORMATS, "table"]):
            msg = f"no format {form!r}: {did_you_mean(form, known)}"
            raise QueryError(msg)
        self._answering.form = form

    def _rows(self, words: list[str]) -> None:
        text = _only(words, ".rows N")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
        if text != "all" and not number:
            msg = f".rows {text}: expected a whole number from 1, or all"
            raise QueryError(msg)
        self._answering.rows = number or None


def _given(words: list[str]) -> dict[str, str]:
    """``k=4``, ``--k=4`` and ``--k 4``; a ``;`` at the end is nobody's."""
    given: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if not equals:
            value = next(rest, "") if word.startswith("--") else ""
        if not value:
            msg = f"{word}: expected NAME=VALUE"
            raise QueryError(msg)
        name = name.removeprefix("--").replace("-", "_")
        if name in given:
            msg = f"the parameter {name} is given twice"
            raise QueryError(msg)
        given[name] = value.rstrip(";")
    return given


def _only(words: list[str], usage: str) -> str:
    if len(words) != 1:
        msg = f"expected  {usage}"
        raise QueryError(msg)
    return words[0].rstrip(";")
