"""Rows of a data file, each with the place it was read from, so that every complaint names file and line.

In: .jsonl, .json (both also .gz) or .parquet. Out: `Row`, a JSON object and its place, one at a time where the format
allows. It leaves out what the columns mean: that is the sources' business.
"""

import gzip
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path
from typing import Any

from dualset.builders.errors import SourceError, did_you_mean

__all__ = ["SUFFIXES", "Row", "read_rows"]

SUFFIXES = (".jsonl", ".jsonl.gz", ".json", ".json.gz", ".parquet")
"""The file formats read, told apart by name."""
_ROWS_AT_ONCE = 16  # a row of rStar-Coder holds some 15 MB of tests


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One JSON object and where it stands, such as ``HumanEval.jsonl.gz line 3``."""

    where: str
    data: dict[str, Any]

    def text(self, key: str) -> str:
        """The text under ``key``; it must be there."""
        value = self.maybe_text(key)
        if value is None:
            raise self.error(f"no {key!r}: {did_you_mean(key, self.data)}")
        return value

    def maybe_text(self, key: str) -> str | None:
        """The text under ``key``, or None where it is absent or null."""
        value = self.data.get(key)
        if value is not None and not isinstance(value, str):
            raise self.wrong_type(key, "text")
        if value is not None and not _storable(value):
            raise self.error(f"{key!r} holds half a character (a lone surrogate), which cannot be stored as UTF-8")
        return value

    def name(self, key: str) -> str:
        """A name under ``key``: text, or a whole number as some sources write it."""
        value = self.data.get(key)
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else self.text(key)

    def maybe_int(self, key: str, bits: int = 32) -> int | None:
        """The whole number under ``key``, which fits ``bits`` with its sign, or None where it is absent or null."""
        value = self.data.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
            raise self.wrong_type(key, f"a whole number of {bits} bits")
        return value

    def maybe_float(self, key: str) -> float | None:
        """The number under ``key``, or None where it is absent or null."""
        value = self.data.get(key)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= sys.float_info.max:
            raise self.wrong_type(key, "a finite number")
        return float(value)

    def maybe_time(self, key: str) -> datetime | None:
        """The time under ``key`` as naive UTC: ISO text, or a time as Parquet has it; None where absent or null."""
        value = self.data.get(key)
        if value is None:
            return None
        try:
            time = value if isinstance(value, datetime) else datetime.fromisoformat(self.text(key))
        except ValueError as error:
            raise self.error(f"{key!r} must be an ISO time such as 2026-11-20T12:00:00, not {value!r}") from error
        return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time

    def items(self, key: str) -> list[Any]:
        """The list under ``key``; it must be there."""
        value = self.data.get(key)
        if not isinstance(value, list):
            raise self.wrong_type(key, "a list")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of texts under ``key``; empty where it is absent or null."""
        if self.data.get(key) is None:
            return ()
        items = self.items(key)
        if not all(isinstance(item, str) for item in items):
            raise self.wrong_type(key, "a list of texts")
        if not all(map(_storable, items)):
            raise self.error(f"{key!r} holds half a character (a lone surrogate), which cannot be stored as UTF-8")
        return tuple(items)

    def json(self, key: str, parse_int: Callable[[str], Any] | None = None) -> Any:
        """The value of the JSON text under ``key``; ``parse_int`` reads whole numbers, ``int`` if None."""
        try:
            return json.loads(self.text(key), parse_int=parse_int)
        except (ValueError, RecursionError) as error:
            raise self.error(f"{key!r} is not JSON ({error})") from error

    def wrong_type(self, key: str, wanted: str) -> SourceError:
        """The complaint that ``key`` holds something else than it should."""
        if self.data.get(key) is None:
            return self.error(f"no {key!r}: {did_you_mean(key, self.data)}")
        return self.error(f"{key!r} must be {wanted}, not {_short(self.data[key])}")

    def error(self, what: str) -> SourceError:
        """A complaint about this row."""
        return SourceError(f"{self.where}: {what}")


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of one file, in order; `SourceError` names the file and line of what cannot be read."""
    name = path.name
    if not name.endswith(SUFFIXES):
        msg = f"{path}: cannot tell its format; files read: {', '.join(SUFFIXES)}"
        raise SourceError(msg)
    read = _parquet if name.endswith(".parquet") else _lines if ".jsonl" in name else _whole
    try:
        yield from read(path)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read ({error})"
        raise SourceError(msg) from error


def _open(path: Path) -> gzip.GzipFile | BufferedReader:
    return gzip.open(path, "rb") if path.name.endswith(".gz") else path.open("rb")


def _lines(path: Path) -> Iterator[Row]:
    with _open(path) as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield _row(f"{path.name} line {number}", _parsed(line, f"{path} line {number}"))


def _whole(path: Path) -> Iterator[Row]:
    with _open(path) as file:
        value = _parsed(file.read(), str(path))
    for number, item in enumerate(value if isinstance(value, list) else [value], start=1):
        yield _row(f"{path.name} item {number}", item)


def _parquet(path: Path) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE):
                for number, item in enumerate(batch.to_pylist(), start=number + 1):  # noqa: B020
                    yield _row(f"{path.name} row {number}", item)
    except pa.ArrowInvalid as error:
        msg = f"{path}: not a Parquet file ({error})"
        raise SourceError(msg) from error


def _parsed(text: bytes, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = f"{where}: not JSON ({error}): is the file cut short?"
        raise SourceError(msg) from error


def _row(where: str, value: Any) -> Row:
    if not isinstance(value, dict):
        msg = f"{where}: must be a JSON object, not {_short(value)}"
        raise SourceError(msg)
    return Row(where=where, data=value)


def _storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
