"""What commands print: JSON and tables on stdout, a progress bar on stderr where that is a terminal."""

import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import click

from dualset.builders.progress import Progress, silent

__all__ = ["bar", "print_json", "print_table", "remark", "show_remarks"]


def print_json(value: Any) -> None:
    """One JSON value on one line of stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, default=_plain))


def print_table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows with the same keys as aligned columns; nulls are a dash."""
    shown = [list(rows[0]), *(["-" if value is None else str(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for line in shown:
        click.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def remark(text: str) -> None:
    """A line for the person watching, on stderr."""
    click.echo(text, err=True)


def show_remarks() -> None:
    """Let the library's own log lines through to the person watching: what a tag names, why it waits."""
    if not sys.stderr.isatty():
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # read when huggingface_hub is imported
    log = logging.getLogger("dualset")
    if not log.handlers:
        log.addHandler(_Remarks())
        log.setLevel(logging.INFO)
        log.propagate = False  # the libraries that we use set up logging as they please


class _Remarks(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        remark(record.getMessage())


@contextmanager
def bar() -> Iterator[Progress]:
    """A progress callable that draws one bar a stage, with rate and time left; silent where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = [
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    ]
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def draw(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total or None, rate="")
            speed = bars.tasks[tasks[stage]].speed
            bars.update(tasks[stage], completed=done, total=total or None, rate=f"{speed:.0f}/s" if speed else "")

        yield draw


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)
