"""A table's digest: sha256 over its rows as canonical JSON lines in key order, and the way back from Parquet.

In: rows as Arrow gives them back (``to_pylist``). Out: 64 hex digits that do not move with the Parquet writer,
compression, row groups, number of files or splits. Each row is one line of ``canonical_json``: keys sorted at every
depth, no spaces, non-ASCII escaped, ``null`` for null, an absent list apart from an empty one; integers in decimal;
doubles in the shortest form that reads back as the same double (``1.0``, ``1e-07``); NaN and infinities are refused;
times as ``isoformat`` of naive UTC (``2024-05-01T00:00:00``). Each line ends with a line feed. ``docs/versions.md`` has
the same recipe in ten lines without this package.
"""

import hashlib
import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from dualset.builders.dataset.ids import canonical_json
from dualset.builders.dataset.schema import Table

__all__ = ["RowDigest", "merged_rows", "recompute_digest"]

ROWS_A_READ = 64
"""Rows decoded at a time: a problem's tests can be tens of megabytes."""


class RowDigest:
    """Takes rows in key order; ``hexdigest`` at any time."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def update(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows.

        Raises:
            ValueError: a value is NaN or infinite.
        """
        for row in rows:
            self._hash.update(canonical_json(row))
            self._hash.update(b"\n")

    def hexdigest(self) -> str:
        """The digest of the rows so far."""
        return self._hash.hexdigest()


def recompute_digest(table: Table, paths: Iterable[Path]) -> str:
    """The digest of a table from all of its Parquet files, of whatever splits."""
    digest = RowDigest()
    digest.update(merged_rows(table, paths))
    return digest.hexdigest()


def merged_rows(table: Table, paths: Iterable[Path], columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of some of a table's files in key order, streamed; ``columns`` restricts them (None: all)."""
    splits: dict[str, list[Path]] = {}
    for path in sorted(paths):
        splits.setdefault(path.name.partition("-")[0], []).append(path)
    if len(splits) == 1:
        return _rows(next(iter(splits.values())), columns)
    read = None if columns is None else [*columns, *(k for k in table.key if k not in columns)]
    merged = heapq.merge(
        *(_rows(files, read) for files in splits.values()), key=lambda row: [row[k] for k in table.key]
    )
    return merged if columns is None else ({name: row[name] for name in columns} for row in merged)


def _rows(paths: Iterable[Path], columns: Sequence[str] | None) -> Iterator[dict[str, Any]]:
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=ROWS_A_READ, columns=columns):
                yield from batch.to_pylist()
