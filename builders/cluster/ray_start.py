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
        with _settled(ray):
            yield ray
        return
    with redirect_stdout(_Remarks()):
        _start(ray, address or os.environ.get("RAY_ADDRESS") or "local", workers)
        try:
            with _settled(ray):
                _say_what_it_has(ray)
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
        log.info("connecting to the Ray cluster at %s", address)  # where it is something else, Ray tries for minutes
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


def _say_what_it_has(ray: Any) -> None:
    has = ray.cluster_resources()
    cpus, gpus = int(has.get("CPU", 0)), int(has.get("GPU", 0))
    wait = "" if cpus else ": waiting for nodes that have some"
    log.info("Ray has %d nodes with %d CPUs and %d GPUs%s", len(ray.nodes()), cpus, gpus, wait)


@contextmanager
def _settled(ray: Any) -> Iterator[None]:
    """What it does with failures, and what it says; its logs go to files in its session's folder."""
    ray.cloudpickle.register_pickle_by_value(ray_tasks)
    context = ray.data.DataContext.get_current()
    wanted = {
        "max_errored_blocks": -1,  # an order that Ray gives up is handed out again
        "print_on_execution_start": False,
        "enable_progress_bars": False,
    }
    before = {name: getattr(context, name) for name in wanted}
    handlers = [handler for name in ("ray", "ray.data") for handler in logging.getLogger(name).handlers]
    talking = {each: each.level for each in handlers if isinstance(each, logging.StreamHandler)}
    try:
        for name, value in wanted.items():
            setattr(context, name, value)
        for handler in talking:
            handler.setLevel(logging.CRITICAL)
        yield
    finally:
        for name, value in before.items():
            setattr(context, name, value)
        for handler, level in talking.items():
            handler.setLevel(level)


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
