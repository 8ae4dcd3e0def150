"""A Hub on loopback, made of the standard library, that the real client libraries read from and publish to.

In: repositories, of datasets or models: ``{"org/name": {"file": bytes}}``. Out: a server (`Hub`) whose repositories
(``loopback_repository.py``) take commits, tags and large files as the Hub does: one commit is atomic, a moved head is
412, a tag that exists is 409. Faults are asked for: ``hub.fail``, ``hub.cut``, ``hub.lose``, ``hub.spoil``,
``hub.before``. The client reads HF_ENDPOINT once, on import: give it ``hub.endpoint`` in a process of its own, with
HF_HUB_DISABLE_XET=1. Left out: Xet, branches, pull requests, paging.
"""

import fnmatch
import hashlib
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from loopback_repository import Refused, Repository, blob_of, commit_of, entry, is_large, listing

__all__ = ["Hub", "commit_of", "loopback_hub", "running_hub"]

Repositories = Mapping[str, Mapping[str, bytes]]
Route = Callable[..., None]


@dataclass
class Fault:
    """What happens to the first ``times`` requests that fit: ``"METHOD /path"`` is searched for the pattern."""

    pattern: str
    times: int
    status: int = 0
    retry_after: int | None = None
    cut: int | None = None
    lose: bool = False
    spoil: bool = False
    do: Callable[[], object] | None = None


class Hub:
    """Repositories and what was asked of them; ``users`` maps tokens to names, and only they may write.

    ``tokens`` holds every token that was seen, ``log`` every ``"METHOD /path"``, ``uploads`` the sha256 of every large
    file that came in whole.
    """

    def __init__(self) -> None:
        self.endpoint = ""
        self.repositories: dict[str, Repository] = {}
        self.users = {"hf_test": "ada"}
        self.readers: set[str] = set()
        self.log: list[str] = []
        self.tokens: set[str] = set()
        self.uploads: list[str] = []
        self.lock = threading.RLock()
        self.answering = 0
        self._faults: list[Fault] = []

    @property
    def storage(self) -> str:
        """Where large files are fetched from: another host for the client, so that it keeps its token to itself."""
        return self.endpoint.replace("127.0.0.1", "localhost")

    def add(self, name: str, files: Mapping[str, bytes], *, kind: str = "datasets") -> Repository:
        """A repository with one commit."""
        repository = self.repositories[f"{kind}/{name}"] = Repository(f"{kind}/{name}")
        repository.put(files)
        return repository

    def dataset(self, name: str) -> Repository:
        return self.repositories[f"datasets/{name}"]

    def fail(self, pattern: str, status: int, *, times: int = 1, retry_after: int | None = None) -> None:
        """Answer with an error."""
        self._faults.append(Fault(pattern, times, status=status, retry_after=retry_after))

    def cut(self, pattern: str, *, after: int = 0, times: int = 1) -> None:
        """Close the connection after so many bytes of the request's body, or of the answer where it has none."""
        self._faults.append(Fault(pattern, times, cut=after))

    def lose(self, pattern: str, *, times: int = 1) -> None:
        """Do what is asked, and close the connection instead of saying so."""
        self._faults.append(Fault(pattern, times, lose=True))

    def spoil(self, pattern: str, *, times: int = 1) -> None:
        """Send a file with one bit changed."""
        self._faults.append(Fault(pattern, times, spoil=True))

    def before(self, pattern: str, do: Callable[[], object]) -> None:
        """Let something happen before the first request that fits is answered: somebody else is quicker."""
        self._faults.append(Fault(pattern, 1, do=do))

    def fault(self, request: str) -> Fault | None:
        """The fault that this request meets."""
        with self.lock:
            for fault in self._faults:
                if fault.times and re.search(fault.pattern, request):
                    fault.times -= 1
                    return fault
        return None

    def settle(self) -> None:
        """Wait until nothing is being answered: a client that was killed may have sent what is still being taken."""
        until = time.monotonic() + 30
        while self.answering and time.monotonic() < until:
            time.sleep(0.01)

    def calm(self) -> None:
        """No faults any more, and an empty log."""
        with self.lock:
            self._faults.clear()
            self.log.clear()
            self.uploads.clear()


