"""Builds on a Ray cluster of a head and two nodes on this machine: the revision of the local build, whatever happens.

Programs tell a file that they were run, so that every run is counted, also those of a node that went away.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dualset.builders.build import build
from dualset.builders.dataset.store import open_version
from dualset.builders.errors import ExecutionError
from dualset.builders.execution import kept
from dualset.builders.execution.ladder import Sandbox
from dualset.builders.recipe import Recipe, load_recipe

pytest.importorskip("ray")
pytestmark = pytest.mark.slow

SMALL = {"object_store_memory": 80_000_000}
SOON = {f"health_check_{name}": 500 for name in ("initial_delay_ms", "period_ms", "timeout_ms")}
SAMPLED = """
name: sampled
problems: {source: micro, count: 16, seed: 0, keep_failing: true}
candidates: {source: transformers, model: micro, n: 4, max_tokens: 48, batch_size: 4, seed: 0}
labels: {timeout_s: 2, memory_mb: 256}
groups: {size: 4, prompt: short}
"""
IMPORTED = """
name: imported
problems: {source: jsonl, path: problems.jsonl, keep_failing: true}
candidates: {source: samples, format: jsonl, path: samples.jsonl}
labels: {timeout_s: 2, memory_mb: 256}
groups: {size: 2, prompt: short}
"""
OF_8 = """
from dualset.builders.execution import kept
kept.PROGRAMS_A_SHARD = 8
from dualset.cli import main
main()
"""
"""The command line, with shards of 8 programs."""


class Nodes:
    """A head without work, and two nodes with a core each."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        head = {"num_cpus": 0, "include_dashboard": False, "_system_config": SOON, **SMALL}
        self.cluster = Cluster(initialize_head=True, head_node_args=head)
        self.nodes = [self.cluster.add_node(num_cpus=1, **SMALL) for _ in range(2)]

    @property
    def address(self) -> str:
        return str(self.cluster.address)

    def remove_when(self, ready: Callable[[], bool]) -> threading.Thread:
        """Take a node away, without a word to it, as soon as something is so."""

        def remove() -> None:
            wait(ready)
            self.cluster.remove_node(self.nodes.pop(), allow_graceful=False)

        thread = threading.Thread(target=remove)
        thread.start()
        return thread

    def mend(self) -> None:
        while len(self.nodes) < 2:
            self.nodes.append(self.cluster.add_node(num_cpus=1, **SMALL))


def wait(ready: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Nodes]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    nodes = Nodes()
    yield nodes
    nodes.cluster.shutdown()


