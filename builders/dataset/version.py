"""`Version`: one immutable snapshot on disk, and its rows.

In: a snapshot's folder and manifest. Out: files for the libraries that read Parquet, rows in key order for the rest.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dualset.builders.dataset.digest import merged_rows
from dualset.builders.dataset.manifest import Manifest
from dualset.builders.dataset.older import filled_rows
from dualset.builders.dataset.schema import SCHEMA_VERSION, TABLES
from dualset.builders.dataset.words import Split
from dualset.builders.errors import VersionError, did_you_mean

__all__ = ["Version"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """A snapshot that was found and read.

    Attributes:
        name: the dataset's name, as it was committed.
        revision: 64 hex digits.
        path: the snapshot's folder.
        manifest: the content of ``manifest.json``.
        tags: the names given to it in this store.
    """

    name: str
    revision: str
    path: Path
    manifest: Manifest
    tags: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that it has: an optional one without rows is not there."""
        there = {file["table"] for file in self.manifest["files"]["parquet"]}
        return tuple(name for name, table in TABLES.items() if name in there or not table.optional)

    @property
    def consensus(self) -> str | None:
        """What decides its labels, where that is a consensus: such as ``consensus:b4(4,3)``; None: execution."""
        labels = self.manifest["content"]["recipe"].get("labels")
        source = labels.get("source") if isinstance(labels, dict) else None
        return source if isinstance(source, str) and source.startswith("consensus:") else None

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows of each table, then the builder's own counts."""
        rows = dict.fromkeys(self.tables, 0)
        for file in self.manifest["files"]["parquet"]:
            rows[file["table"]] += file["rows"]
        return rows | self.manifest["content"]["counts"]

    @property
    def splits(self) -> Mapping[str, Mapping[str, int]]:
        """table -> split -> rows; a split without a file is not named."""
        rows: dict[str, dict[str, int]] = {table: {} for table in TABLES}
        for file in self.manifest["files"]["parquet"]:
            splits = rows[file["table"]]
            splits[file["split"]] = splits.get(file["split"], 0) + file["rows"]
        return rows

    def files(self, table: str, split: str | None = None) -> tuple[Path, ...]:
        """The Parquet files of a table, of one split or of all: empty where the split has no rows.

        Raises:
            VersionError: there is no such table or split.
        """
        if table not in TABLES:
            msg = f"no table {table!r}: {did_you_mean(table, TABLES)}"
            raise VersionError(msg)
        if split is not None and split not in set(Split):
            msg = f"no split {split!r}: {did_you_mean(split, [each.value for each in Split])}"
            raise VersionError(msg)
        return tuple(
            self.path / file["path"]
            for file in self.manifest["files"]["parquet"]
            if file["table"] == table and split in (None, file["split"])
        )

    def rows(
        self, table: str, split: str | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[dict[str, Any]]:
        """The rows in key order, streamed; ``columns`` restricts them. A column that an older version lacks is null.

        Raises:
            VersionError: there is no such table, split or column.
        """
        files = self.files(table, split)
        known = [column.name for column in TABLES[table].columns]
        for name in columns or ():
            if name not in known:
                msg = f"{table} has no column {name!r}: {did_you_mean(name, known)}"
                raise VersionError(msg)
        if not files:
            return iter(())
        if self.manifest["content"]["schema_version"] == SCHEMA_VERSION:
            return merged_rows(TABLES[table], files, columns)
        return filled_rows(TABLES[table], merged_rows(TABLES[table], files), columns)
