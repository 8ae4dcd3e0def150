"""A pulled version, copied and checked: what the Hub sent is held against the manifest, and that against itself.

In: files in the Hugging Face cache. Out: a folder of plain files that is a whole snapshot. The card is not taken but
made, as on the Hub by who pushed it: ``datasets`` would read from it where tables lie, and anybody can edit it there.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import pyarrow as pa

from dualset.builders.dataset.card import card
from dualset.builders.dataset.history import sync_folder
from dualset.builders.dataset.hub.address import Address
from dualset.builders.dataset.hub.cache import fetch, fetch_again, offline
from dualset.builders.dataset.hub.errors import one_line
from dualset.builders.dataset.hub.plan import CARD
from dualset.builders.dataset.hub.remote import Remote, RemoteFile
from dualset.builders.dataset.hub.retry import Patience
from dualset.builders.dataset.manifest import MANIFEST, FileEntry, Manifest, advice, read_manifest
from dualset.builders.dataset.verify import verify_digests, verify_files
from dualset.builders.dataset.version import Version
from dualset.builders.errors import CorruptVersion

__all__ = ["checked_manifest", "fill"]

LARGEST_MANIFEST = 64 << 20
"""Bytes: a manifest has some hundred for each Parquet file."""
_CHUNK = 1 << 20


def checked_manifest(path: Path, address: Address) -> Manifest:
    """The manifest in the cache, if it is one and its content is what its revision says.

    Raises:
        CorruptVersion: it is not.
    """
    if (size := path.stat().st_size) > LARGEST_MANIFEST:
        _refuse(address, f"its {MANIFEST} has {size} bytes: expected at most {LARGEST_MANIFEST}")
    with _told(address, path.parent):
        return read_manifest(path.parent)


def fill(folder: Path, address: Address, manifest_path: Path, manifest: Manifest, patience: Patience) -> None:
    """Fetch a version's files, and copy them into a new folder as they are checked.

    Args:
        folder: made; the caller removes it when this fails.
        address: with the commit's sha.
        manifest_path: in the cache.
        manifest: what it says.
        patience: how to wait for a busy Hub.

    Raises:
        CorruptVersion: a file, a row or a name is not what the manifest says.
        HubError: files are missing, or the Hub cannot be reached.
    """
    entries = {entry["path"]: entry for entry in manifest["files"]["parquet"]}
    if not offline():
        _check_names(address, Remote(address.repo, patience).files(address.which), entries)
    source = fetch(address, address.which, list(entries), manifest_path, patience)
    for path, entry in entries.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        if not _copied(source / path, folder / path, entry) and not offline():
            again = fetch_again(address.repo, address.which, path, patience)
            if _copied(again, folder / path, entry):
                continue
        if not (folder / path).exists():
            cached = "the Hugging Face cache has it damaged: unset HF_HUB_OFFLINE to fetch it anew"
            what = cached if offline() else "it was downloaded twice"
            _refuse(address, f"{path} is not the file that the manifest names ({what})")
    shutil.copyfile(manifest_path, folder / MANIFEST)
    with _told(address, folder):
        read_manifest(folder)
        verify_files(folder, manifest)
        _verify_rows(folder, manifest)
    (folder / CARD).write_text(card(folder, manifest, repo_id=address.repo), encoding="utf-8")
    _sync(folder)


def _check_names(address: Address, there: dict[str, RemoteFile], entries: dict[str, FileEntry]) -> None:
    """What the repository lists, before any of it is fetched."""
    for path in there:
        if path.startswith("/") or "\\" in path or ".." in PurePosixPath(path).parts:
            _refuse(address, f"it has a file named {one_line(path)!r}, which leads out of it")
        if (path.startswith("data/") or path.endswith(".parquet")) and path not in entries:
            _refuse(address, f"{one_line(path)} is not in its manifest, and whoever loads it would read that")
    for path, entry in entries.items():
        file = there.get(path)
        if file is None:
            _refuse(address, f"{path} is in its manifest and not in the commit")
        elif file.size != entry["bytes"] or file.sha256 not in (None, entry["sha256"]):
            _refuse(address, f"{path} has {file.size} bytes and another sha256 than its manifest says")


def _copied(source: Path, target: Path, entry: FileEntry) -> bool:
    """Copy a file if it is the one that the manifest names: its bytes, never a link."""
    digest, left = hashlib.sha256(), entry["bytes"]
    with source.open("rb") as read, target.open("wb") as write:
        while left and (chunk := read.read(min(_CHUNK, left))):
            digest.update(chunk)
            write.write(chunk)
            left -= len(chunk)
        same = not left and not read.read(1) and digest.hexdigest() == entry["sha256"]
        write.flush()
        os.fsync(write.fileno())
    if not same:
        target.unlink()
    return same


def _verify_rows(folder: Path, manifest: Manifest) -> None:
    """Recompute the digests; a file that is what a lying manifest says can still be no table."""
    name, revision = manifest["files"]["name"], manifest["revision"]
    try:
        verify_digests(Version(name=name, revision=revision, path=folder, manifest=manifest))
    except (pa.ArrowException, KeyError, TypeError, ValueError) as error:
        msg = f"its rows cannot be read ({one_line(error)})"
        raise CorruptVersion(msg) from error


@contextmanager
def _told(address: Address, folder: Path) -> Iterator[None]:
    """What is wrong with a pulled folder is the publisher's fault, and the folder is gone when it is read about."""
    try:
        yield
    except CorruptVersion as error:
        _refuse(address, str(error).removesuffix(f": {advice(folder)}").replace(f"{folder}/", ""), error)


def _refuse(address: Address, what: str, error: Exception | None = None) -> None:
    msg = f"{address} is damaged or not what it says: {what}; nothing was kept: ask its owner, or pull another commit"
    raise CorruptVersion(msg) from error


def _sync(folder: Path) -> None:
    for path in (folder / MANIFEST, folder / CARD):
        with path.open("rb") as file:
            os.fsync(file.fileno())
    for each in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        sync_folder(each)
