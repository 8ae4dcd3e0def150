"""The options of commands whose work other machines can do: which engine, where it is, and what they all see."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from dualset.builders.sampled import Engine

__all__ = ["engine_of", "engine_options"]

_FOR_RAY = "--engine ray: "


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--engine``, ``--address``, ``--work`` and ``--samplers``."""
    for option in (
        click.option(
            "--samplers", type=click.IntRange(1), help=f"{_FOR_RAY}Models loaded at once.  [default: all that fit]"
        ),
        click.option("--work", metavar="URL", help=f"{_FOR_RAY}What all nodes reach, where they share no file system."),
        click.option("--address", help=f"{_FOR_RAY}The cluster, e.g. auto.  [default: $RAY_ADDRESS, or started here]"),
        click.option(
            "--engine",
            type=click.Choice(["local", "ray"]),
            default="local",
            show_default=True,
            help="Who samples and labels.",
        ),
    ):
        command = option(command)
    return command


def engine_of(
    *, engine: str, address: str | None, work: str | None, samplers: int | None, workers: int | None, isolation: str
) -> "AbstractContextManager[Engine | None]":
    """What the options say, to be used in a ``with``.

    Raises:
        UsageError: options of an engine that is not asked for.
    """
    if engine == "ray":
        from dualset.builders.cluster.ray_engine import RayEngine

        return RayEngine(address=address, work=work, workers=workers, isolation=isolation, samplers=samplers)
    given = {"--address": address, "--work": work, "--samplers": samplers}
    if names := [name for name, value in given.items() if value is not None]:
        msg = f"{names[0]} is for --engine ray"
        raise click.UsageError(msg)
    return nullcontext()
