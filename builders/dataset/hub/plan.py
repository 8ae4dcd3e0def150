"""What a push will do: which files the one commit adds and deletes, and which of them have to be uploaded.

In: a version, and what the repository holds now. Out: a `Plan`; nothing is asked or changed here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dualset.builders.dataset.hub.remote import RemoteFile, is_same
from dualset.builders.dataset.manifest import MANIFEST
from dualset.builders.dataset.version import Version
from dualset.builders.errors import HubError

__all__ = ["CARD", "HARMLESS", "Plan", "make_plan", "refuse_foreign"]

CARD = "README.md"
HARMLESS = {".gitattributes", ".gitignore", CARD, "LICENSE", "LICENSE.md", "LICENSE.txt"}
"""Files that a repository may have before its first version."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Paths in the repository; sizes in bytes.

    Attributes:
        add: Parquet files that the commit adds or changes.
        upload: those of them whose bytes the head does not have under any name.
        upload_bytes: how large these are together.
        unchanged: Parquet files that stay as they are.
        delete: files of the version before that are no part of this one.
        edited_card: the head, where its card was written by somebody and is replaced; that commit keeps it.
    """

    add: tuple[str, ...]
    upload: tuple[str, ...]
    upload_bytes: int
    unchanged: tuple[str, ...]
    delete: tuple[str, ...]
    edited_card: str | None = None


def make_plan(version: Version, there: Mapping[str, RemoteFile]) -> Plan:
    """Compare a version with the files at the head (empty: a new repository)."""
    entries = {entry["path"]: entry for entry in version.manifest["files"]["parquet"]}
    unchanged = {path for path, entry in entries.items() if is_same(there.get(path), version.path / path, entry)}
    known = {file.sha256 for file in there.values()}
    add = [path for path in entries if path not in unchanged]
    upload = [path for path in add if entries[path]["sha256"] not in known]
    return Plan(
        add=tuple(add),
        upload=tuple(upload),
        upload_bytes=sum(entries[path]["bytes"] for path in upload),
        unchanged=tuple(path for path in entries if path in unchanged),
        delete=tuple(sorted(path for path in there if path.startswith("data/") and path not in entries)),
    )


def refuse_foreign(repo: str, there: Mapping[str, RemoteFile], manifest: Mapping[str, Any] | None) -> None:
    """Do not bury somebody's other data under a version.

    Raises:
        HubError: the head holds files, and no manifest of ours.
    """
    ours = manifest is not None and {"revision", "content", "files"} <= manifest.keys()
    foreign = sorted(path for path in there if path not in HARMLESS)
    if foreign and not ours:
        seen = ", ".join(foreign[:3]) + (", …" if len(foreign) > 3 else "")
        what = f"has a {MANIFEST} that is not dualset's" if MANIFEST in there else f"has no {MANIFEST}"
        msg = f"{repo} holds something else ({seen}) and {what}: push to another name"
        raise HubError(msg)