@contextmanager
def running_hub() -> Iterator[Hub]:
    """A Hub without repositories."""
    hub = Hub()
    server = _Http(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def loopback_hub(repositories: Repositories) -> Iterator[str]:
    """Serve the repositories, as datasets and as models; gives the address for HF_ENDPOINT."""
    with running_hub() as hub:
        for name, files in repositories.items():
            hub.add(name, files)
            hub.add(name, files, kind="models")
        yield hub.endpoint


class _Http(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is none; printing one in this thread while pytest reads source can break both."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Cut(Exception):
    """The connection ends here."""


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    fault: Fault | None

    def _answer(self) -> None:
        with self.hub.lock:
            self.hub.answering += 1
        try:
            self._answer_one()
        finally:
            with self.hub.lock:
                self.hub.answering -= 1

    def _answer_one(self) -> None:
        url = urlsplit(self.path)
        self.query, path = parse_qs(url.query), url.path
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        self.user = self.hub.users.get(token, "")
        self.fault = self.hub.fault(f"{self.command} {unquote(path)}")
        with self.hub.lock:
            self.hub.log.append(f"{self.command} {unquote(path)}")
            self.hub.tokens.add(token)
        try:
            self._meet_fault()
            self._route(path)
        except Refused as refused:
            body = json.dumps({"error": refused.message}).encode()
            headers = {"X-Error-Code": refused.code} if refused.code else {}
            self._send(refused.status, body, headers | {"X-Error-Message": refused.message})
        except (_Cut, ConnectionError):
            self.close_connection = True
            self.connection.close()

    do_GET = do_HEAD = do_POST = do_PUT = _answer

    def _meet_fault(self) -> None:
        fault = self.fault
        self.body = b""
        length = int(self.headers.get("Content-Length") or 0)
        if fault is not None and fault.cut is not None and length:
            self.rfile.read(min(fault.cut, length))
            raise _Cut
        self.body = self.rfile.read(length) if length else self._chunks()
        if fault is not None and fault.do is not None:
            fault.do()
        if fault is not None and fault.status:
            later = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            self._send(fault.status, b"{}", later)
            raise _Cut

    def _chunks(self) -> bytes:
        body = b""
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        return body

    def _route(self, path: str) -> None:
        for pattern, methods, name in _ROUTES:
            if self.command in methods and (match := re.fullmatch(pattern, path)):
                getattr(self, f"_{name}")(*(unquote(part or "") for part in match.groups()))
                return
        raise Refused(404, f"no such page: {path}")

    def _repository(self, kind: str, name: str, *, write: bool = False) -> Repository:
        repository = self.hub.repositories.get(f"{kind or 'models'}/{name}")
        if repository is None or (repository.private and not self.user):
            raise Refused(404 if self.user else 401, "Repository not found", "RepoNotFound")
        if write:
            self._may_write()
        return repository

    def _may_write(self) -> None:
        if not self.user:
            raise Refused(401, "Invalid username or password.")
        if self.user in self.hub.readers:
            raise Refused(403, "you do not have the write role in this organization")

    def _info(self, kind: str, name: str, revision: str) -> None:
        repository = self._repository(kind, name)
        commit = repository.at(revision or "main")
        siblings = [{"rfilename": path} for path in commit.files]
        self._json({"id": name, "sha": commit.sha, "siblings": siblings, "private": repository.private, "tags": []})

    def _tree(self, kind: str, name: str, revision: str, folder: str) -> None:
        recursive = self.query.get("recursive", ["false"])[0].lower() == "true"
        self._json(listing(self._repository(kind, name).at(revision), folder.rstrip("/"), recursive))

    def _paths(self, kind: str, name: str, revision: str) -> None:
        commit = self._repository(kind, name).at(revision)
        form = parse_qs(self.body.decode())
        listed = {each["path"]: each for each in listing(commit, "", True)}
        found = [listed[path] for path in form["paths"] if path in listed]
        if form.get("expand") == ["true"]:
            found = [each | {"lastCommit": commit.short()} for each in found]
        self._json(found)

    def _refs(self, kind: str, name: str) -> None:
        repository = self._repository(kind, name)
        tags = [{"name": t, "ref": f"refs/tags/{t}", "targetCommit": sha} for t, sha in repository.tags.items()]
        main = {"name": "main", "ref": "refs/heads/main", "targetCommit": repository.head.sha}
        self._json({"branches": [main], "converts": [], "tags": tags})

    def _commits(self, kind: str, name: str, revision: str) -> None:
        repository = self._repository(kind, name)
        upto = repository.commits[: repository.commits.index(repository.at(revision)) + 1]
        told = [
            {"id": c.sha, "title": c.title, "message": "", "date": c.date, "authors": [{"user": c.author}]}
            for c in reversed(upto)
        ]
        self._json(told)

    def _create(self) -> None:
        self._may_write()
        asked = json.loads(self.body)
        name = (
            f"{asked['organization']}/{asked['name']}" if asked.get("organization") else f"{self.user}/{asked['name']}"
        )
        kind = f"{asked.get('type', 'model')}s"
        url = {"url": f"{self.hub.endpoint}/{kind}/{name}"}
        with self.hub.lock:
            if f"{kind}/{name}" in self.hub.repositories:
                self._send(409, json.dumps(url | {"error": "You already created this repo"}).encode(), {})
                return
            attributes = "".join(f"*{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in (".parquet",))
            made = self.hub.add(name, {".gitattributes": attributes.encode()}, kind=kind)
            made.private = asked.get("visibility") == "private"
        self._json(url)

    def _preupload(self, kind: str, name: str, revision: str) -> None:
        files = self._repository(kind, name, write=True).at(revision).files
        ignored = files.get(".gitignore", b"").decode().split()
        told: list[dict[str, Any]] = []
        for asked in json.loads(self.body)["files"]:
            path, mode = asked["path"], "lfs" if is_large(asked["path"]) else "regular"
            ignore = any(fnmatch.fnmatch(path, glob) for glob in ignored)
            told.append({"path": path, "uploadMode": mode, "shouldIgnore": ignore})
            if path in files:
                told[-1]["oid"] = hashlib.sha256(files[path]).hexdigest() if mode == "lfs" else blob_of(files[path])
        self._json({"files": told})

    def _batch(self, kind: str, name: str) -> None:
        repository = self._repository(kind, name, write=True)
        objects = json.loads(self.body)["objects"]
        for each in objects:
            if each["oid"] not in repository.large:
                where = f"{self.hub.endpoint}/large/{repository.name}/{each['oid']}?signature=hush"
                each["actions"] = {"upload": {"href": where}}
        self._json({"transfer": "basic", "objects": objects})

    def _upload(self, repository: str, oid: str) -> None:
        if hashlib.sha256(self.body).hexdigest() != oid:
            raise Refused(400, "the bytes are not those of the oid")
        with self.hub.lock:
            self.hub.repositories[repository].large[oid] = self.body
            self.hub.uploads.append(oid)
        self._json({})

    def _commit(self, kind: str, name: str, revision: str) -> None:
        repository = self._repository(kind, name, write=True)
        with self.hub.lock:
            made = repository.apply(map(json.loads, self.body.splitlines()), self.user)
        if self.fault is not None and self.fault.lose:
            raise _Cut
        url = f"{self.hub.endpoint}/{kind}/{name}/commit/{made.sha}"
        self._json({"success": True, "commitOid": made.sha, "commitUrl": url})

    def _tag(self, kind: str, name: str, revision: str) -> None:
        with self.hub.lock:
            self._repository(kind, name, write=True).tag(json.loads(self.body)["tag"], revision)
        self._json({})

    def _yaml(self) -> None:
        self._json({"errors": [], "warnings": []})

    def _resolve(self, kind: str, name: str, revision: str, path: str) -> None:
        commit = self._repository(kind, name).at(revision)
        headers = {"X-Repo-Commit": commit.sha}
        if path not in commit.files:
            self._send(404, b"{}", headers | {"X-Error-Code": "EntryNotFound"})
            return
        content = commit.files[path]
        if not is_large(path):
            self._send_file(content, headers | {"ETag": f'"{blob_of(content)}"'})
            return
        oid = hashlib.sha256(content).hexdigest()
        linked = {
            "X-Linked-Size": str(len(content)),
            "X-Linked-ETag": f'"{oid}"',
            "ETag": f'"{entry(path, content)["oid"]}"',
        }
        where = f"{self.hub.storage}/large/{kind or 'models'}/{name}/{oid}"
        self._send(302, b"", headers | linked | {"Location": where})

    def _large(self, repository: str, oid: str) -> None:
        self._send_file(self.hub.repositories[repository].large[oid], {"ETag": f'"{oid}"'})

    def _send_file(self, content: bytes, headers: dict[str, str]) -> None:
        """The file or the range that was asked for."""
        if self.fault is not None and self.fault.spoil:
            content = content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]
        headers |= {"Accept-Ranges": "bytes"}
        match = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if match is None:
            self._send(200, content, headers)
            return
        start = int(match[1]) if match[1] else max(0, len(content) - int(match[2]))
        end = min(int(match[2]) + 1, len(content)) if match[1] and match[2] else len(content)
        if start >= len(content):
            self._send(416, b"", headers | {"Content-Range": f"bytes */{len(content)}"})
            return
        self._send(206, content[start:end], headers | {"Content-Range": f"bytes {start}-{end - 1}/{len(content)}"})

    def _json(self, value: Any) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | dict(headers)).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.fault is not None and self.fault.cut is not None:
            self.wfile.write(body[: self.fault.cut])
            raise _Cut
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


_API = r"/api/(datasets|models)/([^/]+/[^/]+)"
_ROUTES: list[tuple[str, str, str]] = [
    (_API + r"(?:/revision/([^/]+))?", "GET", "info"),
    (_API + r"/tree/([^/]+)(?:/(.+))?", "GET", "tree"),
    (_API + r"/paths-info/([^/]+)", "POST", "paths"),
    (_API + r"/refs", "GET", "refs"),
    (_API + r"/commits/([^/]+)", "GET", "commits"),
    (_API + r"/preupload/([^/]+)", "POST", "preupload"),
    (_API + r"/commit/([^/]+)", "POST", "commit"),
    (_API + r"/tag/([^/]+)", "POST", "tag"),
    (r"/api/repos/create", "POST", "create"),
    (r"/api/validate-yaml", "POST", "yaml"),
    (r"/(?:(datasets)/)?([^/]+/[^/]+)\.git/info/lfs/objects/batch", "POST", "batch"),
    (r"/(?:(datasets)/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)", "GET HEAD", "resolve"),
    (r"/large/(.+)/([0-9a-f]{64})", "PUT", "upload"),
    (r"/large/(.+)/([0-9a-f]{64})", "GET HEAD", "large"),
]
"""Paths, methods, and what answers them."""
