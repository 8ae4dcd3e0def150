"""A process of its own that runs dualset commands, and other clients' code, against a loopback Hub.

huggingface_hub reads its settings once, on import; so each set of settings is one process, kept open to import once.
In: arguments of ``dualset``, or Python that leaves something in ``answer``. Out: `Done`, or that answer.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from loopback_hub import Hub

TOKEN = "hf_test"


class Done(NamedTuple):
    """What a command did: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The one line of a handled error; before it may be told what a tag names, and waits."""
        assert self.code == 1, self
        assert self.out == ""
        *before, line = self.err.splitlines()
        assert line.startswith("Error: "), self.err
        assert all(each.startswith(("hf://", "the Hub: ")) for each in before), self.err
        return line


class Client:
    """The process; ``home`` is the store that commands use, ``cache`` its HF_HOME."""

    def __init__(self, process: "subprocess.Popen[str]", home: Path, cache: Path) -> None:
        self._process, self.home, self.cache = process, home, cache

    def __call__(self, *args: str, home: Path | None = None, token: str = TOKEN) -> Done:
        """Run ``dualset ARGS``."""
        told = self._ask(args=args, env={"DUALSET_HOME": str(home or self.home), "HF_TOKEN": token})
        assert told.get("bug") is None, told
        return Done(told["code"], told["out"], told["err"])

    def python(self, code: str, **values: Any) -> Any:
        """Run code in which the values are names; gives ``answer``."""
        told = self._ask(code=code, values=values)
        return told["answer"]

    def _ask(self, **question: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the process ended; what it says is on stderr"
        told: dict[str, Any] = json.loads(line)
        return told


def settings(hub: Hub, cache: Path, **more: str) -> dict[str, str]:
    """The environment of a process that talks to this Hub only."""
    own = {"HF_ENDPOINT": hub.endpoint, "HF_HOME": str(cache), "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": TOKEN}
    return os.environ | own | {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"} | more


@contextmanager
def client_of(hub: Hub, folder: Path, cache: Path | None = None, **more: str) -> Iterator[Client]:
    """Start a process; ``cache`` may be another one's."""
    cache = cache or folder / "hf"
    process = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=settings(hub, cache, **more),
    )
    try:
        yield Client(process, folder / "dualsets", cache)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait()


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    import traceback

    from click.testing import CliRunner

    from dualset.cli import cli

    if "args" in question:
        done = CliRunner().invoke(cli, question["args"], env=question["env"])
        bug = done.exception if done.exception and not isinstance(done.exception, SystemExit) else None
        told = {"code": done.exit_code, "out": done.stdout, "err": done.stderr}
        return told | {"bug": "".join(traceback.format_exception(bug)) if bug else None}
    names: dict[str, Any] = dict(question["values"])
    exec(question["code"], names)
    return {"answer": names["answer"]}


if __name__ == "__main__":
    said, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        said.write(json.dumps(_answer(json.loads(line))) + "\n")
        said.flush()
