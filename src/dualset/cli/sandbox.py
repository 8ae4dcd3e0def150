"""The options of every command that runs programs: how many at a time, and how they are kept from this machine."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from dualset.builders.execution.ladder import Sandbox

__all__ = ["sandbox_of", "sandbox_options"]

_LEVELS = "auto (the strongest that works here), namespaces, landlock, seccomp or none"


def sandbox_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--workers`` and ``--isolation``."""
    command = click.option(
        "--isolation", default="auto", show_default=True, metavar="LEVEL", help=f"The jail: {_LEVELS}."
    )(command)
    return click.option("--workers", type=click.IntRange(1), help="Sandbox processes.  [default: one a core]")(command)


def sandbox_of(workers: int | None, isolation: str, *, tried: bool = True) -> "Sandbox":
    """What the options say; ``tried``: the level is found out now, and not where it is first needed.

    Raises:
        ExecutionError: the level is not known, or does not work here.
    """
    from dualset.builders.execution.ladder import Sandbox, level_of

    return Sandbox(workers or os.cpu_count() or 1, level_of(isolation) if tried else isolation)
