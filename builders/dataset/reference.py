"""References: from what a person writes to a snapshot's folder.

``NAME`` (the latest commit), ``NAME@TAG``, ``NAME@REVISION`` (8 or more hex digits that fit one revision), or a path to
a snapshot; or ``hf://datasets/ORG/NAME@TAG-or-sha``, which is pulled. What does not exist is answered with what does.
Left out: checking the bytes (``verify.py``).
"""

import os
import re
from pathlib import Path

from dualset.builders.dataset.history import read_log, snapshot_path, snapshots, tags_by_revision
from dualset.builders.dataset.manifest import MANIFEST
from dualset.builders.errors import UnknownVersion, did_you_mean

__all__ = ["find_snapshot", "latest_first", "names_in"]


def find_snapshot(ref: str, home: Path) -> Path:
    """The snapshot that a reference names.

    Raises:
        UnknownVersion: it names none; the message says what there is.
    """
    if ref.startswith("hf://"):
        return _from_hub(ref, home)
    if "/" in ref or ref.startswith((".", "~")):
        return _at_path(Path(os.path.expanduser(ref)))
    name, _, which = ref.partition("@")
    if name not in names_in(home):
        if (Path(ref) / MANIFEST).exists():
            return Path(ref).absolute()
        msg = f"no dataset {name!r} in {home}: {did_you_mean(name, names_in(home))}"
        raise UnknownVersion(msg)
    folder = home / name
    if "@" not in ref:
        return snapshot_path(folder, latest_first(folder)[0])
    return snapshot_path(folder, _revision(folder, which))


def names_in(home: Path) -> list[str]:
    """The datasets that have a version."""
    return sorted(p.name for p in home.iterdir() if snapshots(p)) if home.is_dir() else []


def latest_first(folder: Path) -> list[str]:
    """The revisions of a dataset, the one committed last first. One that is there unlogged (a crash) comes last."""
    logged = dict.fromkeys(entry.revision for entry in reversed(read_log(folder)))
    there = snapshots(folder)
    return [r for r in logged if r in there] + [r for r in there if r not in logged]


def _revision(folder: Path, which: str) -> str:
    """The revision that a tag or the first digits of a revision name."""
    tagged = {tag: revision for revision, tags in tags_by_revision(folder).items() for tag in tags}
    there = latest_first(folder)
    if which in tagged:
        if tagged[which] in there:
            return tagged[which]
        msg = f"the tag {folder.name}@{which} names {tagged[which][:12]}, whose snapshot is gone: build it again"
        raise UnknownVersion(msg)
    fitting = [r for r in there if re.fullmatch("[0-9a-f]{8,64}", which) and r.startswith(which)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        msg = f"{which!r} fits {len(fitting)} revisions of {folder.name}: {', '.join(r[:16] for r in fitting)}"
        raise UnknownVersion(msg)
    shown = ", ".join(r[:12] for r in there[:5]) + (", …" if len(there) > 5 else "")
    msg = f"{folder.name} has no tag or revision {which!r}: {did_you_mean(which, tagged)}; revisions: {shown}"
    raise UnknownVersion(msg)


def _at_path(path: Path) -> Path:
    if not (path / MANIFEST).exists():
        what = "has no manifest.json: expected a folder under NAME/snapshots/" if path.exists() else "does not exist"
        msg = f"{path} {what}"
        raise UnknownVersion(msg)
    return path.absolute()


def _from_hub(ref: str, home: Path) -> Path:
    from dualset.builders.dataset.hub.pull import pull  # huggingface_hub is for those who ask for it

    return pull(ref, home).path
