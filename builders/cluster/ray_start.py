"""A connection to Ray: a cluster that runs, or one started on this machine for as long as it is needed.

In: an address. Out: a connected Ray that reports to nobody and is gone at the end. What it has to say (a node that went
away) comes as log lines: Ray prints it to stdout, which is for data here.
"""

import io
import logging
import os
import re
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from dualset.builders.cluster import ray_tasks
from dualset.builders.errors import ExecutionError, MissingExtra

__all__ = ["connected"]

_STORE_BYTES = 100_000_000  # only names travel through Ray's store of objects
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LONGEST = 240
_PATIENCE_S = 10.0

log = logging.getLogger(__name__)


@contextmanager
def connected(address: str | None, workers: int | None) -> Iterator[Any]:
    """Ray, connected.

    Args:
        address: of a cluster: ``auto`` or ``HOST:PORT``; None: ``$RAY_ADDRESS``, or Ray is started here.
        workers: CPUs that it may use where it is started here.

    Raises:
        MissingExtra: it is not installed.
        ExecutionError: it cannot be reached or started.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # what is below comes out on stderr, too
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise MissingExtra("ray", "ray") from error
    if ray.is_initialized():  # the program that called us did it, and will end it
        _settle(ray)
        yield ray
        return
    with redirect_stdout(_Remarks()):
        _start(ray, address or os.environ.get("RAY_ADDRESS") or "local", workers)
        try:
            _settle(ray)
            yield ray
        finally:
            ray.shutdown()


def _start(ray: Any, address: str, workers: int | None) -> None:
    if address.startswith("ray://"):
        msg = (
            f"--address {address}: the build itself must run on a node of the cluster: start it there, for instance "
            "with  ray job submit,  and  --address auto"
        )
        raise ExecutionError(msg)
    mine: dict[str, Any] = {}
    if address == "local":
        mine = {"num_cpus": workers or os.cpu_count() or 1, "object_store_memory": _STORE_BYTES}
        mine |= {"include_dashboard": False}
    else:
        _reach(address)
        log.info("connecting to the Ray cluster at %s", address)
    try:
        with _unsaid():
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, namespace="dualset", **mine)
    except (ConnectionError, RuntimeError, ValueError, OSError, TimeoutError) as error:
        said = " ".join(str(error).split())[:300] or type(error).__name__
        hint = (
            "" if address in ("auto", "local") else " (does it ask for a token? then set RAY_AUTH_MODE=token here, too)"
        )
        msg = f"cannot reach a Ray cluster at {address!r}: {said}{hint}"
        raise ExecutionError(msg) from error


def _reach(address: str) -> None:
    """Whether anybody answers at HOST:PORT: Ray itself tries for minutes, and then ends the process."""
    host, _, port = address.rpartition(":")
    if not (host and port.isdecimal()):
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE_S).close()
    except (OSError, OverflowError) as error:
        msg = f"nobody answers at {address!r} ({error}): give the address of a running Ray cluster's head, or  auto"
        raise ExecutionError(msg) from error


def _settle(ray: Any) -> None:
    """What it does with failures, and what it says; its logs go to files in its session's folder."""
    ray.cloudpickle.register_pickle_by_value(ray_tasks)
    context = ray.data.DataContext.get_current()
    context.max_errored_blocks = -1  # an order that Ray gives up is handed out again
    context.print_on_execution_start = False
    context.enable_progress_bars = False
    for name in ("ray", "ray.data"):
        for handler in logging.getLogger(name).handlers:
            if isinstance(handler, logging.StreamHandler):
                handler.setLevel(logging.CRITICAL)


@contextmanager
def _unsaid() -> Iterator[None]:
    """Nothing is written to stderr meanwhile: Ray says there how much it will say."""
    saved = os.dup(2)
    try:
        with tempfile.TemporaryFile() as file:
            os.dup2(file.fileno(), 2)
            yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


class _Remarks(io.TextIOBase):
    """What is written becomes log lines: the first line of each message, without colours."""

    def write(self, text: str) -> int:
        for line in _COLOUR.sub("", text).splitlines():
            if line.strip() and not line[0].isspace():
                log.info("%s", line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "...")
        return len(text)
