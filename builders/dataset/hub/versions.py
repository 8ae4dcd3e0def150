"""The versions that a Hub dataset holds: its tags and the head of its main branch.

In: a repository. Out: one `HubVersion` for each commit that a tag or the head of main names and that has a manifest.
Left out: commits that nothing names.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dualset.builders.dataset.hub.address import parse_repo
from dualset.builders.dataset.hub.errors import no_dataset, one_line
from dualset.builders.dataset.hub.remote import Remote, State
from dualset.builders.dataset.hub.retry import Patience
from dualset.builders.errors import UnknownVersion

__all__ = ["HubVersion", "hub_versions"]

_REVISION = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class HubVersion:
    """A version on the Hub.

    Attributes:
        sha: the commit, 40 hex digits.
        revision: the version's revision, as the manifest at that commit says; 64 hex digits.
        tags: the Hub's tags that name the commit, sorted.
        parents: revisions that the version was made from.
        created: when the version was built: UTC, ISO 8601.
        rows: rows of each table, as the manifest says; those that it does not say are left out.
        head: whether it is what the main branch holds.
    """

    sha: str
    revision: str
    tags: tuple[str, ...]
    parents: tuple[str, ...]
    created: str
    rows: Mapping[str, int]
    head: bool


def hub_versions(repo: str, patience: Patience | None = None) -> Sequence[HubVersion]:
    """The versions of a Hub dataset, the one built last first.

    Args:
        repo: ORG/NAME, or ``hf://datasets/ORG/NAME``.
        patience: how to wait for a busy Hub.

    Raises:
        VersionError: the Hub has no such dataset, or cannot be reached; one line.
    """
    remote = Remote(parse_repo(repo), patience or Patience())
    state = remote.state()
    if state is None:
        raise UnknownVersion(no_dataset(remote.repo))
    shas = dict.fromkeys([state.head, *state.tags.values()])
    found = [version for sha in shas if (version := _version(remote, state, sha)) is not None]
    return sorted(found, key=lambda each: (each.created, each.head), reverse=True)


def _version(remote: Remote, state: State, sha: str) -> HubVersion | None:
    """The version at a commit; None: what is there is none, or says of itself what cannot be."""
    manifest = remote.manifest(sha)
    if manifest is None:
        return None
    content, files = manifest.get("content"), manifest.get("files")
    parents = content.get("parents") if isinstance(content, dict) else None
    created = files.get("created") if isinstance(files, dict) else None
    words = [manifest.get("revision"), *(parents if isinstance(parents, list) else [None])]
    if not all(isinstance(word, str) and _REVISION.fullmatch(word) for word in words) or not isinstance(created, str):
        return None
    return HubVersion(
        sha=sha,
        revision=words[0],
        tags=tuple(sorted(tag for tag, named in state.tags.items() if named == sha)),
        parents=tuple(words[1:]),
        created=one_line(created),
        rows=_rows(content),
        head=sha == state.head,
    )


def _rows(content: Any) -> dict[str, int]:
    """Of a manifest's content that nobody checked."""
    tables = content.get("tables") if isinstance(content, dict) else None
    rows: dict[str, int] = {}
    for name, entry in tables.items() if isinstance(tables, dict) else ():
        if isinstance(entry, dict) and type(n := entry.get("rows")) is int:
            rows[name] = n
    return rows
