"""What has to be done on this machine, most important first: only what is wrong, never what could be had besides.

In: what was seen. Out: lines of two parts, what is wrong and what to do about it.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dualset.builders.checkup.disk import Room
from dualset.builders.checkup.gpu import Graphics, TorchBuild, driver_needed
from dualset.builders.checkup.hub import Answer
from dualset.builders.checkup.libraries import Finding, State
from dualset.builders.checkup.memory import Memory

__all__ = ["ToDo", "disks", "graphics", "hub", "isolation", "libraries", "memory"]

_LEAST_FREE = 1_000_000_000
_A_PROGRAM = 512 * 2**20  # labels.memory_mb where a recipe does not say


class ToDo(NamedTuple):
    """One thing: what is wrong, and what to do."""

    what: str
    do: str


def isolation(auto: str | None, how: Sequence[str]) -> Iterator[ToDo]:
    """No level of isolation works; ``how`` are the ways to the weakest, which is had most easily."""
    if auto is None:
        ways = "; or ".join(how) or "see the levels above"
        yield ToDo("nothing keeps programs from this machine: builds refuse to run", ways)


def disks(store: Room, cache: Room) -> Iterator[ToDo]:
    """A store that cannot be written to or is nearly full; the Hub's cache likewise."""
    for room, name, variable in ((store, "the store", "DUALSET_HOME"), (cache, "the Hub's cache", "HF_HOME")):
        if not room.writable:
            yield ToDo(f"{name} at {room.path} cannot be written to", f"set {variable} to a folder that can")
        elif room.free_bytes is not None and room.free_bytes < _LEAST_FREE:
            free = room.free_bytes / 1e6
            yield ToDo(f"{free:.0f} MB are free for {name} at {room.path}", f"make room, or set {variable}")


def libraries(findings: Sequence[Finding]) -> Iterator[ToDo]:
    """What is there and does not go with dualset or with another; what is needed always before what is not."""
    wrong = [each for each in findings if each.state in (State.UNSUPPORTED, State.CLASHES)]
    wrong += [each for each in findings if each.state == State.MISSING and each.extra is None]
    for each in sorted(wrong, key=lambda each: each.extra is not None):
        if each.mend is not None:
            yield ToDo(f"{each.name} {each.version or 'is missing'}: {each.says}", each.mend)


def graphics(seen: Graphics, torch: TorchBuild | None) -> Iterator[ToDo]:
    """GPUs that are there and cannot be used."""
    if seen.trouble:
        yield ToDo(seen.trouble, "mend the driver (after an update: restart), or give the container its GPU")
    if seen.gpus and seen.hidden:
        yield ToDo("CUDA_VISIBLE_DEVICES hides every GPU", "unset CUDA_VISIBLE_DEVICES")
    if seen.gpus and torch is not None:
        yield from _build(seen.gpus[0].driver, torch)
    for number, gpu in enumerate(seen.gpus):
        if gpu.memory_mib and gpu.free_mib is not None and gpu.free_mib < gpu.memory_mib / 2:
            free = f"{gpu.free_mib / 1024:.1f} of {gpu.memory_mib / 1024:.1f} GiB"
            yield ToDo(f"GPU {number} has {free} free", "end what holds the rest: nvidia-smi lists it")


def _build(driver: str, torch: TorchBuild) -> Iterator[ToDo]:
    if torch.cuda is None:
        again = f"pip install --force-reinstall 'torch=={torch.version.partition('+')[0]}'"
        yield ToDo(f"torch {torch.version} was built without CUDA", f"{again}  from an index of CUDA builds")
        return
    needed, main = driver_needed(torch.cuda), driver.partition(".")[0]
    if needed is not None and main.isdigit() and int(main) < needed:
        older = f"a driver from {needed} on, or a torch for an older CUDA"
        yield ToDo(f"torch {torch.version} was built for CUDA {torch.cuda}, too new for the driver {driver}", older)


def memory(seen: Memory, cores: int) -> Iterator[ToDo]:
    """Less than a sandbox process a core may need."""
    if seen.available is not None and seen.available < cores * _A_PROGRAM:
        workers = max(1, seen.available // _A_PROGRAM)
        free = f"{seen.available / 2**30:.1f} GiB"
        yield ToDo(
            f"{free} of memory for {cores} programs at a time, which may have 512 MiB each",
            f"--workers {workers}, or a lower labels.memory_mb",
        )


def hub(answer: Answer | None) -> Iterator[ToDo]:
    """What the Hub said, where it was asked."""
    if answer is not None and answer.trouble:
        ways = "check HF_TOKEN, or  hf auth login" if answer.reached else "check the network and HF_ENDPOINT"
        yield ToDo(answer.trouble, ways)
