"""Publishing a version: one commit with everything in it, then a tag. ``dualset push REF ORG/NAME --tag v1``.

In: a version and a repository. Out: `Pushed`, with the commit that holds the version. A push can be repeated at any
time: what is uploaded is not uploaded again, what is committed is not committed again, a tag that is missing is made.
A tag is never moved. Left out: the commit itself (``commit.py``).
"""

import logging
from dataclasses import dataclass
from pathlib import Path

from dualset.builders.dataset.history import locked
from dualset.builders.dataset.hub.address import Address, parse_repo, parse_tag
from dualset.builders.dataset.hub.commit import commit, plan_commit
from dualset.builders.dataset.hub.errors import one_line
from dualset.builders.dataset.hub.log import hub_pins, log_pin
from dualset.builders.dataset.hub.plan import Plan
from dualset.builders.dataset.hub.remote import Remote, State, refuse_public
from dualset.builders.dataset.hub.retry import Patience
from dualset.builders.dataset.store import open_version, store_home
from dualset.builders.dataset.version import Version
from dualset.builders.errors import HubError, UnknownVersion

__all__ = ["Pushed", "push"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pushed:
    """What a push did, or would do.

    Attributes:
        repo: ORG/NAME.
        name: the version's dataset.
        revision: the version's.
        sha: the commit that holds it; None: a dry run found that there is none yet.
        tag: the tag asked for.
        committed: whether a commit was made, or would be; False: the Hub had the version already.
        tagged: whether the tag was made, or would be.
        page: the commit's page.
        plan: what the commit was made of; None where there was nothing to commit.
    """

    repo: str
    name: str
    revision: str
    sha: str | None
    tag: str | None
    committed: bool
    tagged: bool
    page: str | None
    plan: Plan | None


def push(
    ref: str,
    repo: str,
    *,
    tag: str | None = None,
    private: bool = False,
    dry_run: bool = False,
    home: Path | None = None,
    patience: Patience | None = None,
) -> Pushed:
    """Publish a version on the Hub, as the user whom huggingface_hub is logged in as.

    Args:
        ref: the version.
        repo: ORG/NAME; created where it does not exist.
        tag: a name for the commit.
        private: create the repository so that only its owners see it.
        dry_run: find out what would be done, and do nothing.
        home: the store; None: $DUALSET_HOME.
        patience: how to wait for a busy Hub.

    Raises:
        VersionError: the reference, the repository's name or the tag is none; the local files are damaged.
        HubError: the Hub refuses, somebody else committed meanwhile, or the tag names another commit.
    """
    repo, tag = parse_repo(repo), parse_tag(tag) if tag is not None else None
    version = open_version(ref, home=home)
    remote = Remote(repo, patience or Patience())
    state = remote.state()
    sha, plan = None, None
    if state is not None:
        refuse_public(repo, state, private)
        sha = _published(remote, state, version, tag)
    if sha is None:
        plan = plan_commit(remote, state, version)
        sha = None if dry_run else commit(remote, state, version, private=private)
    elif state is not None and sha != state.head:
        log.info("%s is there as %s; the head of main is another version", version.revision[:12], sha[:12])
    tagged = tag is not None and (state is None or tag not in state.tags)
    if sha is not None and not dry_run:
        tagged = tag is not None and tagged and _tag(remote, tag, sha)
        _remember(version, repo, sha, tag, home)
    return Pushed(
        repo=repo,
        name=version.name,
        revision=version.revision,
        sha=sha,
        tag=tag,
        committed=plan is not None,
        tagged=tagged,
        page=None if sha is None else remote.page(sha),
        plan=plan,
    )


def _published(remote: Remote, state: State, version: Version, tag: str | None) -> str | None:
    """The commit that is this version already: the tag's, the head, or one that this store pushed or pulled."""
    if tag is not None and tag in state.tags:
        if not remote.holds(state.tags[tag], version):
            raise HubError(_taken(remote, tag, state.tags[tag], version))
        return state.tags[tag]
    if remote.holds(state.head, version):
        return state.head
    for pin in reversed(hub_pins(version.path.parent.parent)):
        if (pin.repo, pin.revision) == (remote.repo, version.revision) and _still_holds(remote, pin.sha, version):
            return pin.sha
    return None


def _still_holds(remote: Remote, sha: str, version: Version) -> bool:
    """A repository can be made anew under the same name, without its old commits."""
    try:
        return remote.holds(sha, version)
    except UnknownVersion:
        return False


def _taken(remote: Remote, tag: str, sha: str, version: Version) -> str:
    manifest = remote.manifest(sha) or {}
    what = one_line(manifest.get("revision", "no version"))[:12]
    return (
        f"the tag {tag} of {remote.repo} names the commit {sha} ({what}) and never moves: "
        f"choose another tag for {version.name}@{version.revision[:12]}"
    )


def _tag(remote: Remote, tag: str, sha: str) -> bool:
    """Whether this push made the tag."""
    if remote.tag(tag, sha):
        return True
    state = remote.state()
    named = state.tags.get(tag) if state is not None else None
    if named != sha:
        msg = (
            f"the version is published as {Address(remote.repo, sha)}, but somebody else gave the tag {tag} to "
            f"{named} meanwhile: choose another tag"
        )
        raise HubError(msg)
    return True


def _remember(version: Version, repo: str, sha: str, tag: str | None, home: Path | None) -> None:
    """Log the commit beside the revision, where the version lies in the store."""
    folder = version.path.parent.parent
    if folder.parent == (home or store_home()).absolute() and version.path.parent.name == "snapshots":
        with locked(folder):
            log_pin(folder, repo=repo, sha=sha, revision=version.revision, tag=tag, how="push")
