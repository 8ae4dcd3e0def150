"""Verification: a snapshot's bytes against its manifest, and its rows against its digests.

The first is quick and done at every opening: size, sha256 and number of rows of each file, none missing, none extra
under ``data/`` (a Parquet file that nobody listed would be read by every library that takes a glob), no symbolic link
(it could name a file of the reader's, which a push would then publish). The second decodes every row.
``README.md`` may be edited: it is for people and no part of the version.
"""

import hashlib
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dualset.builders.dataset.digest import recompute_digest
from dualset.builders.dataset.manifest import MANIFEST, FileEntry, Manifest, advice
from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.version import Version
from dualset.builders.dataset.words import Split
from dualset.builders.errors import CorruptVersion

__all__ = ["sha256_of", "verify_digests", "verify_files"]


def verify_files(folder: Path, manifest: Manifest) -> None:
    """Check every data file of a snapshot.

    Raises:
        CorruptVersion: the first file that is missing, extra or different.
    """
    for path in folder.rglob("*"):
        if path.is_symlink():
            msg = f"{path} is a symbolic link, and a version holds its own files: copy the folder with  cp -rL  first"
            raise CorruptVersion(msg)
    listed = {entry["path"]: entry for entry in manifest["files"]["parquet"]}
    present = {
        path.relative_to(folder).as_posix()
        for path in (folder / "data").rglob("*")
        if not path.is_dir() and not path.name.startswith(".")
    }
    _verify_counts(folder, manifest)
    for name in sorted(listed.keys() ^ present):
        what = "is missing" if name in listed else "is not in the manifest"
        _corrupt(folder, name, what)
    for name, entry in listed.items():
        _verify_file(folder, name, entry)


def _verify_counts(folder: Path, manifest: Manifest) -> None:
    """The files listed hold as many rows as the revision has, so that no file can go missing with its entry."""
    listed: Counter[tuple[str, str]] = Counter()
    for file in manifest["files"]["parquet"]:
        listed[file["table"], file["split"]] += file["rows"]
    for table, entry in manifest["content"]["tables"].items():
        for split in Split:
            wanted = entry["splits"].get(split, 0)
            if (seen := listed[table, split]) != wanted:
                _corrupt(folder, MANIFEST, f"lists {seen} rows of {table} in {split}, not {wanted}")


def verify_digests(version: Version) -> None:
    """Recompute each table's digest from its rows.

    Raises:
        CorruptVersion: the first table whose rows are not those of the revision.
    """
    for name, entry in version.manifest["content"]["tables"].items():
        digest = recompute_digest(TABLES[name], version.files(name))
        if digest != entry["digest"]:
            _corrupt(version.path, f"data/{name}", f"has rows of digest {digest[:12]}, not {entry['digest'][:12]}")


def sha256_of(path: Path) -> str:
    """A file's sha256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _verify_file(folder: Path, name: str, entry: FileEntry) -> None:
    path = folder / name
    if (size := path.stat().st_size) != entry["bytes"]:
        _corrupt(folder, name, f"is {size} bytes long, not {entry['bytes']}")
    if (digest := sha256_of(path)) != entry["sha256"]:
        _corrupt(folder, name, f"has the sha256 {digest[:12]}…, not {entry['sha256'][:12]}…")
    if (rows := _rows(folder, name)) != entry["rows"]:
        _corrupt(folder, name, f"has {rows} rows, not {entry['rows']}")


def _rows(folder: Path, name: str) -> int:
    try:
        rows: int = pq.read_metadata(folder / name).num_rows
    except pa.ArrowException as error:
        msg = f"{folder / name} is no Parquet file ({error}): {advice(folder)}"
        raise CorruptVersion(msg) from error
    return rows


def _corrupt(folder: Path, name: str, what: str) -> None:
    msg = f"{folder / name} {what}: {advice(folder)}"
    raise CorruptVersion(msg)
