"""What every benchmark prints first: its command, the machine, the versions. In: nothing. Out: a dict."""

import os
import platform
import shlex
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

__all__ = ["circumstances"]


def circumstances(*packages: str) -> dict[str, Any]:
    """The command line, the machine, and the versions of dualset and of the packages named."""
    return {
        "command": f"python {shlex.join(sys.argv)}",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in ("dualset", *packages)},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
