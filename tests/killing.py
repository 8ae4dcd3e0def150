"""Builds that are killed at a moment of choice, and what must hold of a store after each kill and at the end.

In: a folder with ``recipe.yaml`` (``model_recipe``, ``samples_recipe``). ``whole_build`` runs it undisturbed;
``kill_within`` runs it as ``dualset build`` and sends SIGKILL to the driver alone, so its sandboxes must end by
themselves; ``check_store`` says what is wrong with what is left. Sandboxes are known by ``$TMPDIR`` in their commands.
"""

import atexit
import json
import os
import random
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
from click.testing import CliRunner

from dualset.builders.dataset.history import read_log
from dualset.builders.dataset.manifest import read_manifest
from dualset.builders.dataset.verify import verify_files
from dualset.cli import cli

__all__ = [
    "LONGEST_S",
    "NAME",
    "STAGES",
    "Shard",
    "Whole",
    "check_end",
    "check_store",
    "finish",
    "kill_within",
    "model_recipe",
    "samples_recipe",
    "start",
    "stop_within",
    "whole_build",
]

NAME, TAG = "killed", "v1"
STAGES = ("start", "references", "sample", "labels", "commit", "end")
"""In order: imports and problems; programs that are references; a model at work; programs; a version being
written; its log line, its tag and the process's end."""
LONGEST_S = {"start": 1.0, "references": 0.5, "sample": 6.0, "labels": 3.0, "commit": 0.3, "end": 0.3}
"""How long a stage takes here, so that moments spread over all of it."""
SOON_S = 20.0
_KEPT = ("references", "labels")

_RECIPE = """
name: killed
problems: {{source: micro, count: {problems}, seed: 0}}
candidates: {{{candidates}}}
labels: {{timeout_s: 2, memory_mb: 256}}
groups: {{size: 3, balance: correct, prompt: short}}
"""

Shard = tuple[int, int]
"""Of a file: inode and time of change. Of a completion: the bytes of its problem's file that it is."""


@dataclass(frozen=True, kw_only=True)
class Whole:
    """What a build that nobody disturbed made: the revision, and what each finished piece of ``work`` holds.

    A piece is a shard of labels, or one completion.
    """

    revision: str
    shards: dict[str, list[dict[str, Any]]]


def model_recipe(folder: Path, problems: int = 32, n: int = 4) -> Path:
    """Sampling from the policy of the package; two shards of samples and one of labels."""
    sampled = f"source: transformers, model: micro, n: {n}, temperature: 1.0, max_tokens: 48, seed: 0"
    return _write(folder, problems, sampled)


def samples_recipe(folder: Path, problems: int = 80, n: int = 16) -> Path:
    """Imported samples: two shards of labels."""
    from dualset.builders.problems.micro import all_specs, micro_problems, statement
    from dualset.train.micro.corpus import attempt

    specs = {statement(spec): spec for spec in all_specs()}
    rng = random.Random(0)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "samples.jsonl").open("w") as file:
        for problem in micro_problems(problems, 0):
            for _ in range(n):
                code, _ = attempt(specs[problem.statement], rng, 0.5)
                file.write(json.dumps({"problem_id": problem.problem_id, "code": code}) + "\n")
    return _write(folder, problems, "source: samples, format: jsonl, path: samples.jsonl")


def _write(folder: Path, problems: int, candidates: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "recipe.yaml"
    path.write_text(_RECIPE.format(problems=problems, candidates=candidates))
    return path


def start(recipe: Path, home: Path, *more: str, **popen: Any) -> "subprocess.Popen[str]":
    """A build with a tag. Its sandboxes' folders lie beside the store."""
    scratch_of(home).mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "dualset", "build", str(recipe), "--json", "--tag", TAG, *more]
    env = os.environ | {"DUALSET_HOME": str(home), "TMPDIR": str(scratch_of(home))}
    build = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen)
    atexit.register(build.kill)  # where a test fails while it stands still
    return build


def scratch_of(home: Path) -> Path:
    return home.parent / f"scratch-{home.name}"


def finish(build: "subprocess.Popen[str]") -> str:
    """Wait for its end; the revision."""
    out, err = build.communicate(timeout=300)
    assert build.returncode == 0, err
    revision: str = json.loads(out)["revision"]
    return revision


def whole_build(recipe: Path, home: Path, *more: str) -> Whole:
    """A build that nobody disturbs."""
    revision = finish(start(recipe, home, *more))
    return Whole(revision=revision, shards={name: rows for name, (_, rows) in _pieces(home).items()})


def kill_within(recipe: Path, home: Path, stage: str, share: float, *more: str) -> str | None:
    """Kill a build when so much of the stage is over; the stage it was in, or None where it ended before."""
    build = start(recipe, home, *more)
    found = stop_within(build, home, stage, share)
    build.kill()
    _, err = build.communicate(timeout=SOON_S)
    assert build.returncode in (0, -signal.SIGKILL), err
    return found if build.returncode else None


def stop_within(build: "subprocess.Popen[str]", home: Path, stage: str, share: float = 0.0) -> str:
    """Let a build stand still (SIGCONT goes on) when so much of the stage is over; the stage it is in."""
    found = STAGES[0]
    while build.poll() is None and STAGES.index(found) < STAGES.index(stage):
        time.sleep(0.002)
        found = _stage(build.pid, home, found)
    time.sleep(share * LONGEST_S[stage])
    with suppress(ProcessLookupError):
        os.kill(build.pid, signal.SIGSTOP)
    return _stage(build.pid, home, found)


