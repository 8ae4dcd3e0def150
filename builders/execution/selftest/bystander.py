"""A process that has nothing to do with the programs: is it still as it was?

Its state is read from the kernel (Linux); elsewhere only whether it is alive.
"""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["Bystander"]


class Bystander:
    """A sleeping process of ours, and what has been done to it.

    Args:
        group: of processes that it joins.
    """

    def __init__(self, group: int) -> None:
        null = subprocess.DEVNULL
        self._process = subprocess.Popen(["sleep", "600"], stdin=null, stdout=null, stderr=null, process_group=group)
        self.pid = self._process.pid
        self._before = self._look()

    def disturbed(self) -> list[str]:
        """What is not as it was."""
        if self._process.poll() is not None:
            return [f"it ended ({self._process.returncode})"]
        after = self._look()
        changed = [name for name, before in self._before.items() if after[name] != before]
        return [f"its {name} was {self._before[name]}, is {after[name]}" for name in changed]

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _look(self) -> dict[str, str]:
        seen = {"priority": str(os.getpriority(os.PRIO_PROCESS, self.pid))}
        if sys.platform != "linux":
            return seen
        seen["processors"] = str(sorted(os.sched_getaffinity(self.pid)))
        folder = Path(f"/proc/{self.pid}")
        with suppress(OSError):
            status = (folder / "status").read_text()
            seen["state"] = "stopped" if "\nState:\tT" in status or "\nState:\tt" in status else "running"
            seen["tracer"] = status.partition("\nTracerPid:\t")[2].partition("\n")[0]
            seen["open files"] = next(x for x in (folder / "limits").read_text().splitlines() if "open files" in x)
            seen["score"] = (folder / "oom_score_adj").read_text().strip()
        return seen
