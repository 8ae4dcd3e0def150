"""Answers on a terminal: the first rows in the form that was chosen, how long it took, and a way to stop.

In: a connection and a query. Out: text on stdout, and a line on stderr that says how many rows there were, or that
there are more. Left out: what may be asked (``session.py``).
"""

import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from threading import Event
from typing import Any

import duckdb

from dualset.sql.formats import FORMATS, table_text
from dualset.sql.session import Answer, ask
from dualset.sql.shell.running import interruptible

__all__ = ["Answering", "say", "show"]

ROWS = 50


class Answering:
    """How answers are shown: ``form`` is table, csv, json or markdown; ``rows`` at most (None: all)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, form: str) -> None:
        self.connection = connection
        self.form = form
        self.rows: int | None = ROWS

    def answer(self, query: str, values: Mapping[str, Any]) -> bool:
        """Show the answer; False: Ctrl-C was pressed.

        Raises:
            QueryError: it is no query that may be run, or it fails.
        """
        started = time.monotonic()
        seen = _Seen()

        def work(stop: Event) -> None:
            answer = ask(self.connection, query, values)
            for piece in self._pieces(Answer(answer.columns, seen.first(answer.rows, self.rows, stop))):
                if stop.is_set():
                    return
                show(piece)

        if interruptible(self.connection, work):
            say("cancelled")
            return False
        rows = f"the first {seen.n} rows" if seen.more else "1 row" if seen.n == 1 else f"{seen.n} rows"
        say(f"{rows} in {time.monotonic() - started:.2f} s" + "; .rows N or .rows all shows more" * seen.more)
        return True

    def _pieces(self, answer: Answer) -> Iterable[str]:
        return [table_text(answer, terminal=True, rows=None)] if self.form == "table" else FORMATS[self.form](answer)


class _Seen:
    """Counts the rows that are shown, and knows whether there were more."""

    def __init__(self) -> None:
        self.n = 0
        self.more = False

    def first(self, rows: Iterator[tuple[Any, ...]], limit: int | None, stop: Event) -> Iterator[tuple[Any, ...]]:
        for row in islice(rows, limit):
            if stop.is_set():
                return
            self.n += 1
            yield row
        self.more = next(rows, None) is not None


def show(text: str) -> None:
    """Data, on stdout."""
    sys.stdout.write(harmless(text))
    sys.stdout.flush()


def say(text: str) -> None:
    """A remark or an error, on stderr."""
    sys.stdout.flush()
    sys.stderr.write(f"{harmless(text)}\n")
    sys.stderr.flush()


def harmless(text: str) -> str:
    """What models wrote may hold control characters, which a terminal would obey: they are shown as escapes."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)
