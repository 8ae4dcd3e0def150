"""The zygote's start: what every child will find already imported, and which of the two trades it has.

Run by ``worker.py`` as ``python -P -s -S -c ...`` with an empty environment but for the hash seed.
"""

import os

# the hooks of random, threading and logging cost 350 us a child
os.register_at_fork = lambda **hooks: None

import builtins  # noqa: E402
import socket  # noqa: E402
import sys  # noqa: E402

from dualset.builders.execution.inside import child, judge, tidy, zygote  # noqa: E402

__all__ = ["main"]


def main(root: str, control_fd: int, scratch: str, kind: str, level: str, packages: list[str]) -> None:
    """Become a zygote for programs or for judges; returns when the driver is gone."""
    sys.path[:] = [p for p in sys.path if p and p != root] + packages
    sys.argv[:] = [""]
    os.environ.clear()
    builtins.exit = builtins.quit = sys.exit  # type: ignore[assignment]  # what ``site`` defines
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 2)
    os.close(null)
    run = child.run if kind == "program" else judge.run
    try:
        with socket.socket(fileno=control_fd) as control:
            zygote.serve(control, scratch, level, run)
    finally:
        tidy.empty(scratch)
        os.rmdir(scratch)
