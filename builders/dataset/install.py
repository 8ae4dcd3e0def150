"""How a finished snapshot comes into the store, built here or pulled: renamed into its place, and noted in the log.

In: a temporary folder that holds a whole snapshot, synced. Out: ``snapshots/REVISION`` and a line in ``log.jsonl``.
Only under the dataset's lock.
"""

from pathlib import Path

from dualset.builders.dataset import history
from dualset.builders.dataset.manifest import MANIFEST, Manifest, read_manifest
from dualset.builders.dataset.snapshot import utc_now
from dualset.builders.dataset.verify import verify_files

__all__ = ["install"]


def install(folder: Path, temporary: Path, manifest: Manifest) -> Path:
    """Make a finished folder the snapshot of its revision, and the dataset's latest version."""
    target = history.snapshot_path(folder, manifest["revision"])
    _move_in(temporary, target)
    _log(folder, manifest)
    return target


def _move_in(temporary: Path, target: Path) -> None:
    """Rename the finished folder into its place; where it is already there, check that one and keep it."""
    if (target / MANIFEST).exists():
        verify_files(target, read_manifest(target))
        return
    target.parent.mkdir(exist_ok=True)
    temporary.rename(target)
    history.sync_folder(target.parent)


def _log(folder: Path, manifest: Manifest) -> None:
    """Note the commit, unless it is the latest one already."""
    log = history.read_log(folder)
    if not log or log[-1].revision != manifest["revision"]:
        parents = tuple(manifest["content"]["parents"])
        entry = history.LogEntry(revision=manifest["revision"], parents=parents, created=utc_now())
        history.append_log(folder, entry)
