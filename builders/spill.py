"""Rows that are not held in memory: added in any order, read back in key order, as often as they are asked for.

In: rows as plain data. Out: the same rows, sorted by their key. They lie as JSON in an SQLite file, which sorts them by
an index of the keys alone, so that neither their number nor their length costs memory. Where the file lies and when it
goes away is the caller's.
"""

import errno
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from dualset.builders.dataset.faults import plain_faults

__all__ = ["Spill"]

_SETTINGS = ("journal_mode = off", "synchronous = off", "locking_mode = exclusive", "page_size = 16384")
_ROWS_A_FETCH = 64
_FAULTS = dict.fromkeys((sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC), errno.ENOSPC)
_FAULTS |= dict.fromkeys((sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY), errno.EACCES)


class Spill:
    """A file of rows: first all are added, then they are read. To be closed, or used in a ``with``.

    Args:
        path: of a file that is not there yet.
        key: the columns that order the rows, by code points and size.

    Raises:
        VersionError: there is no room or no permission to write.
    """

    def __init__(self, path: Path, key: tuple[str, ...]) -> None:
        self._path, self._key = path, key
        self._columns = ", ".join(f'"{name}"' for name in key)
        self._indexed = False
        with self._plain_faults():
            self._database = sqlite3.connect(path)
            for setting in _SETTINGS:
                self._database.execute(f"pragma {setting}").fetchall()
            self._database.execute(f"create table spilled ({self._columns}, data text)")

    def __enter__(self) -> "Spill":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows of JSON's types.

        Raises:
            VersionError: there is no room.
        """
        marks = ", ".join("?" * (len(self._key) + 1))
        values = ((*(row[name] for name in self._key), json.dumps(row)) for row in rows)
        with self._plain_faults():
            self._database.executemany(f"insert into spilled values ({marks})", values)

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows in key order."""
        return (json.loads(data) for (data,) in self._read("data"))

    def sorted_keys(self) -> Iterator[tuple[Any, ...]]:
        """The keys in order, without reading the rows."""
        return self._read(self._columns)

    def close(self) -> None:
        """Let go of the file; what is in it need not be whole."""
        self._database.close()

    def _read(self, what: str) -> Iterator[tuple[Any, ...]]:
        with self._plain_faults():
            if not self._indexed:
                self._database.commit()
                self._database.execute(f"create index by_key on spilled ({self._columns})")
                self._indexed = True
            found = self._database.execute(f"select {what} from spilled order by {self._columns}")
            while rows := found.fetchmany(_ROWS_A_FETCH):
                yield from rows

    @contextmanager
    def _plain_faults(self) -> Iterator[None]:
        """What SQLite says of the disk, as the operating system would."""
        with plain_faults(self._path.parent):
            try:
                yield
            except sqlite3.OperationalError as error:
                if (fault := _FAULTS.get(error.sqlite_errorcode)) is None:
                    raise
                raise OSError(fault, str(error), str(self._path)) from error
