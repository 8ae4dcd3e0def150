"""Which commits on the Hub hold which revision: ``NAME/hub.jsonl``, one line for each push and pull.

In: what was pushed or pulled. Out: the pins of a version, for run records and lists. The log only remembers: a line
that cannot be read (a torn last one, after a crash) is no line, and what the Hub holds is asked of the Hub.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from dualset.builders.dataset.snapshot import utc_now
from dualset.builders.dataset.version import Version

__all__ = ["HubPin", "hub_pin", "hub_pins", "log_pin"]

_LOG = "hub.jsonl"


@dataclass(frozen=True, kw_only=True, slots=True)
class HubPin:
    """A commit that holds a revision.

    Attributes:
        repo: ORG/NAME.
        sha: the commit, 40 hex digits.
        revision: what it holds, 64 hex digits.
        tag: the Hub's tag or branch that was asked for, or the tag that was made; None: neither.
        how: push or pull.
        time: UTC, ISO 8601.
    """

    repo: str
    sha: str
    revision: str
    tag: str | None
    how: str
    time: str

    def __str__(self) -> str:
        return f"hf://datasets/{self.repo}@{self.sha}"


def hub_pins(folder: Path) -> list[HubPin]:
    """What was pushed from and pulled into a dataset's folder, oldest first."""
    path = folder / _LOG
    lines = path.read_bytes().split(b"\n")[:-1] if path.is_file() else []
    return [pin for pin in map(_pin, lines) if pin is not None]


def hub_pin(version: Version) -> HubPin | None:
    """The commit that this version was pushed as or pulled from last; None: this store knows of none."""
    pins = [pin for pin in hub_pins(version.path.parent.parent) if pin.revision == version.revision]
    return pins[-1] if pins else None


def log_pin(folder: Path, *, repo: str, sha: str, revision: str, tag: str | None, how: str) -> None:
    """Remember a commit, unless it is what is remembered last. Only under the lock."""
    pins = hub_pins(folder)
    same = [p for p in pins if p.revision == revision][-1:]
    if same and (same[0].repo, same[0].sha, same[0].tag) == (repo, sha, tag or same[0].tag):
        return
    pin = HubPin(repo=repo, sha=sha, revision=revision, tag=tag, how=how, time=utc_now())
    with (folder / _LOG).open("a+b") as file:
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
        file.write(json.dumps(asdict(pin)).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _pin(line: bytes) -> HubPin | None:
    try:
        pin = HubPin(**json.loads(line))
    except (ValueError, TypeError):
        return None
    return pin if isinstance(pin.repo, str) and isinstance(pin.sha, str) and isinstance(pin.revision, str) else None
