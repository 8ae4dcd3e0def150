"""What this machine is, as far as it decides how programs can be kept from it: read, never changed.

Out: a ``Machine``. What cannot be read is None; a container is recognised by the marks that the usual ones leave, so
None says only that none was seen.
"""

import getpass
import os
import platform
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Machine", "this_machine"]

_SYSCTLS = (
    "user.max_user_namespaces",
    "kernel.unprivileged_userns_clone",
    "kernel.apparmor_restrict_unprivileged_userns",
)
_CONTAINERS = {"/.dockerenv": "Docker", "/run/.containerenv": "Podman", "/run/systemd/container": "a container"}
_IN_CGROUP = {"kubepods": "Kubernetes", "docker": "Docker", "containerd": "containerd", "lxc": "LXC"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """This machine.

    Attributes:
        system: Linux, Darwin, …
        release: the kernel's release, such as 6.8.0.
        architecture: x86_64, aarch64 or arm64, …
        python: the version, and where the interpreter lies.
        cores: those that this process may run on.
        quota: how many of them a container's limit allows; None: no limit seen.
        container: what it runs in; None: nothing was seen.
        user: the user's name; its number where it has none.
        root: whether that is the superuser.
        filtered: whether a system-call filter is already on this process, as in a container.
        sysctls: the kernel's settings that bear on namespaces, where they exist.
        security: the security modules that are on; None: not told.
    """

    system: str
    release: str
    architecture: str
    python: str
    cores: int
    quota: float | None = None
    container: str | None = None
    user: str
    root: bool
    filtered: bool = False
    sysctls: Mapping[str, str]
    security: tuple[str, ...] | None = None

    @property
    def kernel(self) -> tuple[int, int]:
        """The kernel's release as two numbers."""
        major, _, rest = self.release.partition(".")
        minor = "".join(letter if letter.isdigit() else " " for letter in rest).split()[:1] or ["0"]
        return (int(major) if major.isdigit() else 0, int(minor[0]))


def this_machine() -> Machine:
    """Look at this one."""
    modules = _text("/sys/kernel/security/lsm")
    settings = {name: _text(f"/proc/sys/{name.replace('.', '/')}") for name in _SYSCTLS}
    return Machine(
        system=platform.system(),
        release=platform.release(),
        architecture=platform.machine(),
        python=f"{platform.python_version()} {sys.executable}",
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        quota=_quota(),
        container=_container(),
        user=_user(),
        root=os.geteuid() == 0,
        filtered="\nSeccomp:\t2" in (_text("/proc/self/status") or ""),
        sysctls={name: value for name, value in settings.items() if value is not None},
        security=tuple(modules.split(",")) if modules else None,
    )


def _container() -> str | None:
    for path, name in _CONTAINERS.items():
        if os.path.exists(path):
            return name
    groups = _text("/proc/1/cgroup") or ""
    found = next((name for word, name in _IN_CGROUP.items() if word in groups), None)
    return found or ("Kubernetes" if "KUBERNETES_SERVICE_HOST" in os.environ else None)


def _quota() -> float | None:
    """From the second version of control groups: ``max 100000`` or microseconds and their period."""
    given, _, period = (_text("/sys/fs/cgroup/cpu.max") or "").partition(" ")
    return round(int(given) / int(period), 2) if given.isdigit() and period.isdigit() else None


def _user() -> str:
    with suppress(KeyError, OSError):
        return getpass.getuser()
    return str(os.getuid())


def _text(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
