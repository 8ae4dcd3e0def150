"""Writing a whole snapshot into a folder of its own: tables, manifest, card.

In: rows of every table. Out: the folder as it will lie in the store, synced to disk, and its manifest. Left out: where
it goes (``store.py``).
"""

import json
import os
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

import dualset
from dualset.builders.dataset.card import card
from dualset.builders.dataset.history import sync_folder
from dualset.builders.dataset.manifest import (
    MANIFEST,
    FileEntry,
    Files,
    Manifest,
    TableEntry,
    VersionContent,
    make_content,
    revision_of,
)
from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.verify import sha256_of
from dualset.builders.dataset.write import write_table
from dualset.builders.errors import VersionError

__all__ = ["Tables", "utc_now", "write_snapshot"]

Tables = Mapping[str, Iterable[Mapping[str, Any]]]
"""table -> its rows in key order."""

_LIBRARIES = ("pyarrow", "torch", "transformers")


def utc_now() -> str:
    """Now, to the second: ``2026-11-03T12:00:00Z``."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def write_snapshot(folder: Path, name: str, tables: Tables, said: VersionContent) -> Manifest:
    """Write all tables, the manifest and the card into a new folder.

    Raises:
        VersionError: a table is missing or unknown, or a row cannot be in its table.
    """
    needed = {table.name for table in TABLES.values() if not table.optional}
    if wrong := (needed - tables.keys()) | (tables.keys() - TABLES.keys()):
        msg = f"a version has the tables {', '.join(TABLES)}: {', '.join(sorted(wrong))} missing or unknown"
        raise VersionError(msg)
    splits: dict[str, str] = {}
    entries: dict[str, TableEntry] = {}
    files: list[FileEntry] = []
    for table in TABLES.values():
        written = write_table(table, tables.get(table.name, ()), folder / "data" / table.name, splits)
        if not table.measured and (written.files or not table.optional):
            entries[table.name] = written.entry
        for split, paths in written.files.items():
            files += (_file_entry(folder, path, table.name, split) for path in paths)
    content = make_content(said, entries)
    manifest = Manifest(revision=revision_of(content), content=content, files=_files(name, files))
    _write(folder / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    _write(folder / "README.md", card(folder, manifest))
    for each in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        sync_folder(each)
    return manifest


def _file_entry(folder: Path, path: Path, table: str, split: str) -> FileEntry:
    return FileEntry(
        path=path.relative_to(folder).as_posix(),
        table=table,
        split=split,
        bytes=path.stat().st_size,
        rows=pq.read_metadata(path).num_rows,
        sha256=sha256_of(path),
    )


def _files(name: str, parquet: list[FileEntry]) -> Files:
    return Files(
        name=name,
        created=utc_now(),
        libraries={"dualset": dualset.__version__, "python": platform.python_version()} | _installed(),
        host={"system": platform.system(), "machine": platform.machine()},
        parquet=parquet,
    )


def _installed() -> dict[str, str]:
    found = {}
    for library in _LIBRARIES:
        try:
            found[library] = library_version(library)
        except PackageNotFoundError:
            continue
    return found


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
