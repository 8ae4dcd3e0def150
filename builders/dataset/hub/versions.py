"""The versions that a Hub dataset holds: its tags and the head of its main branch.

In: a repository. Out: one `HubVersion` for each commit that a tag or the head of main names and that has a manifest.
Left out: commits that nothing names.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dualset.builders.errors import VersionError

__all__ = ["HubVersion", "hub_versions"]


@dataclass(frozen=True, kw_only=True, slots=True)
class HubVersion:
    """A version on the Hub.

    Attributes:
        sha: the commit, 40 hex digits.
        revision: the version's revision, as the manifest at that commit says; 64 hex digits.
        tags: the Hub's tags that name the commit, sorted.
        parents: revisions that the version was made from.
        created: when the version was built: UTC, ISO 8601.
        head: whether it is what the main branch holds.
    """

    sha: str
    revision: str
    tags: tuple[str, ...]
    parents: tuple[str, ...]
    created: str
    head: bool


def hub_versions(repo: str) -> Sequence[HubVersion]:
    """The versions of a Hub dataset, the one built last first.

    Args:
        repo: ORG/NAME, or ``hf://datasets/ORG/NAME``.

    Raises:
        VersionError: the Hub has no such dataset, or cannot be reached; one line.
    """
    msg = f"{repo}: the versions on the Hub cannot be listed yet"
    raise VersionError(msg)
