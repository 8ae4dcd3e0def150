"""The version store: ``$DUALSET_HOME/NAME/{snapshots/REVISION, refs/TAG, log.jsonl}``.

In: rows of every table in key order. Out: an immutable, verified `Version`. Same data, same revision: the revision is
the hash of the manifest's content, and no clock, host, path or Parquet setting is part of that. A snapshot is written
to a temporary folder, synced and renamed; it is there whole or not at all.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dualset.builders.dataset import history
from dualset.builders.dataset.home import store_home
from dualset.builders.dataset.install import install
from dualset.builders.dataset.manifest import VersionContent, read_manifest
from dualset.builders.dataset.reference import find_snapshot, latest_first, names_in
from dualset.builders.dataset.snapshot import Tables, write_snapshot
from dualset.builders.dataset.verify import verify_files
from dualset.builders.dataset.version import Version
from dualset.builders.errors import UnknownVersion, VersionError, did_you_mean

__all__ = [
    "Version",
    "VersionContent",
    "VersionEntry",
    "add_tag",
    "commit_version",
    "list_versions",
    "names",
    "open_version",
    "store_home",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionEntry:
    """A version in the list of its dataset; ``created`` is UTC, ISO 8601; ``rows`` are those of each table."""

    revision: str
    tags: tuple[str, ...]
    parents: tuple[str, ...]
    created: str
    rows: Mapping[str, int]


def commit_version(
    name: str, tables: Tables, *, content: VersionContent, home: Path | None = None, tag: str | None = None
) -> Version:
    """Write a version, or find that it is already there.

    Args:
        name: the dataset's name.
        tables: rows of every table of the schema, in key order; problems carry their split, and the rows of the other
            tables take it from their problem.
        content: what else is part of the revision.
        home: the store; None: :func:`store_home`.
        tag: a name for the version.

    Raises:
        VersionError: a name, a table or a row is wrong, or the tag names another version.
    """
    history.check_word(name, "the dataset's name")
    folder = (home or store_home()).absolute() / name
    with history.locked(folder):
        history.clean(folder)
        temporary = history.temporary_folder(folder)
        try:
            manifest = write_snapshot(temporary, name, tables, content)
            install(folder, temporary, manifest)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        if tag is not None:
            history.write_tag(folder, tag, manifest["revision"])
    return open_version(f"{name}@{manifest['revision']}", home=home, verify=False)


def open_version(ref: str, *, home: Path | None = None, verify: bool = True) -> Version:
    """Find a version and check its bytes.

    Args:
        ref: NAME, NAME@TAG, NAME@REVISION (8 digits or more), a path to a snapshot, or hf://datasets/ORG/NAME with
            or without @TAG-or-sha, which is pulled first.
        home: the store; None: :func:`store_home`.
        verify: read every file and compare it with the manifest.

    Raises:
        UnknownVersion: the reference names none; the message says what there is.
        CorruptVersion: a file is not what the manifest says.
    """
    home = (home or store_home()).absolute()
    path = find_snapshot(ref, home)
    manifest = read_manifest(path)
    if verify:
        verify_files(path, manifest)
    revision, folder = manifest["revision"], path.parent.parent
    name = manifest["files"]["name"]
    tags: tuple[str, ...] = ()
    if path.parent.name == "snapshots":
        name = folder.name if folder.parent == home else name  # it may have been pulled under another
        tags = history.tags_by_revision(folder).get(revision, ())
    return Version(name=name, revision=revision, path=path, manifest=manifest, tags=tags)


def names(*, home: Path | None = None) -> list[str]:
    """The datasets that have a version, sorted."""
    return names_in((home or store_home()).absolute())


def list_versions(name: str, *, home: Path | None = None) -> list[VersionEntry]:
    """The versions of a dataset, the one committed last first.

    Raises:
        UnknownVersion: there is no such dataset; the message says which there are.
    """
    home = (home or store_home()).absolute()
    if name not in names_in(home):
        msg = f"no dataset {name!r} in {home}: {did_you_mean(name, names_in(home))}"
        raise UnknownVersion(msg)
    folder = home / name
    tags = history.tags_by_revision(folder)
    entries = []
    for revision in latest_first(folder):
        manifest = read_manifest(history.snapshot_path(folder, revision))
        entries.append(
            VersionEntry(
                revision=revision,
                tags=tags.get(revision, ()),
                parents=tuple(manifest["content"]["parents"]),
                created=manifest["files"]["created"],
                rows={table: entry["rows"] for table, entry in manifest["content"]["tables"].items()},
            )
        )
    return entries


def add_tag(ref: str, tag: str, *, home: Path | None = None) -> Version:
    """Name a version. A tag never moves; giving it again is allowed.

    Raises:
        VersionError: the tag names another version; the version is not in a store.
    """
    version = open_version(ref, home=home)
    folder = version.path.parent.parent
    if version.path.parent.name != "snapshots":
        msg = f"{version.path} is not in a store, so it has no tags: give NAME or NAME@REVISION"
        raise VersionError(msg)
    with history.locked(folder):
        history.write_tag(folder, tag, version.revision)
    return open_version(str(version.path), verify=False)