def _stage(pid: int, home: Path, before: str) -> str:
    """What a running build is at, from its files and its processes; ``before`` is what it was at last."""
    if (home / NAME / f".commit-{pid}").exists():
        return "commit"
    if before in ("commit", "end"):
        return "end"
    if not _has_the_work(pid, home):  # the levels of isolation are tried in processes like those for programs
        return before
    if any("execution.inside" in " ".join(_command(child)) for child in _children(pid)):
        return "labels" if any(name.startswith("references") for name in _shards(home)) else "references"
    return max(before, "sample" if "libtorch" in _text(f"/proc/{pid}/maps") else "start", key=STAGES.index)


def _has_the_work(pid: int, home: Path) -> bool:
    opened = set()
    with suppress(OSError):  # it has ended
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            opened.add(os.path.realpath(descriptor))
    return os.path.realpath(home / NAME / "work" / ".lock") in opened


def _children(pid: int) -> list[str]:
    """Those of all its threads."""
    return [child for task in Path(f"/proc/{pid}/task").glob("*/children") for child in _text(str(task)).split()]


def _command(pid: str) -> list[str]:
    return _text(f"/proc/{pid}/cmdline").split("\0")


def _text(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:  # it has ended
        return ""


def check_store(home: Path, whole: Whole, before: dict[str, Shard]) -> dict[str, Shard]:
    """What must hold after a kill, whenever it was.

    Args:
        home: the store.
        whole: of the same recipe.
        before: the finished shards after the kill before this one; these must still be the same files.

    Returns:
        The finished shards now.
    """
    end = time.monotonic() + SOON_S
    while left := _sandboxes(scratch_of(home)):  # usually it takes milliseconds
        assert time.monotonic() < end, f"left running: {left}"
        time.sleep(0.02)
    folder = home / NAME
    pieces = _pieces(home)
    for name, (_, rows) in pieces.items():
        assert rows == whole.shards[name], f"{name} is not that of a build that was not killed"
    now = {name: identity for name, (identity, _) in pieces.items()}
    assert before.items() <= now.items(), "finished work was done again"
    there = list((folder / "snapshots").iterdir()) if (folder / "snapshots").exists() else []
    for snapshot in there:
        verify_files(snapshot, read_manifest(snapshot))
    assert [each.name for each in there] in ([], [whole.revision])
    assert [entry.revision for entry in read_log(folder)] in ([], [whole.revision])
    listed = json.loads(_dualset(home, "versions", "--json"))
    assert [version["revision"] for version in listed] == [each.name for each in there]
    if listed:
        assert json.loads(_dualset(home, "show", NAME, "--digests", "--json"))["revision"] == whole.revision
    for tag in (folder / "refs").glob("[!.]*"):
        assert tag.read_text() == f"{whole.revision}\n"
    return now


def check_end(home: Path, whole: Whole, revision: str, before: dict[str, Shard]) -> None:
    """What must hold after a build that came to its end, whatever happened before: what an undisturbed one leaves."""
    assert revision == whole.revision
    now = check_store(home, whole, before)
    assert now.keys() == whole.shards.keys()
    folder = home / NAME
    assert [entry.revision for entry in read_log(folder)] == [whole.revision]
    assert (folder / "refs" / TAG).read_text() == f"{whole.revision}\n"
    unfinished = [path for path in home.rglob("*") if path.name.endswith(".tmp") or path.name.startswith(".commit-")]
    assert not unfinished


def _dualset(home: Path, *args: str) -> str:
    """The command line, in this process: a hundred starts would be most of the time."""
    done = CliRunner().invoke(cli, args, env={"DUALSET_HOME": str(home)})
    assert done.exit_code == 0, done.output
    return done.stdout


def _shards(home: Path) -> dict[str, Path]:
    work = home / NAME / "work"
    return {path.relative_to(work).as_posix(): path for kind in _KEPT for path in work.glob(f"{kind}/*.parquet")}


def _pieces(home: Path) -> dict[str, tuple[Shard, list[Any]]]:
    """Each finished piece of work: what it is, and what it holds."""
    pieces = {name: (_identity(path), list[Any](_rows(path))) for name, path in _shards(home).items()}
    for path in (home / NAME / "work" / "completions").glob("*/*.jsonl.gz"):
        for start, end, line in _members(path.read_bytes()):
            name = f"{path.parent.name}/{path.name} {json.loads(line)[0]}"
            assert name not in pieces, f"{name} is there twice"
            pieces[name] = ((start, end), [line])
    return pieces


def _members(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The lines of a file of completions, and where they are; the last one may have been cut."""
    start = 0
    while start < len(data):
        member = zlib.decompressobj(31)
        line = member.decompress(data[start:])
        if not member.eof:
            return
        end = len(data) - len(member.unused_data)
        yield start, end, line
        start = end


def _identity(path: Path) -> Shard:
    stat = path.stat()
    return stat.st_ino, stat.st_mtime_ns


def _rows(path: Path) -> list[dict[str, Any]]:
    """Without what was measured, which differs from run to run."""
    with path.open("rb") as file:
        rows: list[dict[str, Any]] = pq.ParquetFile(file).read().to_pylist()
    return [{name: value for name, value in row.items() if name != "observation"} for row in rows]


def _sandboxes(scratch: Path) -> list[psutil.Process]:
    """Guards and zygotes whose folder lies there, whoever their parent is now."""
    found = psutil.process_iter(["cmdline"])
    return [each for each in found if any(str(scratch) in part for part in each.info["cmdline"] or [])]
