"""``dualset build`` by vLLM in process and by its server: killed in the middle, resumed, and what that asked again."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from dualset.builders.candidates.policy import MICRO_POLICY_FOLDER

PROBLEMS, N = 150, 4
TOTAL = PROBLEMS * N
IN_FLIGHT = 2 * 32
RECIPE = Path(__file__).parents[2] / "recipes" / "micro.yaml"
IN_PROCESS = (
    "candidates.source=vllm",
    "candidates.engine={enforce_eager: true, dtype: float32, max_num_seqs: 32}",
)
Say = Callable[[str], None]
Lines = dict[tuple[str, int], list[Any]]


def _start(home: Path, *settings: str) -> "subprocess.Popen[str]":
    settings = (f"problems.count={PROBLEMS}", f"candidates.n={N}", *settings)
    command = [sys.executable, "-m", "dualset", "build", str(RECIPE), "--json"]
    command += [word for setting in settings for word in ("--set", setting)]
    env = os.environ | {"DUALSET_HOME": str(home), "NO_COLOR": "1"}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _finish(build: "subprocess.Popen[str]") -> dict[str, Any]:
    """What it printed; nothing but that is on stdout, where vLLM would write, too."""
    out, err = build.communicate(timeout=280)
    assert build.returncode == 0, err
    printed: dict[str, Any] = json.loads(out)
    return printed


def _kept(home: Path) -> Lines:
    """The completions on disk, by the name of their file and their index; a torn one is not there."""
    found: Lines = {}
    for path in (home / "micro" / "work" / "completions").glob("*/*.jsonl.gz"):
        data = path.read_bytes()
        while data:
            member = zlib.decompressobj(31)
            line = member.decompress(data)
            if not member.eof:
                break
            index, *said = json.loads(line)
            assert (path.name, index) not in found, "asked for again"
            found[path.name, index] = said
            data = member.unused_data
    return found


def _kill_when(build: "subprocess.Popen[str]", home: Path, kept: int) -> None:
    while len(_kept(home)) < kept:
        assert build.poll() is None, build.communicate()[1]
        time.sleep(0.05)
    build.kill()
    build.communicate(timeout=20)
    assert build.returncode == -signal.SIGKILL


def _engines_of(build: "subprocess.Popen[str]") -> list[psutil.Process]:
    found = psutil.process_iter(["cmdline"])
    mine = str(build.pid)
    return [each for each in found if (words := each.info["cmdline"] or [""])[-1] == mine and "vllm" in words[-3]]


def _soon(holds: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def _check_resumed(home: Path, before: Lines, whole: dict[str, Any], resumed: dict[str, Any]) -> None:
    after = _kept(home)
    assert len(after) == TOTAL
    assert {key: after[key] for key in before} == before
    assert resumed["counts"]["candidates"] == TOTAL
    assert resumed["counts"] == whole["counts"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A build by vLLM in process that nobody disturbed."""
    home = tmp_path_factory.mktemp("whole")
    return home, _finish(_start(home, *IN_PROCESS))


def test_a_build_killed_while_it_samples_asks_only_for_what_is_missing(
    whole: tuple[Path, dict[str, Any]], tmp_path: Path, say: Say
) -> None:
    build = _start(tmp_path, *IN_PROCESS)
    _kill_when(build, tmp_path, TOTAL // 3)
    _soon(lambda: not _engines_of(build), 5)
    before = _kept(tmp_path)
    assert TOTAL // 3 <= len(before) < TOTAL - IN_FLIGHT
    _check_resumed(tmp_path, before, whole[1], _finish(_start(tmp_path, *IN_PROCESS)))
    texts = {key: said[0] for key, said in _kept(tmp_path).items()}
    assert texts == {key: said[0] for key, said in _kept(whole[0]).items()}
    say(f"vllm in process: {len(before)} of {TOTAL} on disk at kill -9, {TOTAL - len(before)} asked for after it")


def test_a_build_killed_while_it_loads_the_model_leaves_no_engine(tmp_path: Path) -> None:
    build = _start(tmp_path, *IN_PROCESS)
    _soon(lambda: bool(_engines_of(build)), 60)
    time.sleep(3)
    build.kill()
    build.communicate(timeout=20)
    _soon(lambda: not _engines_of(build), 5)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """vLLM's own server; the address up to /v1."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-P", "-m", "vllm.entrypoints.openai.api_server", "--model", str(MICRO_POLICY_FOLDER)]
    command += ["--served-model-name", "micro", "--host", "127.0.0.1", "--port", str(port), "--dtype", "float32"]
    command += ["--enforce-eager", "--max-num-seqs", "32", "--no-enable-chunked-prefill"]
    command += ["--generation-config", "vllm"]
    env = os.environ | {"VLLM_NO_USAGE_STATS": "1"}
    process = subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _soon(lambda: process.poll() is None and _healthy(port), 120)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_a_build_by_the_server_killed_in_the_middle_is_resumed_and_agrees_with_the_one_in_process(
    whole: tuple[Path, dict[str, Any]], server: str, tmp_path: Path, say: Say
) -> None:
    pytest.importorskip("openai")
    through = ("candidates.source=openai", f"candidates.server={{url: {server}, concurrency: 32}}")
    build = _start(tmp_path, *through)
    _kill_when(build, tmp_path, TOTAL // 3)
    before = _kept(tmp_path)
    printed = _finish(_start(tmp_path, *through))
    after = _kept(tmp_path)
    assert len(after) == printed["counts"]["candidates"] == TOTAL
    assert {key: after[key] for key in before} == before
    say(f"vllm's server: {len(before)} of {TOTAL} on disk at kill -9, {TOTAL - len(before)} asked for after it")
    there = _kept(whole[0])
    same = sum(after[key][0] == there[key][0] for key in after)
    say(f"vllm's server and vllm in process, same seeds (float32): {same} of {TOTAL} texts are the same")
    assert same >= 0.95 * TOTAL
