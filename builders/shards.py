"""Resumable work: a shard of finished rows is a Parquet file named by the hash of its inputs.

In: a key (what the rows were made from) and rows. Out: the same rows, now or after any crash. A shard is written to a
temporary name, synced and renamed, so that it is there whole or not at all. One writer at a time (``at_work.py``).
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dualset.builders.at_work import TEMPORARY
from dualset.builders.dataset.faults import plain_faults
from dualset.builders.dataset.ids import content_id
from dualset.builders.errors import VersionError

__all__ = ["Shards"]


class Shards:
    """The finished shards of one kind of work in a folder."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.folder = folder
        self.schema = schema

    def path(self, key: Any) -> Path:
        """Where the shard made from ``key`` is or will be."""
        return self.folder / f"{content_id(key)}.parquet"

    def done(self, key: Any) -> bool:
        """Whether it is finished."""
        return self.path(key).exists()

    def read(self, key: Any) -> list[dict[str, Any]]:
        """The rows of a finished shard.

        Raises:
            VersionError: it is damaged.
        """
        return self.read_file(self.path(key))

    def read_file(self, path: Path, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """The rows of a finished shard by where it lies, as :meth:`read`; ``columns`` restricts them (None: all)."""
        try:
            with path.open("rb") as file:  # once: read_table(path) opens it twice, and it may be replaced in between
                whole = pq.ParquetFile(file, page_checksum_verification=True)
                rows: list[dict[str, Any]] = whole.read(columns=columns).to_pylist()
        except (OSError, pa.ArrowException) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            msg = f"{path} is damaged ({str(error).splitlines()[0]}): delete it and run the same command again"
            raise VersionError(msg) from error
        return rows

    def write(self, key: Any, rows: Iterable[Mapping[str, Any]]) -> None:
        """Finish a shard.

        Raises:
            VersionError: there is no room or no permission to write.
        """
        path = self.path(key)
        temporary = path.with_suffix(f".{os.getpid()}{TEMPORARY}")
        table = pa.Table.from_pylist(list(rows), schema=self.schema)
        try:
            with plain_faults(self.folder):
                self.folder.mkdir(parents=True, exist_ok=True)
                pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)
                with temporary.open("rb") as file:
                    os.fsync(file.fileno())
                temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
