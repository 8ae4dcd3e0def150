"""An answer as text: JSON, CSV, Markdown or a table.

In: an `Answer`. Out: pieces of text to be written one after the other. JSON is one array of objects, a row a line:
lists and structs stay lists and objects, times are ISO, NaN and infinities null, huge integers and decimals numbers.
Elsewhere nested values are JSON. An absent value is empty in CSV and ``null`` in the other two, where it is told apart
from an empty text. Left out: Parquet, which DuckDB hands over as Arrow (``session.py``).
"""

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from typing import Any

from dualset.builders.errors import QueryError
from dualset.sql.session import Answer

__all__ = ["FORMATS", "plain", "table_text", "to_csv", "to_json", "to_markdown"]

ROWS_ON_A_TERMINAL = 50
WIDTH_ON_A_TERMINAL = 60
"""Characters of a cell shown on a terminal."""


def to_json(answer: Answer) -> Iterator[str]:
    """An array of row objects.

    Raises:
        QueryError: two columns have the same name.
    """
    if twice := [name for name, n in Counter(answer.columns).items() if n > 1]:
        msg = f"two columns are named {twice[0]!r}: give one of them another name with  as"
        raise QueryError(msg)
    opening = "[\n"
    for row in answer.rows:
        named = zip(answer.columns, map(plain, row), strict=True)
        yield opening + json.dumps(dict(named), ensure_ascii=False, allow_nan=False)
        opening = ",\n"
    yield "[]\n" if opening == "[\n" else "\n]\n"


def to_csv(answer: Answer) -> Iterator[str]:
    """A header and a line a row."""
    for row in _with_header(answer):
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow("" if value is None else _text(value) for value in row)
        yield text.getvalue()


def to_markdown(answer: Answer) -> Iterator[str]:
    """A pipe table."""
    yield f"| {' | '.join(map(_markdown, answer.columns))} |\n|{'---|' * len(answer.columns)}\n"
    for row in answer.rows:
        yield f"| {' | '.join(map(_markdown, row))} |\n"


FORMATS: dict[str, Callable[[Answer], Iterator[str]]] = {"json": to_json, "csv": to_csv, "markdown": to_markdown}


def table_text(answer: Answer, *, terminal: bool, rows: int | None = ROWS_ON_A_TERMINAL) -> str:
    """Aligned columns; on a terminal the first ``rows`` (None: all) and the beginnings of long cells."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    limit = rows if terminal else None
    found = list(answer.rows if limit is None else islice(answer.rows, limit + 1))
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for i, name in enumerate(answer.columns):
        number = bool(found) and all(isinstance(row[i], int | float | Decimal | None) for row in found)
        table.add_column(Text(_cell(name, terminal)), justify="right" if number else "left", no_wrap=terminal)
    for row in found[:limit]:
        table.add_row(*(Text(_cell(value, terminal)) for value in row))
    console = Console(file=io.StringIO(), width=None if terminal else 1_000_000, force_terminal=False)
    with console.capture() as captured:
        console.print(table)
    lines = [line.rstrip() for line in captured.get().splitlines()]
    if limit is not None and len(found) > limit:
        lines.append(f"the first {limit} rows; --format csv or json, or -o FILE, gives all")
    return "\n".join(lines) + "\n"


def plain(value: Any) -> Any:
    """A value of DuckDB's as JSON's."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime() | date() | time():
            return value.isoformat()
        case list() | tuple():
            return [plain(each) for each in value]
        case dict():
            return {str(key): plain(each) for key, each in value.items()}
        case bytes():
            return value.hex()
        case _:
            return str(value)


def _with_header(answer: Answer) -> Iterator[tuple[Any, ...]]:
    yield answer.columns
    yield from answer.rows


def _text(value: Any) -> str:
    value = plain(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _markdown(value: Any) -> str:
    return _text(value).replace("\\", "\\\\").replace("|", "\\|").replace("\r", "").replace("\n", "<br>")


def _cell(value: Any, terminal: bool) -> str:
    """What a model wrote may hold control characters: they are shown, never sent to a terminal."""
    text = _text(value)
    shown = "".join(c if c.isprintable() or (c == "\n" and not terminal) else _escaped(c) for c in text)
    return shown if not terminal or len(shown) <= WIDTH_ON_A_TERMINAL else shown[: WIDTH_ON_A_TERMINAL - 1] + "…"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
