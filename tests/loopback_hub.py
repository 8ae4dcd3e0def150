"""A Hub on loopback, made of the standard library, that the real huggingface_hub client talks to.

In: repositories, of datasets or models: ``{"org/name": {"file": bytes}}``. Out: a server on which each repository has
one commit. It answers what reading needs: repository info, the file tree, and files with their hash. It leaves out
writing.
"""

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Repositories = Mapping[str, Mapping[str, bytes]]


def commit_of(files: Mapping[str, bytes]) -> str:
    """The commit sha of a repository's only commit."""
    return hashlib.sha1(repr(sorted(files.items())).encode(), usedforsecurity=False).hexdigest()


@contextmanager
def loopback_hub(repositories: Repositories) -> Iterator[str]:
    """Serve the repositories; gives the address for HF_ENDPOINT."""
    handler = type("Handler", (_Handler,), {"repositories": repositories})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    repositories: Repositories

    def do_GET(self) -> None:
        if match := re.fullmatch(r"/api/(?:datasets|models)/([^/]+/[^/]+)/revision/([^/?]+)(?:\?.*)?", self.path):
            self._info(match[1], match[2])
        elif match := re.fullmatch(r"/api/(?:datasets|models)/([^/]+/[^/]+)/tree/([^/?]+)(?:\?.*)?", self.path):
            self._tree(match[1], match[2])
        elif match := re.fullmatch(r"/(?:datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.path):
            self._file(match[1], match[2], match[3])
        else:
            self._missing("EntryNotFound")

    do_HEAD = do_GET

    def _info(self, name: str, revision: str) -> None:
        if files := self._files(name, revision):
            siblings = [{"rfilename": path} for path in files]
            self._json({"id": name, "sha": commit_of(files), "siblings": siblings})

    def _tree(self, name: str, revision: str) -> None:
        if files := self._files(name, revision):
            self._json([{"type": "file", "path": p, "size": len(b), "oid": _etag(b)} for p, b in files.items()])

    def _file(self, name: str, revision: str, path: str) -> None:
        files = self._files(name, revision)
        if files is None:
            return
        if path not in files:
            self._missing("EntryNotFound")
            return
        headers = {"ETag": f'"{_etag(files[path])}"', "X-Repo-Commit": commit_of(files)}
        self._send(200, files[path], headers)

    def _files(self, name: str, revision: str) -> Mapping[str, bytes] | None:
        files = self.repositories.get(name)
        if files is None:
            self._missing("RepoNotFound")
        elif revision not in ("main", commit_of(files)):
            self._missing("RevisionNotFound")
        else:
            return files
        return None

    def _missing(self, code: str) -> None:
        self._send(404, b"{}", {"X-Error-Code": code})

    def _json(self, value: Any) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def _etag(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()
