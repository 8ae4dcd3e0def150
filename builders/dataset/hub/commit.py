"""The one commit of a push: the card, the manifest and the Parquet files that changed, on the head that was looked at.

In: a version and the state of the repository. Out: the sha of a commit that was seen to hold the version. Where the
head moved meanwhile nothing is overwritten.
"""

from dataclasses import replace
from pathlib import Path

from dualset.builders.dataset.card import card
from dualset.builders.dataset.card_seal import is_sealed
from dualset.builders.dataset.hub.plan import CARD, Plan, make_plan, refuse_foreign
from dualset.builders.dataset.hub.remote import Remote, State, Work
from dualset.builders.dataset.manifest import MANIFEST
from dualset.builders.dataset.verify import verify_digests
from dualset.builders.dataset.version import Version
from dualset.builders.errors import HubError

__all__ = ["commit", "plan_commit"]


def plan_commit(remote: Remote, state: State | None, version: Version) -> Plan:
    """What a commit on this head is made of.

    Raises:
        HubError: the repository holds something else than versions.
    """
    there = remote.files(state.head) if state is not None else {}
    refuse_foreign(remote.repo, there, remote.manifest(state.head) if state is not None and there else None)
    plan = make_plan(version, there)
    written = remote.text(state.head, CARD) if state is not None and CARD in there else None
    if state is None or written is None or is_sealed(written) or written.encode() == _card(version, remote.repo):
        return plan
    return replace(plan, edited_card=state.head)


def commit(remote: Remote, state: State | None, version: Version, *, private: bool) -> str:
    """Make the commit, and look whether it holds what it should.

    Raises:
        CorruptVersion: the version's rows are not those of its revision.
        HubError: the Hub refuses, or somebody else committed another version meanwhile.
    """
    verify_digests(version)
    if state is None:
        remote.create(private=private)
        state = remote.state()
        if state is None:
            msg = f"{remote.repo} was created and cannot be seen: take a token that may read and write it"
            raise HubError(msg)
    plan = plan_commit(remote, state, version)
    sha = remote.commit(_work(remote, version, plan), state.head)
    if sha is None:
        sha = _after_a_move(remote, version)
    elif not remote.holds(sha, version):
        msg = f"{remote.page(sha)} lacks files of the version: look whether the repository's .gitignore names them"
        raise HubError(msg)
    return sha


def _work(remote: Remote, version: Version, plan: Plan) -> Work:
    path = version.path
    add: dict[str, Path | bytes] = {CARD: _card(version, remote.repo), MANIFEST: path / MANIFEST}
    return Work(
        add=add | {name: path / name for name in plan.add},
        delete=plan.delete,
        title=f"{version.name} {version.revision[:12]}",
        text=f"The version of revision {version.revision}, published by dualset.",
    )


def _card(version: Version, repo: str) -> bytes:
    """The snapshot's card; where nobody edited it, with the repository's name in it."""
    path = version.path / CARD
    written = path.read_text("utf-8") if path.is_file() else None
    if written is None or is_sealed(written):
        return card(version.path, version.manifest, repo_id=repo).encode()
    return path.read_bytes()


def _after_a_move(remote: Remote, version: Version) -> str:
    """The head moved: to a commit of this very version (ours, whose answer was lost, or another's), or to another."""
    state = remote.state()
    if state is not None and remote.holds(state.head, version):
        return state.head
    msg = (
        f"{remote.repo} moved while this was being pushed: {remote.last_commit()}; nothing of yours was published. "
        "Look at that commit, then push again: what is uploaded is not sent again"
    )
    raise HubError(msg)
