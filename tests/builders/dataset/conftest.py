"""A loopback Hub, a process that talks to it, and versions to send there. Each test has repositories of its own."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hub_client import Client, client_of
from loopback_hub import Hub, running_hub
from sample_version import tiny_version

from dualset.builders.dataset import history
from dualset.builders.dataset.store import Version, open_version


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Version]:
    """Three samples, of the same two problems of one split: five files each."""
    return [tiny_version(tmp_path_factory.mktemp("made"), n_problems=2, seed=seed) for seed in range(3)]


@pytest.fixture
def tiny(made: list[Version], home: Path) -> Callable[..., Version]:
    """Commits a sample as ``tiny`` by copying it: ``tiny(seed)``, or ``tiny(seed, other_home)``."""

    def commit(seed: int = 0, where: Path = home) -> Version:
        revision = made[seed].revision
        shutil.copytree(made[seed].path, history.snapshot_path(where / "tiny", revision))
        entry = history.LogEntry(revision=revision, parents=(), created="2026-01-01T00:00:00Z")
        history.append_log(where / "tiny", entry)
        return open_version(f"tiny@{revision}", home=where)

    return commit


@pytest.fixture(scope="session")
def running() -> Iterator[Hub]:
    with running_hub() as hub:
        yield hub


@pytest.fixture(scope="module", autouse=True)
def _nobody_elses(request: pytest.FixtureRequest) -> None:
    """A file's tests share a Hub with each other, not with those of another file."""
    if "hub" in request.module.__name__:
        request.getfixturevalue("running").repositories.clear()


@pytest.fixture
def hub(running: Hub) -> Hub:
    """The Hub without faults; the repositories of this file's earlier tests are still there."""
    running.calm()
    return running


@pytest.fixture(scope="session")
def process(running: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with client_of(running, tmp_path_factory.mktemp("client")) as client:
        yield client


@pytest.fixture
def dualset(process: Client, home: Path) -> Client:
    """Runs commands on this test's own store."""
    process.home = home
    return process
