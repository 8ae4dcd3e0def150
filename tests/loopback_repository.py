"""The repositories of the loopback Hub: commits of whole trees, tags, and large files kept by their sha256.

In: files and the operations of commits. Out: what a revision holds. Nothing here knows HTTP (``loopback_hub.py``).
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

LARGE = (".parquet", ".safetensors")
"""What .gitattributes gives to large file storage."""


class Refused(Exception):
    """The Hub's answer is an error: a status, a message, and its ``X-Error-Code``."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code


def commit_of(files: Mapping[str, bytes]) -> str:
    """The commit sha of a repository's first commit."""
    return hashlib.sha1(repr(sorted(files.items())).encode(), usedforsecurity=False).hexdigest()


def blob_of(content: bytes) -> str:
    """A small file's id: git's."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def is_large(path: str) -> bool:
    return path.endswith(LARGE)


@dataclass
class Commit:
    sha: str
    files: dict[str, bytes]
    title: str
    author: str
    date: str

    def short(self) -> dict[str, str]:
        """What a listing says of a file's last commit (of this one, for every file)."""
        return {"id": self.sha, "title": self.title, "date": self.date}


@dataclass
class Repository:
    """``name`` is ``datasets/org/name`` or ``models/org/name``; ``large`` holds its large files by their sha256."""

    name: str
    large: dict[str, bytes] = field(default_factory=dict)
    private: bool = False
    commits: list[Commit] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def head(self) -> Commit:
        return self.commits[-1]

    def at(self, revision: str) -> Commit:
        """The commit of a branch, a tag or a sha."""
        sha = {"main": self.head.sha, **self.tags}.get(revision, revision)
        fitting = [commit for commit in self.commits if len(sha) >= 7 and commit.sha.startswith(sha)]
        if not fitting:
            raise Refused(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return fitting[0]

    def put(self, files: Mapping[str, bytes], title: str = "first", author: str = "someone") -> Commit:
        """Make a commit that holds exactly these files."""
        sha = commit_of(files)
        if self.commits:
            sha = hashlib.sha1((self.head.sha + title + sha).encode(), usedforsecurity=False).hexdigest()
        date = f"2026-01-02T03:{len(self.commits):02d}:00.000Z"
        self.commits.append(Commit(sha, dict(files), title, author, date))
        self.large |= {hashlib.sha256(data).hexdigest(): data for path, data in files.items() if is_large(path)}
        return self.head

    def apply(self, lines: Iterable[Mapping[str, Any]], author: str) -> Commit:
        """Make a commit from the lines of a commit request, all of them or none."""
        header: Mapping[str, Any] = {}
        files = dict(self.head.files)
        for line in lines:
            key, value = line["key"], line["value"]
            if key == "header":
                header = value
            elif key == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif key == "lfsFile":
                if value["oid"] not in self.large:
                    raise Refused(400, f"LFS pointer pointed to a file that does not exist: {value['path']}")
                files[value["path"]] = self.large[value["oid"]]
            elif key == "deletedFile":
                if files.pop(value["path"], None) is None:
                    raise Refused(404, "A file with this name doesn't exist", "EntryNotFound")
            else:
                raise Refused(400, f"unknown operation {key}")
        if header.get("parentCommit") not in (None, self.head.sha):
            raise Refused(412, "A commit has happened since. Please refresh and try again.")
        return self.put(files, header["summary"], author)

    def tag(self, tag: str, revision: str) -> None:
        if tag in self.tags:
            raise Refused(409, f"Tag reference exists already: {tag}")
        self.tags[tag] = self.at(revision).sha


def entry(path: str, content: bytes) -> dict[str, Any]:
    """A file in a listing."""
    listed: dict[str, Any] = {"type": "file", "path": path, "size": len(content), "oid": blob_of(content)}
    if is_large(path):
        oid = hashlib.sha256(content).hexdigest()
        listed["lfs"] = {"oid": oid, "size": len(content), "pointerSize": 130}
    return listed


def listing(commit: Commit, folder: str, recursive: bool) -> list[dict[str, Any]]:
    """The files and folders below a folder."""
    prefix = f"{folder}/" if folder else ""
    found: dict[str, dict[str, Any]] = {}
    for path, content in commit.files.items():
        if not path.startswith(prefix):
            continue
        parts = path.removeprefix(prefix).split("/")
        for depth in range(1, len(parts) if recursive else min(len(parts), 2)):
            inner = prefix + "/".join(parts[:depth])
            found[inner] = {"type": "directory", "path": inner, "size": 0, "oid": blob_of(inner.encode())}
        if recursive or len(parts) == 1:
            found[path] = entry(path, content)
    if folder and not found:
        raise Refused(404, f"{folder} does not exist", "EntryNotFound")
    return list(found.values())
