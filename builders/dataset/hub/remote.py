"""One repository on the Hub, a dataset's or a model's: what it holds, and what is done to it: create, commit, tag.

In: ORG/NAME. Out: plain answers; every call is retried (``retry.py``) and fails in one line (``errors.py``). Left out:
what is done with the answers (``push.py``, ``versions.py``) and downloads of data (``cache.py``).
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from dualset.builders.dataset.hub.errors import hide_signatures, one_line, status_of, the_hub
from dualset.builders.dataset.hub.retry import Patience
from dualset.builders.dataset.manifest import MANIFEST, FileEntry
from dualset.builders.dataset.version import Version
from dualset.builders.errors import HubError

__all__ = ["Remote", "RemoteFile", "State", "Work", "git_blob", "is_same", "refuse_public"]

T = TypeVar("T")


class RemoteFile(NamedTuple):
    """A file at a commit: ``sha256`` is known of large files, ``blob`` (git's id) of all."""

    size: int
    sha256: str | None
    blob: str


class Work(NamedTuple):
    """One commit's worth: what to add, as path -> local file or bytes, and what to delete."""

    add: Mapping[str, Path | bytes]
    delete: tuple[str, ...]
    title: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """A repository now: the head of main, its tags, and whether only its owners see it."""

    head: str
    tags: Mapping[str, str]
    private: bool


def is_same(there: RemoteFile | None, here: Path, entry: FileEntry) -> bool:
    """Whether the Hub's file is that of the manifest."""
    if there is None or there.size != entry["bytes"]:
        return False
    if there.sha256 is not None:
        return there.sha256 == entry["sha256"]
    return there.blob == git_blob(here.read_bytes())  # small enough that the Hub keeps it in git


def git_blob(data: bytes) -> str:
    """The id that git has for a file of these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def refuse_public(repo: str, state: State | None, private: bool) -> None:
    """Raise `HubError` where ``--private`` is asked for a repository that is there, and public."""
    if private and state is not None and not state.private:
        msg = f"{repo} is public, and --private only holds for a repository that the push creates: choose another name"
        raise HubError(msg)


class Remote:
    """A repository; nothing is asked before a method is called."""

    def __init__(self, repo: str, patience: Patience, kind: str = "dataset") -> None:
        from huggingface_hub import HfApi

        hide_signatures()
        self.repo, self._type = repo, kind
        self._kind: dict[str, Any] = {"repo_type": kind}
        self._api: Any = HfApi(library_name="dualset")
        self._patience = patience

    def state(self) -> State | None:
        """Its state; None: there is no such repository, or no right to see it."""
        from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

        with the_hub(self.repo, self._type):
            try:
                info = self._patience(lambda: self._api.repo_info(self.repo, **self._kind))
                refs = self._patience(lambda: self._api.list_repo_refs(self.repo, **self._kind))
            except GatedRepoError:
                raise
            except RepositoryNotFoundError:
                return None
        tags = {tag.name: tag.target_commit for tag in refs.tags}
        return State(head=info.sha, tags=tags, private=bool(info.private))

    def files(self, sha: str) -> dict[str, RemoteFile]:
        """The files of a commit."""
        tree = self._ask(lambda: list(self._api.list_repo_tree(self.repo, recursive=True, revision=sha, **self._kind)))
        return {
            each.path: RemoteFile(each.size, each.lfs.sha256 if each.lfs else None, each.blob_id)
            for each in tree
            if hasattr(each, "size")  # folders have none
        }

    def manifest(self, sha: str) -> dict[str, Any] | None:
        """The manifest at a commit, unchecked; None: there is none that is a JSON object."""
        text = self.text(sha, MANIFEST)
        try:
            manifest = json.loads(text or "")
        except (ValueError, RecursionError):
            return None
        return manifest if isinstance(manifest, dict) else None

    def text(self, sha: str, path: str) -> str | None:
        """A text file at a commit; bytes that are no UTF-8 are replaced. None: there is no such file."""
        from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

        with the_hub(self.repo, self._type):
            try:
                call = self._api.hf_hub_download
                here = self._patience(lambda: call(self.repo, path, revision=sha, **self._kind))
            except LocalEntryNotFoundError:
                raise
            except EntryNotFoundError:
                return None
        return Path(here).read_bytes().decode("utf-8", errors="replace")

    def holds(self, sha: str, version: Version) -> bool:
        """Whether a commit is this version: its manifest and every file, and nothing else under ``data/``."""
        said, ours = self.manifest(sha), version.manifest
        if said is None or said.get("revision") != ours["revision"] or not isinstance(said.get("files"), dict):
            return False
        listed = {entry["path"]: entry for entry in ours["files"]["parquet"]}
        files = {path: file for path, file in self.files(sha).items() if path.startswith("data/")}
        return (
            said["files"].get("parquet") == ours["files"]["parquet"]
            and files.keys() == listed.keys()
            and all(is_same(files[path], version.path / path, entry) for path, entry in listed.items())
        )

    def create(self, *, private: bool) -> None:
        """Make the repository, unless it is there by now."""
        asked = True if private else None  # None: what the organization's settings say
        self._ask(lambda: self._api.create_repo(self.repo, private=asked, exist_ok=True, **self._kind))

    def commit(self, work: Work, parent: str) -> str | None:
        """Upload what is missing, then make one commit of it all; None: the head is not ``parent`` any more."""
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        add = [CommitOperationAdd(path, source) for path, source in work.add.items()]
        operations = [*add, *(CommitOperationDelete(path) for path in work.delete)]
        self._ask(lambda: self._api.preupload_lfs_files(self.repo, add, free_memory=False, **self._kind))
        said = {"commit_message": work.title, "commit_description": work.text, "parent_commit": parent}
        with the_hub(self.repo, self._type):
            try:
                made = self._patience(lambda: self._api.create_commit(self.repo, operations, **said, **self._kind))
            except OSError as error:
                if status_of(error) != 412:
                    raise
                return None
        return str(made.oid)

    def tag(self, tag: str, sha: str) -> bool:
        """Name a commit; False: there is a tag of that name by now."""
        with the_hub(self.repo, self._type):
            try:
                self._patience(lambda: self._api.create_tag(self.repo, tag=tag, revision=sha, **self._kind))
            except OSError as error:
                if status_of(error) != 409:
                    raise
                return False
        return True

    def last_commit(self) -> str:
        """Who made the head of main, and what they call it, for a person to read."""
        commits = self._ask(lambda: self._api.list_repo_commits(self.repo, **self._kind))
        last = commits[0]
        who = ", ".join(last.authors) or "somebody"
        return one_line(f"{who} committed {last.commit_id[:12]} {last.title!r} at {last.created_at:%Y-%m-%d %H:%M} UTC")

    def page(self, sha: str) -> str:
        """A commit's page."""
        return f"{self._api.endpoint}/{'datasets/' if self._type == 'dataset' else ''}{self.repo}/tree/{sha}"

    def _ask(self, call: Callable[[], T]) -> T:
        with the_hub(self.repo, self._type):
            return self._patience(call)
