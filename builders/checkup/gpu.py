"""GPUs as the driver's own tool sees them, and what the installed torch was built for. torch is not imported.

In: ``nvidia-smi`` on the path, and torch's files. Out: `Graphics`. What the tool does not say is None. Other makers'
GPUs are not looked for.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

__all__ = ["Gpu", "Graphics", "TorchBuild", "driver_needed", "look_at_graphics", "torch_build"]

_ASKED = "name,memory.total,memory.free,driver_version"
_PATIENCE_S = 20.0  # without its daemon the driver wakes up each GPU first
_MARKS = ("/dev/nvidia0", "/dev/nvidiactl", "/proc/driver/nvidia/version", "/dev/dxg")
_DRIVERS = {11: 450, 12: 525, 13: 580}
"""The oldest driver for a CUDA of this main number (NVIDIA, CUDA Compatibility, minor version compatibility)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gpu:
    """One GPU; memory in MiB, None: the tool does not say, as where it is the machine's own memory."""

    name: str
    memory_mib: int | None
    free_mib: int | None
    driver: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Graphics:
    """The machine's GPUs.

    Attributes:
        gpus: as the driver numbers them, whatever ``CUDA_VISIBLE_DEVICES`` says.
        trouble: why there may be more than is seen, in one line; None: nothing points to that.
        visible: ``CUDA_VISIBLE_DEVICES``; None: not set.
    """

    gpus: tuple[Gpu, ...] = ()
    trouble: str | None = None
    visible: str | None = None

    @property
    def hidden(self) -> bool:
        """Whether programs are shown none of them."""
        return self.visible is not None and self.visible.strip() in ("", "-1", "NoDevFiles")


@dataclass(frozen=True, kw_only=True, slots=True)
class TorchBuild:
    """The installed torch; ``cuda`` is the version that it was built with, None: it cannot use an NVIDIA GPU."""

    version: str
    cuda: str | None


def look_at_graphics() -> Graphics:
    """Ask ``nvidia-smi``."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    tool = shutil.which("nvidia-smi")
    if tool is None:
        mark = next((each for each in _MARKS if os.path.exists(each)), None)
        trouble = f"{mark} is here, but nvidia-smi is not on the path" if mark else None
        return Graphics(trouble=trouble, visible=visible)
    command = [tool, f"--query-gpu={_ASKED}", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(command, capture_output=True, timeout=_PATIENCE_S, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return Graphics(trouble=f"nvidia-smi did not answer in {_PATIENCE_S:.0f} s", visible=visible)
    except OSError as error:
        return Graphics(trouble=f"nvidia-smi cannot be run: {error.strerror}", visible=visible)
    out, said = (text.decode(errors="replace").strip() for text in (told.stdout, told.stderr))
    rows = [[part.strip() for part in line.split(",")] for line in out.splitlines()]
    whole = [row for row in rows if len(row) == 4]
    gpus = tuple(Gpu(name=n, memory_mib=_mib(t), free_mib=_mib(f), driver=d) for n, t, f, d in whole)
    none_there = "no devices were found" in f"{out} {said}".lower()
    failed = (told.returncode or len(whole) < len(rows)) and not none_there
    trouble = f"nvidia-smi says: {_line(said or out) or f'exit code {told.returncode}'}" if failed else None
    return Graphics(gpus=gpus, trouble=trouble, visible=visible)


def torch_build() -> TorchBuild | None:
    """What its files say; None: it is not installed."""
    try:
        found = distribution("torch")
        text = Path(str(found.locate_file("torch/version.py"))).read_text(errors="replace")
    except (PackageNotFoundError, OSError):
        return None
    cuda = re.search(r"^cuda\b[^=]*=\s*['\"]([\d.]+)['\"]", text, re.MULTILINE)
    return TorchBuild(version=found.version, cuda=cuda[1] if cuda else None)


def driver_needed(cuda: str) -> int | None:
    """The oldest driver's main number for a version of CUDA; None: not known."""
    main = cuda.partition(".")[0]
    return _DRIVERS.get(int(main)) if main.isdigit() else None


def _mib(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:197]}..."
