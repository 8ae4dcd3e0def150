"""Writing a table: rows in key order become Parquet files by split, and a digest, without ever holding the table.

In: rows as plain dicts. Out: ``data/TABLE/SPLIT-00000-of-0000N.parquet`` and what the manifest says about them. A row
that is out of order, repeated, of an unknown problem or with other columns than the schema's is refused.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from dualset.builders.dataset.digest import RowDigest
from dualset.builders.dataset.manifest import TableEntry
from dualset.builders.dataset.schema import Table
from dualset.builders.dataset.words import Split
from dualset.builders.errors import VersionError

__all__ = ["Written", "write_table"]

ROWS_A_BATCH = 64
"""Rows turned into Arrow at a time: few, because a problem's tests can be tens of megabytes."""
BYTES_A_ROW_GROUP = 64 << 20
"""Before compression; the Hub's viewer reads row groups of up to 100 MB."""
ROWS_A_ROW_GROUP = 100_000
BYTES_A_FILE = 256 << 20


class Written(NamedTuple):
    """What was written: the manifest's entry and the files by split, none for an optional table without rows."""

    entry: TableEntry
    files: dict[str, list[Path]]


def write_table(table: Table, rows: Iterable[Mapping[str, Any]], folder: Path, splits: dict[str, str]) -> Written:
    """Write one table under ``folder``.

    Args:
        table: its schema and key.
        rows: in key order.
        folder: made if absent.
        splits: problem_id -> split; filled by the problems table, read by the others.

    Raises:
        VersionError: a row cannot be in this table.
    """
    folder.mkdir(parents=True)
    digest = RowDigest()
    shards = {split.value: _Shards(folder, split.value, table.schema) for split in Split}
    counts: Counter[str] = Counter()
    for batch in _batches(table, rows):
        plain = batch.to_pylist()
        _digest(table, digest, plain)
        places = [_split(table, row, splits) for row in plain]
        counts.update(places)
        for split in sorted(set(places)):
            shards[split].add(batch.take(pa.array([i for i, place in enumerate(places) if place == split])))
    if not counts and not table.optional:  # one empty file keeps the table readable by every library
        shards[Split.TRAIN].start()
    files = {split: paths for split, shard in shards.items() if (paths := shard.close())}
    if not files:
        folder.rmdir()
    by_split = {split.value: counts[split] for split in Split if counts[split]}
    return Written(TableEntry(rows=counts.total(), digest=digest.hexdigest(), splits=by_split), files)


def _batches(table: Table, rows: Iterable[Mapping[str, Any]]) -> Iterator[pa.RecordBatch]:
    """Checked rows as Arrow, a few at a time."""
    schema, names = table.schema, {column.name for column in table.columns}
    last: tuple[Any, ...] | None = None
    pending: list[Mapping[str, Any]] = []
    for row in rows:
        if row.keys() != names:
            different = ", ".join(sorted(row.keys() ^ names))
            msg = f"a row of {table.name} has other columns than the schema: {different} are missing or unknown"
            raise VersionError(msg)
        key = tuple(row[name] for name in table.key)
        if last is not None and key <= last:
            how = "repeats the key" if key == last else "is out of order after"
            msg = (
                f"{table.name}: the row {key} {how} {last}: rows are given once each, sorted by {', '.join(table.key)}"
            )
            raise VersionError(msg)
        last = key
        pending.append(row)
        if len(pending) == ROWS_A_BATCH:
            yield _to_arrow(table, schema, pending)
            pending = []
    if pending:
        yield _to_arrow(table, schema, pending)


def _to_arrow(table: Table, schema: pa.Schema, rows: list[Mapping[str, Any]]) -> pa.RecordBatch:
    try:
        return pa.RecordBatch.from_pylist(rows, schema=schema)
    except (pa.ArrowException, UnicodeError, OverflowError, TypeError, ValueError) as error:
        if len(rows) > 1:  # name the row that is wrong
            for row in rows:
                _to_arrow(table, schema, [row])
        msg = f"{table.name}: the row {tuple(rows[0][name] for name in table.key)} does not fit the schema: {error}"
        raise VersionError(msg) from error


def _digest(table: Table, digest: RowDigest, rows: list[dict[str, Any]]) -> None:
    try:
        digest.update(rows)
    except ValueError as error:
        keys = f"{rows[0][table.key[-1]]} to {rows[-1][table.key[-1]]}"
        msg = f"{table.name}: a number among the rows {keys} is NaN or infinite: unknown is null"
        raise VersionError(msg) from error


def _split(table: Table, row: Mapping[str, Any], splits: dict[str, str]) -> str:
    """The split of the row's problem."""
    problem_id = row["problem_id"]
    if table.name == "problems":
        if row["split"] not in set(Split):
            msg = f"problem {problem_id!r} has the split {row['split']!r}: expected one of {', '.join(Split)}"
            raise VersionError(msg)
        splits[problem_id] = row["split"]
    elif problem_id not in splits:
        msg = f"{table.name}: the row {row[table.key[-1]]!r} is of problem {problem_id!r}, which is not in problems"
        raise VersionError(msg)
    return splits[problem_id]


def _cut(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The batch in parts that fit a row group; a single row is never cut."""
    if batch.num_rows <= 1 or batch.nbytes <= BYTES_A_ROW_GROUP:
        yield batch
        return
    half = batch.num_rows // 2
    yield from _cut(batch.slice(0, half))
    yield from _cut(batch.slice(half))


class _Shards:
    """The Parquet files of one split: row groups of bounded size in files of bounded size."""

    def __init__(self, folder: Path, split: str, schema: pa.Schema) -> None:
        self._folder, self._split, self._schema = folder, split, schema
        self._paths: list[Path] = []
        self._sink: Any = None
        self._writer: Any = None
        self._pending: list[pa.RecordBatch] = []
        self._bytes = self._rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        for part in _cut(batch):
            if self._bytes + part.nbytes > BYTES_A_ROW_GROUP:
                self._flush()
            self._pending.append(part)
            self._bytes += part.nbytes
            self._rows += part.num_rows
            if self._rows >= ROWS_A_ROW_GROUP:
                self._flush()

    def start(self) -> None:
        """Open the next file."""
        self._finish()
        path = self._folder / f"{self._split}-{len(self._paths):05d}"
        self._paths.append(path)
        self._sink = pa.OSFile(str(path), "wb")
        self._writer = pq.ParquetWriter(self._sink, self._schema, compression="zstd", write_page_index=True)

    def close(self) -> list[Path]:
        """Finish, and name the files by how many there are."""
        self._flush()
        self._finish()
        named = [path.with_name(f"{path.name}-of-{len(self._paths):05d}.parquet") for path in self._paths]
        for path, name in zip(self._paths, named, strict=True):
            path.rename(name)
        return named

    def _flush(self) -> None:
        if not self._pending:
            return
        if self._writer is None or self._sink.tell() + self._bytes > BYTES_A_FILE:
            self.start()
        self._writer.write_table(pa.Table.from_batches(self._pending), row_group_size=self._rows)
        self._pending = []
        self._bytes = self._rows = 0

    def _finish(self) -> None:
        if self._writer is None:
            return
        self._writer.close()
        self._sink.close()
        self._writer = self._sink = None
        with self._paths[-1].open("rb") as file:
            os.fsync(file.fileno())
