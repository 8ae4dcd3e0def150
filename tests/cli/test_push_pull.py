"""``push`` and ``pull`` as a person and as a script see them, and the Hub's commit in the records of runs."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hub_client import Client, client_of, settings
from loopback_hub import Hub, running_hub
from sample_version import tiny_version

from dualset.builders.dataset.store import Version, open_version


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with running_hub() as running:
        yield running


@pytest.fixture(scope="module")
def dualset(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with client_of(hub, tmp_path_factory.mktemp("client")) as client:
        yield client


@pytest.fixture(scope="module")
def version(dualset: Client) -> Version:
    return tiny_version(dualset.home)


def test_a_dry_run_says_what_would_be_done_and_touches_nothing(hub: Hub, dualset: Client, version: Version) -> None:
    done = dualset("push", "tiny", "ada/dry", "--tag", "v1", "--private", "--dry-run")
    assert (done.code, done.out) == (0, "")
    files = version.manifest["files"]["parquet"]
    lines = done.err.splitlines()
    assert lines[0] == f"tiny@{version.revision[:12]} would be published as ada/dry, one commit"
    assert lines[1:-2] == [f"  upload     {entry['path']}" for entry in files]
    assert lines[-2].startswith(f"  {len(files)} files, 0.1 MB; 0 unchanged")
    assert lines[-1] == "tag v1 would be made"
    assert "datasets/ada/dry" not in hub.repositories
    assert not [request for request in hub.log if not request.startswith(("GET", "HEAD"))]
    assert not (dualset.home / "tiny/hub.jsonl").exists()


def test_push_and_pull_speak_json(hub: Hub, dualset: Client, version: Version, tmp_path: Path) -> None:
    pushed = json.loads(dualset("push", "tiny", "ada/json", "--tag", "v1", "--json").out)
    sha = hub.dataset("ada/json").head.sha
    assert pushed["plan"].pop("upload_bytes") == sum(e["bytes"] for e in version.manifest["files"]["parquet"])
    plan = pushed.pop("plan")
    assert plan["add"] == plan["upload"] == [entry["path"] for entry in version.manifest["files"]["parquet"]]
    assert plan["unchanged"] == plan["delete"] == []
    assert pushed == {
        "repo": "ada/json",
        "name": "tiny",
        "revision": version.revision,
        "sha": sha,
        "tag": "v1",
        "committed": True,
        "tagged": True,
        "page": f"{hub.endpoint}/datasets/ada/json/tree/{sha}",
        "dry_run": False,
    }
    pulled = json.loads(dualset("pull", "hf://datasets/ada/json@v1", "--json", home=tmp_path).out)
    assert pulled == {
        "repo": "ada/json",
        "sha": sha,
        "name": "json",
        "revision": version.revision,
        "path": str(tmp_path / "json/snapshots" / version.revision),
        "fetched": True,
        "tags": [],
    }


@pytest.mark.slow
def test_a_version_of_the_hub_is_trained_from_and_measured_and_both_records_pin_its_commit(
    hub: Hub, dualset: Client, small_version: Path, tiny_model: Path, tmp_path: Path
) -> None:
    from safetensors.numpy import load_file

    from dualset.train.imitate import imitate
    from dualset.train.settings import TrainSettings

    address = dualset("push", str(small_version), "ada/small").out.strip()
    sha = address.partition("@")[2]
    env = settings(hub, tmp_path, DUALSET_HOME=str(tmp_path / "store"))

    def run(*args: str | Path) -> str:
        command = [sys.executable, "-m", "dualset", *args]
        done = subprocess.run(command, env=env, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    given = ["--model", tiny_model, "--preset", "micro", "--max-steps", "1", "--set", "warmup_steps=0"]
    run("train", "imitate", "hf://datasets/ada/small", *given, "-o", "out")
    same: dict[str, Any] = {"preset": "micro", "max_steps": 1, "overrides": ("warmup_steps=0",)}
    imitate(TrainSettings(ref=str(small_version), model=str(tiny_model), output=tmp_path / "here", **same))
    trained = tmp_path / "out/model.safetensors"
    assert trained.read_bytes() == (tmp_path / "here/model.safetensors").read_bytes()
    after, before = load_file(trained), load_file(tiny_model / "model.safetensors")
    assert any((after[name] != before[name]).any() for name in before)
    record = json.loads((tmp_path / "out/run.json").read_text())["dataset"]
    assert (record["hub_repo"], record["hub_sha"]) == ("ada/small", sha)
    assert record["revision"] == open_version(str(small_version)).revision
    card = (tmp_path / "out/README.md").read_text()
    assert f"| on the Hub | {address} |" in card
    assert "datasets:\n- ada/small\n" in card
    report = json.loads(run("eval", "out", address, "--samples", "0", "--limit", "2", "--json"))
    assert (report["hub_repo"], report["hub_sha"]) == ("ada/small", sha)
