"""``manifest.json``: what a version is, and how its bytes lie.

``content`` is what the version *is*; the revision is the sha256 of its canonical JSON and of nothing else. ``files`` is
how it happens to lie on disk: Parquet files with size and sha256, who wrote them, when and with what; transport is
verified against it. Tables that are ``measured`` differ from run to run and appear in ``files`` alone.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict, cast

from dualset.builders.dataset.ids import canonical_json, sha256_hex
from dualset.builders.dataset.manifest_shape import is_manifest
from dualset.builders.dataset.older import check_schema_version
from dualset.builders.dataset.schema import SCHEMA_VERSION
from dualset.builders.errors import CorruptVersion, VersionError

__all__ = [
    "MANIFEST",
    "Content",
    "FileEntry",
    "Files",
    "Manifest",
    "TableEntry",
    "VersionContent",
    "advice",
    "make_content",
    "read_manifest",
    "revision_of",
]

MANIFEST = "manifest.json"


class TableEntry(TypedDict):
    """One table's rows in all and by split, and its digest (``digest.py``)."""

    rows: int
    digest: str
    splits: dict[str, int]


class Content(TypedDict):
    """What a version is."""

    schema_version: int
    recipe: dict[str, Any]
    seeds: dict[str, int]
    pins: dict[str, Any]
    parents: list[str]
    counts: dict[str, int]
    tables: dict[str, TableEntry]


class FileEntry(TypedDict):
    """One Parquet file; ``path`` is relative to the snapshot."""

    path: str
    table: str
    split: str
    bytes: int
    rows: int
    sha256: str


class Files(TypedDict):
    """How a version lies on disk, and who wrote it: name, UTC time, libraries, kind of host (not its name)."""

    name: str
    created: str
    libraries: dict[str, str]
    host: dict[str, str]
    parquet: list[FileEntry]


class Manifest(TypedDict):
    """The whole file."""

    revision: str
    content: Content
    files: Files


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionContent:
    """What a builder says about a version; the tables' rows and digests are added when it is committed.

    Attributes:
        recipe: the settings that decided the data, as plain data without machine paths.
        seeds: what was drawn, and from which seed.
        pins: the exact problem source and model.
        parents: revisions that this one was made from.
        counts: numbers of groups, chunks and problems by kind.
    """

    recipe: Mapping[str, Any]
    seeds: Mapping[str, int] = field(default_factory=dict)
    pins: Mapping[str, Any] = field(default_factory=dict)
    parents: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


def make_content(said: VersionContent, tables: Mapping[str, TableEntry]) -> Content:
    """The manifest's content as it reads back from JSON.

    Raises:
        VersionError: something in it is not plain data.
    """
    whole = {
        "schema_version": SCHEMA_VERSION,
        "recipe": said.recipe,
        "seeds": said.seeds,
        "pins": said.pins,
        "parents": said.parents,
        "counts": said.counts,
        "tables": tables,
    }
    try:
        return cast(Content, json.loads(canonical_json(whole)))
    except (TypeError, ValueError) as error:
        msg = f"the version's content cannot be written as JSON: {error}"
        raise VersionError(msg) from error


def revision_of(content: Content) -> str:
    """The revision: 64 hex digits."""
    return sha256_hex(canonical_json(content))


def read_manifest(folder: Path) -> Manifest:
    """Read a snapshot's manifest and check that it is what its revision says.

    Raises:
        CorruptVersion: it is no manifest, or its content is not the one that the revision or the folder names.
        VersionError: it was written with a newer schema, or one too old to be read.
    """
    path = folder / MANIFEST
    manifest, revision = _parse(path)
    named = folder.name if re.fullmatch("[0-9a-f]{64}", folder.name) else manifest["revision"]
    if not revision == manifest["revision"] == named:
        msg = f"{path}: its content has the revision {revision[:12]}, not {named[:12]}: {advice(folder)}"
        raise CorruptVersion(msg)
    return manifest


def advice(folder: Path) -> str:
    """What to do about a damaged snapshot."""
    return f"the version is damaged; restore it from a copy, or delete {folder} and build it again"


def _parse(path: Path) -> tuple[Manifest, str]:
    """The manifest in the right shape, and its revision: no name or path in it leads out of the store or snapshot."""
    try:
        manifest = cast(Manifest, json.loads(path.read_text("utf-8")))
        check_schema_version(manifest["content"]["schema_version"], path)
        sound = is_manifest(manifest)
        revision = revision_of(manifest["content"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        msg = f"{path} is not a manifest ({type(error).__name__}: {error}): {advice(path.parent)}"
        raise CorruptVersion(msg) from error
    if not sound:
        msg = f"{path} is not a manifest of dualset: {advice(path.parent)}"
        raise CorruptVersion(msg)
    return manifest, revision
