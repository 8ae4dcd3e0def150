"""The ladder of isolation: which layers this machine lets us put around programs, found by doing it once.

From strongest to weakest; each is a whole that was tried here, not a list of features that the kernel claims:

- ``namespaces``: user, pid, network, IPC, UTS and mount namespaces with a private read-only root, an allow-list of
  system calls, and Landlock where the kernel has it.
- ``landlock``: Landlock and the allow-list. What Docker's default profile lets an ordinary process do.
- ``seccomp``: the allow-list alone, with every file opened on the program's behalf by a broker.
- ``none``: a plain process with limits. Verdicts stay sound; the machine is not protected. Only when asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from dualset.builders.errors import ExecutionError, did_you_mean

__all__ = ["AUTO", "ONE", "Level", "Rung", "Sandbox", "climb", "level_of"]

AUTO = "auto"


class Sandbox(NamedTuple):
    """How programs are run on this machine. It decides no label.

    Attributes:
        workers: sandbox processes, each running one program at a time.
        isolation: a level, or ``auto``: the strongest that works.
    """

    workers: int = 1
    isolation: str = AUTO


ONE = Sandbox()
"""One worker at the strongest level."""


class Level(StrEnum):
    """The levels, strongest first."""

    NAMESPACES = "namespaces"
    LANDLOCK = "landlock"
    SECCOMP = "seccomp"
    NONE = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rung:
    """One level as it was tried on this machine.

    Attributes:
        level: which.
        layers: what protects, as recorded in ``observations.isolation``, such as ``namespaces+landlock+seccomp``; empty
            where it does not work.
        missing: the step that failed and why, in one line; None: it works.
    """

    level: Level
    layers: str
    missing: str | None = None


@cache
def climb() -> Sequence[Rung]:
    """Try every level once, strongest first; remembered for this process."""
    from dualset.builders.execution.worker import Zygote

    rungs = []
    for level in Level:
        zygote = Zygote("program", level)
        try:
            zygote.start()
            rungs.append(Rung(level=level, layers=zygote.isolation))
        except ExecutionError as error:
            rungs.append(Rung(level=level, layers="", missing=str(error)))
        finally:
            zygote.close()
    return tuple(rungs)


def level_of(asked: str) -> Level:
    """The level to use: the strongest that works, or the one asked for.

    Raises:
        ExecutionError: it is not known, does not work here, or none but ``none`` does and it was not asked for.
    """
    if asked != AUTO and asked not in list(Level):
        msg = f"no isolation level {asked!r}: {did_you_mean(asked, [AUTO, *Level])}"
        raise ExecutionError(msg)
    if asked == Level.NONE:
        return Level.NONE
    for rung in climb():
        if rung.missing is None and rung.level != Level.NONE and asked in (AUTO, rung.level):
            return rung.level
    raise ExecutionError(_refusal(asked))


def _refusal(asked: str) -> str:
    wanted = "no isolation level works" if asked == AUTO else f"the isolation level '{asked}' does not work"
    return (
        f"{wanted} on this machine: run  dualset doctor  to see why, or accept that programs are not kept from "
        "your files with  --isolation none"
    )