@pytest.fixture
def nodes(cluster: Nodes) -> Nodes:
    cluster.mend()
    return cluster


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A recipe that samples, and the revision of its local build."""
    folder = tmp_path_factory.mktemp("sampled")
    (folder / "recipe.yaml").write_text(SAMPLED)
    return folder / "recipe.yaml", build(load_recipe(folder / "recipe.yaml"), home=folder / "here").version.revision


def on_cluster(nodes: Nodes, recipe: Recipe, home: Path, work: Path | None = None, **more: Any) -> tuple[str, int]:
    """Build it; the revision, and how many completions were made twice."""
    from dualset.builders.cluster.ray_engine import RayEngine

    address = None if work is None else f"file://{work}"
    sandbox = Sandbox(1, more.get("isolation", "auto"))
    with RayEngine(address=nodes.address, work=address, **more) as engine:
        return build(recipe, home=home, engine=engine, sandbox=sandbox).version.revision, engine.twice


def completions(home: Path) -> int:
    """Whole ones in a work folder."""
    import gzip

    return sum(len(gzip.open(path).readlines()) for path in home.glob("sampled/work/completions/*/*.gz"))


def test_a_node_lost_while_sampling_changes_nothing(
    nodes: Nodes, sampled: tuple[Path, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    recipe, revision = sampled
    arrived = tmp_path / "sampled" / "work" / "arrived" / "completions"
    removal = nodes.remove_when(lambda: len(list(arrived.glob("*/*"))) >= 2)
    assert on_cluster(nodes, load_recipe(recipe), tmp_path)[0] == revision
    removal.join()
    assert completions(tmp_path) == 16 * 4
    assert not list((tmp_path / "sampled" / "work").rglob("arrived/*/*.*"))
    assert not (tmp_path / "sampled" / "work" / "orders").exists()
    assert capfd.readouterr().out == ""


def imported(folder: Path, programs: int) -> Path:
    """A recipe with programs that add a line to ``runs`` and take their time."""
    problem = {
        "problem_id": "double",
        "statement": "Double it.",
        "style": "call",
        "entry_point": "f",
        "tests": [{"input": "[2]", "expected": "4"}],
    }
    rows = []
    for n in range(programs):
        code = f"open({str(folder / 'runs')!r}, 'a').write('{n}\\n')\nimport time\ntime.sleep(0.02)\n"
        rows.append({"problem_id": f"p{n % 16:02}", "code": f"{code}def f(x): return x * {2 + n % 3 // 2}"})
    (folder / "problems.jsonl").write_text(
        "".join(
            json.dumps(problem | {"problem_id": f"p{n:02}", "statement": f"Double it, {n}."}) + "\n" for n in range(16)
        )
    )
    (folder / "samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "recipe.yaml").write_text(IMPORTED)
    return folder / "recipe.yaml"


def runs(folder: Path) -> Counter[str]:
    found = Counter((folder / "runs").read_text().split())
    (folder / "runs").unlink()
    return found


def test_a_node_lost_while_labelling_costs_only_what_it_had_in_hand(
    nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "PROGRAMS_A_SHARD", 8)  # of the driver: what an order holds
    recipe = load_recipe(imported(tmp_path, 64))
    revision = build(recipe, home=tmp_path / "here", sandbox=Sandbox(2, "none")).version.revision
    alone = runs(tmp_path)
    home = tmp_path / "there"
    removal = nodes.remove_when(lambda: len(list(home.glob("imported/work/labels/*.parquet"))) >= 3)
    assert on_cluster(nodes, recipe, home, isolation="none")[0] == revision
    removal.join()
    ran = runs(tmp_path)
    again = ran - alone
    assert ran.keys() == alone.keys()
    assert len(again) <= 8, "more than the order that was in hand was run again"
    assert len(list(home.glob("imported/work/labels/*.parquet"))) == 8
    version = open_version(str(home / "imported" / "snapshots" / revision))
    assert all(row["isolation"].startswith("none") for row in version.rows("observations"))


def test_a_driver_that_is_killed_is_followed_by_one_on_another_machine(
    nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, shared = imported(tmp_path, 48), tmp_path / "shared"
    shards = "imported/labels/*.parquet"
    options = ["--engine", "ray", "--address", nodes.address, "--work", f"file://{shared}", "--isolation", "none"]
    with subprocess.Popen(
        [sys.executable, "-c", OF_8, "build", str(recipe), *options],
        env=os.environ | {"DUALSET_HOME": str(tmp_path / "first")},
        stderr=subprocess.PIPE,
    ) as driver:
        wait(lambda: len(list(shared.glob(shards))) >= 2)
        driver.send_signal(signal.SIGKILL)
    finished = {path: path.read_bytes() for path in shared.glob(shards)}
    assert 2 <= len(finished) < 6
    monkeypatch.setattr(kept, "PROGRAMS_A_SHARD", 8)
    revision = on_cluster(nodes, load_recipe(recipe), tmp_path / "second", shared, isolation="none")[0]
    assert all(path.read_bytes() == data for path, data in finished.items()), "finished work was done again"
    ran = runs(tmp_path)
    third = on_cluster(nodes, load_recipe(recipe), tmp_path / "third", shared, isolation="none")[0]
    assert not (tmp_path / "runs").exists(), "all was there to be fetched"
    here = build(load_recipe(recipe), home=tmp_path / "here", sandbox=Sandbox(2, "none")).version.revision
    assert revision == third == here
    again = ran - runs(tmp_path)
    assert sum(again.values()) <= 16, "more than the two orders that were in hand was run again"


def test_a_node_that_cannot_do_it_ends_the_build_in_one_line(nodes: Nodes, tmp_path: Path) -> None:
    recipe = load_recipe(imported(tmp_path, 8))
    with pytest.raises(ExecutionError, match=r"^the node .*: no isolation level 'nonsense'") as ended:
        on_cluster(nodes, recipe, tmp_path / "home", isolation="nonsense")
    assert "\n" not in str(ended.value)


def test_what_is_no_address_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dualset.builders.cluster.ray_start import connected

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(ExecutionError, match="must run on a node of the cluster"), connected("ray://h:10001", None):
        pass
