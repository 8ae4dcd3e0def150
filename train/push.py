"""Publishing a model: one commit with a finished run's folder, then a tag. ``dualset push models/mine ORG/NAME``.

In: a run's folder and a repository. Out: `PushedModel`, with the commit that holds it. The card is written for the
repository: the dataset's Hub commit as far as the store knows one by now, and results of an evaluation. A push can be
repeated: what is there is not committed again. Left out: checkpoints, and the dataset, which is pushed by itself.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from dualset.builders.candidates.policy import MODEL_FILES, digest_of_model
from dualset.builders.dataset.hub.address import parse_repo, parse_tag
from dualset.builders.dataset.hub.log import hub_pin
from dualset.builders.dataset.hub.plan import CARD, HARMLESS
from dualset.builders.dataset.hub.remote import Remote, RemoteFile, State, Work, git_blob, refuse_public
from dualset.builders.dataset.hub.retry import Patience
from dualset.builders.dataset.store import open_version
from dualset.builders.errors import HubError, TrainingError, VersionError
from dualset.train.card import model_card
from dualset.train.folder import METRICS, RECORD, read_record
from dualset.train.results import Results, read_results
from dualset.train.rounds.ledger import LEDGER

__all__ = ["PushedModel", "push_model"]

_MODEL = (*MODEL_FILES, "adapter/adapter_config.json", "adapter/adapter_model*.safetensors")
"""What is loaded: all of it is pushed, and what an earlier model had of it goes."""
_BESIDE = (RECORD, METRICS, CARD, "LICENSE", "LICENSE.md", "LICENSE.txt")


@dataclass(frozen=True, kw_only=True, slots=True)
class PushedModel:
    """What a push did, or would do.

    Attributes:
        repo: ORG/NAME.
        sha: the commit that holds the model; None: a dry run found that there is none yet.
        tag: the tag asked for.
        committed: whether a commit was made, or would be.
        tagged: whether the tag was made, or would be.
        page: the commit's page.
        add: files that the commit adds or changes.
        delete: files of an earlier model that it removes.
        bytes: how large the added files are together.
    """

    repo: str
    sha: str | None
    tag: str | None
    committed: bool
    tagged: bool
    page: str | None
    add: tuple[str, ...]
    delete: tuple[str, ...]
    bytes: int


def push_model(
    folder: Path,
    repo: str,
    *,
    results: Path | None = None,
    tag: str | None = None,
    private: bool = False,
    dry_run: bool = False,
    home: Path | None = None,
    patience: Patience | None = None,
) -> PushedModel:
    """Publish the model of a finished run, as the user whom huggingface_hub is logged in as.

    Args:
        folder: of the run.
        repo: ORG/NAME; created where it does not exist.
        results: what ``dualset eval -o`` wrote about this model, for the card.
        tag: a name for the commit; one that exists is never moved.
        private: create the repository so that only its owners see it.
        dry_run: find out what would be done, and do nothing.
        home: the version store; None: $DUALSET_HOME.
        patience: how to wait for a busy Hub.

    Raises:
        TrainingError: the folder holds no finished run, or the results are another model's.
        HubError: the Hub refuses, the repository holds something else, or the tag names another commit.
    """
    repo, tag = parse_repo(repo, "model"), parse_tag(tag) if tag is not None else None
    record = _finished(folder)
    digest = _whole(folder, record)
    found = read_results(results, digest) if results is not None else None
    files = _files(folder) | {CARD: _card(folder, repo, record, found, home)}
    remote = Remote(repo, patience or Patience(), "model")
    state = remote.state()
    refuse_public(repo, state, private)
    there = remote.files(state.head) if state is not None else {}
    _refuse_foreign(repo, there)
    add = {path: source for path, source in files.items() if not _is_there(there.get(path), source)}
    delete = tuple(path for path in sorted(there) if path not in files and _is_model(path))
    tags = dict(state.tags) if state is not None else {}
    sha = state.head if state is not None and not add and not delete else None
    if tag in tags and tags[tag] != sha:
        msg = f"the tag {tag} of {repo} names the commit {tags[tag]} and never moves: choose another tag"
        raise HubError(msg)
    committed, tagged = sha is None, tag is not None and tag not in tags
    if not dry_run:
        sha = sha or _commit(remote, state, Work(add, delete, _title(record), _text(record)), private=private)
        if tag is not None and tagged and not remote.tag(tag, sha):
            msg = f"the model is published as {repo}@{sha}, but somebody else made the tag {tag}: choose another tag"
            raise HubError(msg)
    return PushedModel(
        repo=repo,
        sha=sha,
        tag=tag,
        committed=committed,
        tagged=tagged,
        page=None if sha is None else remote.page(sha),
        add=tuple(sorted(add)),
        delete=delete,
        bytes=sum(len(s) if isinstance(s, bytes) else s.stat().st_size for s in add.values()),
    )


def _finished(folder: Path) -> dict[str, Any]:
    record = read_record(folder)
    if record is None and (folder / LEDGER).is_file():
        rounds = (path.name for path in folder.glob("round-*-rank"))
        last = max(rounds, key=lambda name: (len(name), name), default="round-N-rank")
        msg = f"{folder} holds a run in rounds: push the model of one of them, such as {folder / last}"
        raise TrainingError(msg)
    if record is None or not record.get("finished"):
        msg = f"{folder} holds {'an unfinished run' if record else 'no run of dualset'}: push one that has finished"
        raise TrainingError(msg)
    return record


def _whole(folder: Path, record: Mapping[str, Any]) -> str:
    """The digest of the model, which must be the one that the run left.

    Raises:
        TrainingError: weights or config are gone, or others are there.
    """
    if not (folder / "config.json").is_file() or not any(folder.glob("*.safetensors")):
        msg = f"{folder} lacks its config.json or weights: there is no model to push"
        raise TrainingError(msg)
    digest = digest_of_model(folder)
    if record.get("model_digest", digest) != digest:
        msg = f"the model in {folder} ({digest[:12]}) is not the one that its run left: train it again"
        raise TrainingError(msg)
    return digest


def _files(folder: Path) -> dict[str, Path | bytes]:
    """The model, its adapter, its record, metrics and card; nothing else that lies there, and no link."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    named = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: path for name, path in named.items() if name in _BESIDE or _is_model(name)}


