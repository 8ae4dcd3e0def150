"""How to get a level of isolation that does not work: keyed by what this machine shows, most likely cause first.

In: a level that is missing, and the machine. Out: lines for a person, each a cause with what to do about it. They are
causes that fit, not a diagnosis: what was really refused is in ``Rung.missing``.
"""

from collections.abc import Iterator

from dualset.builders.execution.ladder import Level
from dualset.builders.execution.machine import Machine

__all__ = ["advice"]

_LANDLOCK_SINCE, _BROKER_SINCE = (5, 13), (5, 14)


def advice(level: Level, machine: Machine) -> list[str]:
    """What would make this level work here; at least one line for every level but ``none``."""
    if level == Level.NONE:
        return []
    if machine.system != "Linux":
        return [f"isolation is a part of Linux: on {machine.system} run dualset in a Linux container or VM"]
    if machine.architecture not in ("x86_64", "aarch64"):
        return [f"the system calls of {machine.architecture} are not known: use x86-64 or aarch64"]
    return list(_ADVICE[level](machine))


def _namespaces(machine: Machine) -> Iterator[str]:
    settings = machine.sysctls
    if settings.get("user.max_user_namespaces") == "0":
        yield "user namespaces are switched off: sudo sysctl user.max_user_namespaces=15000"
    if settings.get("kernel.unprivileged_userns_clone") == "0" and not machine.root:
        yield "user namespaces are for root only: sudo sysctl kernel.unprivileged_userns_clone=1"
    if settings.get("kernel.apparmor_restrict_unprivileged_userns") == "1" and not machine.root:
        yield (
            "AppArmor keeps ordinary users from namespaces (Ubuntu 23.10 and later): sudo sysctl "
            "kernel.apparmor_restrict_unprivileged_userns=0, or give this Python an AppArmor profile that allows userns"
        )
    if machine.container or machine.filtered:
        yield (
            f"{machine.container or 'a container'} refuses namespaces by default, and landlock is fine there; "
            "to have them, start it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined"
        )
    yield "the kernel needs CONFIG_USER_NS, CONFIG_PID_NS, CONFIG_NET_NS and CONFIG_IPC_NS, and Linux 5.12"


def _landlock(machine: Machine) -> Iterator[str]:
    if machine.kernel < _LANDLOCK_SINCE:
        yield f"Landlock came with Linux 5.13, this is {machine.release}: a newer kernel has it"
        return
    if machine.security is not None and "landlock" not in machine.security:
        modules = ",".join(["landlock", *machine.security])
        yield f"Landlock is not switched on: start the kernel with  lsm={modules}"
    if machine.container or machine.filtered:
        yield (
            f"{machine.container or 'a container'} may refuse Landlock: Docker 23, containerd 1.6 and later "
            "let them through; or start it with --security-opt seccomp=unconfined"
        )
    yield "the kernel needs CONFIG_SECURITY_LANDLOCK, and landlock in CONFIG_LSM or in the lsm= of its command line"


def _seccomp(machine: Machine) -> Iterator[str]:
    if machine.kernel < _BROKER_SINCE:
        yield f"the broker that opens files needs Linux 5.14, this is {machine.release}: a newer kernel has it"
        return
    if machine.container or machine.filtered:
        yield (
            f"{machine.container or 'a container'} may already have a filter that asks, and the kernel allows one: "
            "start it with --security-opt seccomp=unconfined"
        )
    yield "the kernel needs CONFIG_SECCOMP and CONFIG_SECCOMP_FILTER"


_ADVICE = {Level.NAMESPACES: _namespaces, Level.LANDLOCK: _landlock, Level.SECCOMP: _seccomp}
