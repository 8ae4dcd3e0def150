"""Doors that no program may knock on: sockets that listen, on loopback and by path and by name; and one to knock on.

Whether anything arrived is read from the sockets themselves, after the program has ended.
"""

import os
import select
import socket
import threading
from contextlib import suppress
from pathlib import Path

__all__ = ["DOORS", "Doors", "Knocker"]

DOORS = {
    "TCP": (socket.AF_INET, socket.SOCK_STREAM),
    "TCP6": (socket.AF_INET6, socket.SOCK_STREAM),
    "UDP": (socket.AF_INET, socket.SOCK_DGRAM),
    "UNIX": (socket.AF_UNIX, socket.SOCK_STREAM),
    "UNIX_DATAGRAM": (socket.AF_UNIX, socket.SOCK_DGRAM),
    "ABSTRACT": (socket.AF_UNIX, socket.SOCK_STREAM),
    "ABSTRACT_DATAGRAM": (socket.AF_UNIX, socket.SOCK_DGRAM),
}
"""Their names in the corpus, the address family and how they are spoken to."""
_KNOCK_S = 0.05


class Doors:
    """The listening sockets of one program, opened when its text asks for them."""

    def __init__(self, folder: Path, mark: str) -> None:
        self._folder = folder
        self._mark = mark
        self._open: dict[str, socket.socket] = {}

    def open(self, kind: str) -> str:
        """Open one and say what the program is to be told: a port, a path, or an abstract name without its null."""
        family, how = DOORS[kind]
        door = socket.socket(family, how)
        address = self._address(kind)
        try:
            door.bind(address)
        except OSError:  # no IPv6 here, no abstract names on macOS: a door that nothing can reach
            door.close()
            return "1" if family != socket.AF_UNIX else "none"
        if how == socket.SOCK_STREAM:
            door.listen()
        door.setblocking(False)
        self._open[kind] = door
        return str(door.getsockname()[1]) if family != socket.AF_UNIX else str(address).removeprefix("\0")

    def _address(self, kind: str) -> tuple[str, int] | str:
        if kind.startswith("UNIX"):
            return os.path.relpath(self._path(kind)) if len(str(self._path(kind))) > 100 else str(self._path(kind))
        if kind.startswith("ABSTRACT"):
            return f"\0{self._mark}{kind[-4:]}"
        return ("::1" if kind == "TCP6" else "127.0.0.1", 0)

    def _path(self, kind: str) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / kind.lower()

    def reached(self) -> list[str]:
        """The doors at which something arrived."""
        return [kind for kind, door in self._open.items() if select.select([door], [], [], 0)[0]]

    def close(self) -> None:
        """Close them all."""
        for door in self._open.values():
            door.close()


class Knocker:
    """Tries all the time to reach ports on which programs were told to listen, and notes the marks that answer."""

    def __init__(self) -> None:
        self._ports: dict[int, str] = {}
        self.answered: set[str] = set()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._knock, daemon=True)

    def port(self, mark: str) -> str:
        """A free port to give to the program with this mark."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        self._ports[port] = mark
        return str(port)

    def start(self) -> None:
        """Begin, if there is a door to knock on."""
        if self._ports:
            self._thread.start()

    def stop(self) -> None:
        """Give up."""
        self._done.set()
        if self._ports:
            self._thread.join()

    def _knock(self) -> None:
        while not self._done.wait(_KNOCK_S):
            for port, mark in self._ports.items():
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=_KNOCK_S) as line:
                    if line.recv(64).decode("ascii", "replace").startswith(mark):
                        self.answered.add(mark)
