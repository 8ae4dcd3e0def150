"""The loopback Hub under the real one's name, for clients that have ``https://huggingface.co`` built in.

Run:  unshare --map-root-user --net --mount python tests/named_hub.py FOLDER ORG/NAME SNAPSHOT CODE

In: a folder for certificates, a repository and the snapshot that it is to hold, and Python that finds the commit in
``sha`` and leaves something in ``answer``. Out: that answer as JSON. It runs in network and mount namespaces of its
own, so the name means this process to the code and to nobody else. Nothing outside is reached.
"""

import fcntl
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from loopback_hub import Hub, _Handler

NAME = "huggingface.co"
_SET_FLAGS, _UP_RUNNING = 0x8914, 0x41


def main(folder: Path, repo: str, snapshot: Path, code: str) -> None:
    """Serve the snapshot, and run the code against it."""
    _loopback_up()
    hosts = folder / "hosts"
    hosts.write_text(f"127.0.0.1 localhost {NAME}\n")
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)
    _certificates(folder)
    hub = Hub()
    hub.endpoint = f"https://{NAME}"
    paths = [path for path in snapshot.rglob("*") if path.is_file()]
    commit = hub.add(repo, {path.relative_to(snapshot).as_posix(): path.read_bytes() for path in paths}).head
    server = ThreadingHTTPServer(("127.0.0.1", 443), type("Handler", (_Handler,), {"hub": hub}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "leaf.pem", folder / "leaf.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["SSL_CERT_FILE"] = str(folder / "ca.pem")
    names: dict[str, Any] = {"sha": commit.sha}
    exec(code, names)
    sys.stdout.write(json.dumps(names["answer"]))


def _loopback_up() -> None:
    """A new network namespace has a loopback device that is down."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh", b"lo", _UP_RUNNING))


def _certificates(folder: Path) -> None:
    """One for the name, signed by one that the code is told to trust."""

    def openssl(*args: str) -> None:
        subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=folder)

    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=loopback")
    openssl("req", *curve, "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", f"/CN={NAME}")
    (folder / "leaf.ext").write_text(f"subjectAltName=DNS:{NAME}\nbasicConstraints=CA:FALSE\n")
    signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "leaf.ext"]
    openssl("x509", "-req", "-in", "leaf.csr", *signed, "-out", "leaf.pem")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4])