def _is_model(name: str) -> bool:
    """Whether it is loaded with the model: a file of the folder itself, or of its adapter."""
    path = PurePosixPath(name)
    return any(path.match(part) and len(path.parts) == len(PurePosixPath(part).parts) for part in _MODEL)


def _card(folder: Path, repo: str, record: Mapping[str, Any], results: Results | None, home: Path | None) -> bytes:
    """The folder's card with the repository's name, pins and results; one that somebody wrote stays as it is."""
    path = folder / CARD
    written = path.read_bytes() if path.is_file() else None
    if written is not None and hashlib.sha256(written).hexdigest() != record.get("card_digest"):
        if results is None:
            return written
        msg = f"{path} is somebody's own card, which results are not written into: leave out --results"
        raise TrainingError(msg)
    return model_card(repo, _pinned(record, home), results).encode()


def _pinned(record: Mapping[str, Any], home: Path | None) -> Mapping[str, Any]:
    """The record with the commit that its dataset was pushed as since."""
    data = record["dataset"]
    if data["hub_sha"]:
        return record
    try:
        pin = hub_pin(open_version(f"{data['name']}@{data['revision']}", home=home))
    except VersionError:
        return record
    return {**record, "dataset": {**data, "hub_repo": pin.repo, "hub_sha": pin.sha}} if pin else record


def _refuse_foreign(repo: str, there: Mapping[str, RemoteFile]) -> None:
    """Do not bury somebody's other model under this one."""
    if there and RECORD not in there and not there.keys() <= HARMLESS:
        other = ", ".join(sorted(there.keys() - HARMLESS)[:3])
        msg = f"{repo} holds something that dualset did not put there ({other}): choose another name"
        raise HubError(msg)


def _is_there(there: RemoteFile | None, source: Path | bytes) -> bool:
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if there is None or there.size != size:
        return False
    if there.sha256 is not None:
        return there.sha256 == _sha256(source)
    return there.blob == git_blob(source if isinstance(source, bytes) else source.read_bytes())  # small: kept in git


def _sha256(source: Path | bytes) -> str:
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _commit(remote: Remote, state: State | None, work: Work, *, private: bool) -> str:
    if state is None:
        remote.create(private=private)
        state = remote.state()
    sha = remote.commit(work, state.head) if state is not None else None
    if sha is None:  # the head moved: by a commit of ours whose answer was lost, or by another's
        state = remote.state()
        there = remote.files(state.head) if state is not None else {}
        if state is not None and all(_is_there(there.get(path), source) for path, source in work.add.items()):
            return state.head
        msg = f"{remote.repo} moved while this was being pushed, and nothing was published: look at it, then push again"
        raise HubError(msg)
    return sha


def _title(record: Mapping[str, Any]) -> str:
    return f"{record['kind']} on {record['dataset']['name']} {record['dataset']['revision'][:12]}"


def _text(record: Mapping[str, Any]) -> str:
    return f"{record['steps']} optimizer steps from {record['base_model']['name']}, published by dualset."
