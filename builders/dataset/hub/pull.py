"""Getting a version: ``dualset pull hf://datasets/ORG/NAME@v1``, and every command that takes such a reference.

In: an address. Out: a snapshot in the store, with the Hub's commit noted beside it. What the Hub sends is believed in
nothing: names are checked before they are used, every file against the manifest, the rows against the digests, the
digests against the revision; only then is the folder renamed into its place. Left out: downloads (``cache.py``) and the
copy that is checked (``check.py``).
"""

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

from dualset.builders.dataset import history
from dualset.builders.dataset.hub.address import Address, is_sha, parse_address, parse_tag
from dualset.builders.dataset.hub.cache import locate
from dualset.builders.dataset.hub.check import checked_manifest, fill
from dualset.builders.dataset.hub.log import hub_pins, log_pin
from dualset.builders.dataset.hub.retry import Patience
from dualset.builders.dataset.install import install
from dualset.builders.dataset.manifest import MANIFEST
from dualset.builders.errors import VersionError

__all__ = ["Pulled", "pull"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pulled:
    """A version that is in the store now.

    Attributes:
        repo: ORG/NAME.
        sha: the commit that the address names.
        name: the dataset's name in the store.
        revision: the version's.
        path: the snapshot's folder.
        fetched: whether it came now; False: it was there.
    """

    repo: str
    sha: str
    name: str
    revision: str
    path: Path
    fetched: bool


def pull(
    ref: str, home: Path, *, name: str | None = None, tag: str | None = None, patience: Patience | None = None
) -> Pulled:
    """Get a version from the Hub, or find that it is there; its files are not read again in that case.

    Args:
        ref: ``hf://datasets/ORG/NAME``, with or without ``@TAG-or-sha``.
        home: the store.
        name: the dataset's name there; None: NAME.
        tag: a local name for the version.
        patience: how to wait for a busy Hub.

    Raises:
        UnknownVersion: the Hub has no such dataset, tag or commit.
        CorruptVersion: what it has is not what its manifest says.
        VersionError: the store has another dataset of that name, or another version of that tag.
        HubError: the Hub refuses or cannot be reached.
    """
    address = parse_address(ref)
    if name is not None:
        history.check_word(name, "the dataset's name")
    if tag is not None:
        parse_tag(tag)
    patience = patience or Patience()
    found = _kept(home, address.repo, address.which, name) if is_sha(address.which) else None
    if found is None:
        manifest = locate(address, patience)
        sha = manifest.parent.name
        if sha != address.which:
            log.info("%s is commit %s", address, sha)
        found = _kept(home, address.repo, sha, name) or _get(home, address, manifest, name, patience)
    folder = found.path.parent.parent
    with history.locked(folder):
        which = None if is_sha(address.which) or address.which == "main" else address.which
        log_pin(folder, repo=found.repo, sha=found.sha, revision=found.revision, tag=which, how="pull")
        if tag is not None:
            history.write_tag(folder, tag, found.revision)
    return found


def _kept(home: Path, repo: str, sha: str, name: str | None) -> Pulled | None:
    """The snapshot that was pulled from, or pushed as, a commit earlier."""
    folders = [home / name] if name else sorted(home.iterdir()) if home.is_dir() else []
    for folder in folders:
        for pin in hub_pins(folder):
            path = history.snapshot_path(folder, pin.revision)
            if (pin.repo, pin.sha) == (repo, sha) and (path / MANIFEST).exists():
                return _pulled(repo, sha, folder, pin.revision, fetched=False)
    return None


def _get(home: Path, address: Address, manifest_path: Path, name: str | None, patience: Patience) -> Pulled:
    """Take the version into the store, unless its revision is there already."""
    sha = manifest_path.parent.name
    manifest = checked_manifest(manifest_path, address)
    folder = home / _name(home, address, name, manifest["revision"])
    with history.locked(folder):
        fetched = not (history.snapshot_path(folder, manifest["revision"]) / MANIFEST).exists()
        if fetched:
            history.clean(folder)
            temporary = history.temporary_folder(folder)
            try:
                fill(temporary, address._replace(which=sha), manifest_path, manifest, patience)
                install(folder, temporary, manifest)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
    return _pulled(address.repo, sha, folder, manifest["revision"], fetched=fetched)


def _name(home: Path, address: Address, name: str | None, revision: str) -> str:
    """The name in the store: the one given, or the Hub's unless the store means another dataset by it."""
    if name is not None:
        return name
    name = address.repo.partition("/")[2]
    history.check_word(name, f"{address.repo} cannot keep its name here (give --name):")
    there = history.snapshots(home / name)
    pins = hub_pins(home / name)
    if there and revision not in there and address.repo not in {pin.repo for pin in pins}:
        msg = (
            f"the store has a dataset {name!r} of its own, not of {address.repo}: pull it under another name,  "
            f"dualset pull {address} --name OTHER"
        )
        raise VersionError(msg)
    return name


def _pulled(repo: str, sha: str, folder: Path, revision: str, *, fetched: bool) -> Pulled:
    path = history.snapshot_path(folder, revision)
    return Pulled(repo=repo, sha=sha, name=folder.name, revision=revision, path=path, fetched=fetched)
