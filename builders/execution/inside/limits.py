"""What a program's process may use, set by itself just after the fork, before any of the program's text is read.

Portable layers only: session, rlimits, death with the zygote. The jail (namespaces, Landlock, system-call filter) was
built around the zygote and is inherited.
"""

import mmap
import resource
from collections.abc import Sequence

from dualset.builders.execution.inside.kernel import ABI, prctl_call
from dualset.builders.execution.inside.watch import Order

__all__ = ["MIB", "Limit", "address_space_mib", "die_with_parent", "for_good", "limits_of", "restrain", "write_freely"]

MIB = 1 << 20
_STACKS_MIB = 512
"""Address space beyond the limit: thread stacks are reserved, not used (``threading.stack_size(2**29)``). What is used
in truth is judged by the peak of resident memory."""
_STACK_MIB = 64
_FILES = 64
_PR_SET_PDEATHSIG = 1
_SIGKILL = 9

Limit = tuple[int, tuple[int, int]]
"""Which, and the soft and hard value."""

_die = prctl_call(_PR_SET_PDEATHSIG, _SIGKILL) if ABI else None


def die_with_parent() -> None:
    """Be killed when the process that forked this one has gone."""
    if _die:
        _die()


def limits_of(order: Order, base_mib: int) -> list[Limit]:
    """The limits of an order as soft limits, none above what this process has itself.

    Args:
        order: what the driver allows.
        base_mib: the address space that a child starts with (LiveBench#536: a limit below it fails right programs).
    """
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: _FILES,
        resource.RLIMIT_FSIZE: order.write_bytes,
        resource.RLIMIT_AS: (base_mib + order.memory_mib + _STACKS_MIB) * MIB,
        resource.RLIMIT_STACK: _STACK_MIB * MIB,
    }
    return [(which, _below_hard(which, value)) for which, value in wanted.items()]


def _below_hard(which: int, value: int) -> tuple[int, int]:
    hard = resource.getrlimit(which)[1]
    return (value if hard == resource.RLIM_INFINITY else min(value, hard)), hard


def for_good(order: Order) -> list[Limit]:
    """In a child without a filter: the soft limits as hard ones, and the CPU time, as the last resort."""
    given = (resource.RLIMIT_CORE, resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_AS)
    soft = [(which, resource.getrlimit(which)[0]) for which in given]
    cpu_s = int(order.cpu_s) + 2
    cpu = (resource.RLIMIT_CPU, (cpu_s, cpu_s + 2))  # at the hard limit it would be killed like by anybody
    return [*((which, (value, value)) for which, value in soft), cpu]


def write_freely() -> None:
    """Files of any size: for a process that runs nothing of a program's."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def restrain(limits: Sequence[Limit]) -> None:
    """Put the limits on this process."""
    for which, values in limits:
        try:
            resource.setrlimit(which, values)
        except (ValueError, OSError):  # macOS knows RLIMIT_AS and refuses it
            continue


def address_space_mib() -> int:
    """What this process has reserved, rounded up."""
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[0]) * mmap.PAGESIZE // MIB + 1
    except FileNotFoundError:
        return 64
