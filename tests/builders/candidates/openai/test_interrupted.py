"""Sampling that is ended: by the one who asked for it, by an interrupt, by kill -9."""

import gzip
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from asking import REQUESTS, Completions, ask, sampler
from chat_server import ChatServer

KEY = "sk-secret-0123456789"


def test_closing_the_generator_ends_what_is_in_flight(server: ChatServer) -> None:
    server.hold_after(1)
    answers = sampler(server).sample(REQUESTS)
    next(answers)
    server.wait_until(lambda: len(server.asked) == 4)
    started = time.monotonic()
    answers.close()
    assert time.monotonic() - started < 1
    assert not [thread for thread in threading.enumerate() if thread.name == "requests"]
    assert len(server.asked) <= 5


def test_more_requests_in_flight_than_files_may_be_open(server: ChatServer, wanted: Completions) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (300, hard))
    try:
        assert ask(server, concurrency=64) == wanted
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


INTERRUPTED = """
import sys
from dualset.builders.candidates.samplers.openai import OpenAISampler
from dualset.builders.candidates.samplers.sampler import Request
from dualset.builders.candidates.settings import CandidateSettings, ServerSettings
settings = CandidateSettings(source="openai", model="micro", server=ServerSettings(url=sys.argv[1], concurrency=8))
requests = (Request("p", i, i, ({"role": "user", "content": "hello"},)) for i in range(10**9))
for answered in OpenAISampler.load(settings).sample(requests):
    pass
"""


def test_an_interrupt_ends_it_promptly_and_leaves_nothing_pending(server: ChatServer) -> None:
    server.hold_after(3)
    command = [sys.executable, "-X", "dev", "-c", INTERRUPTED, server.url]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    server.wait_until(lambda: len(server.asked) == 11)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert time.monotonic() - started < 3
    assert process.returncode == -signal.SIGINT
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert not [word for word in ("destroyed", "never retrieved", "unclosed", "Warning") if word in err], err
    assert not out


LEFT_OPEN = """
import sys
from dualset.builders.candidates.samplers.openai import OpenAISampler
from dualset.builders.candidates.samplers.sampler import Request
from dualset.builders.candidates.settings import CandidateSettings, ServerSettings
settings = CandidateSettings(source="openai", model="micro", server=ServerSettings(url=sys.argv[1], concurrency=8))
requests = (Request("p", i, i, ({"role": "user", "content": "hello"},)) for i in range(10**9))
answers = OpenAISampler.load(settings).sample(requests)
next(answers)
"""


def test_a_generator_that_is_left_open_does_not_keep_the_process(server: ChatServer) -> None:
    server.hold_after(3)
    command = [sys.executable, "-c", LEFT_OPEN, server.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


RECIPE = """
name: served
problems: {{source: micro, count: 12, seed: 0}}
candidates: {{source: openai, model: micro, n: 4, max_tokens: 48, server: {{url: "{url}", concurrency: 8}}}}
labels: {{timeout_s: 2, memory_mb: 256}}
groups: {{size: 3, prompt: short}}
"""


def build(recipe: Path, home: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "dualset", "build", str(recipe), "--json"]
    env = os.environ | {"DUALSET_HOME": str(home), "OPENAI_API_KEY": KEY}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def built(process: "subprocess.Popen[str]") -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return str(json.loads(out)["revision"])


def units(bodies: Sequence[dict[str, Any]]) -> Counter[str]:
    return Counter(f"{body['messages']} {body['seed']}" for body in bodies)


@pytest.mark.slow
def test_a_build_that_is_killed_asks_again_for_what_was_in_flight_only(server: ChatServer, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE.format(url=server.url))
    revision = built(build(recipe, tmp_path / "whole"))
    all_units = units(server.asked)
    assert sum(all_units.values()) == len(all_units) == 48
    server.calm()
    server.hold_after(20)
    killed = build(recipe, tmp_path / "killed")
    server.wait_until(lambda: len(server.answered) == 20 and len(server.asked) == 28)
    server.wait_until(lambda: _lines(tmp_path / "killed") == 20)
    killed.kill()
    killed.wait()
    answered = units(server.answered)
    in_flight = units(server.asked) - answered
    server.calm()
    assert built(build(recipe, tmp_path / "killed")) == revision
    assert units(server.asked) == all_units - answered
    assert in_flight.total() == 8
    again = units(server.asked) & in_flight
    assert again == in_flight
    server.calm()
    assert built(build(recipe, tmp_path / "killed")) == revision
    assert not server.asked  # finished work needs no server
    texts = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert KEY.encode() not in texts


def _lines(home: Path) -> int:
    files = (home / "served" / "work" / "completions").glob("*/*.jsonl.gz")
    return sum(len(gzip.decompress(path.read_bytes()).splitlines()) for path in files)


def test_a_build_says_in_one_line_what_is_wrong(server: ChatServer, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE.format(url="http://127.0.0.1:1/v1"))
    process = build(recipe, tmp_path / "home")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert len(err.strip().splitlines()) == 1
    assert "no server answers at http://127.0.0.1:1/v1" in err
