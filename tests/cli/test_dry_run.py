"""``dualset build --dry-run``: what is printed, and that nothing else happens."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
MICRO = str(ROOT / "recipes/micro.yaml")


def dualset(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"DUALSET_HOME": str(folder / "dualsets")}
    return subprocess.run([sys.executable, "-m", "dualset", *args], cwd=folder, env=env, capture_output=True, text=True)


def told(folder: Path, *args: str) -> dict[str, Any]:
    done = dualset(folder, "build", *args, "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def listing(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_a_person_is_told_what_would_be_sampled_and_run(tmp_path: Path) -> None:
    done = dualset(tmp_path, "build", MICRO, "--dry-run", "--set", "problems.count=20")
    assert done.returncode == 0, done.stderr
    lines = (line.strip().split("  ", 1) for line in done.stdout.splitlines()[1:] if not line.startswith(" " * 21))
    said = {name: text.strip() for name, text in lines}
    assert done.stdout.startswith("micro: what a build would do (nothing was sampled, run or written)\n")
    assert said["problems"] == "20"
    assert said["samples"] == "160: 0 on disk, 160 to draw from micro (transformers)"
    assert said["completion tokens"] == f"at most {160 * 64:,}"
    assert said["programs"] == "at most 160; labelled already: 0"
    assert said["tests to run"].startswith("at most ")
    assert "free at" in said["disk"]
    assert list(tmp_path.iterdir()) == []


def test_neither_torch_nor_a_server_is_needed(tmp_path: Path) -> None:
    """A socket that would see it listens where the recipe says that the server is."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        script = (
            "import sys\nfrom dualset.cli import cli\n"
            "cli(sys.argv[1:], standalone_mode=False)\n"
            "print(sorted({'torch', 'vllm', 'ray', 'openai'} & set(sys.modules)))"
        )
        command = [sys.executable, "-c", script, "build", MICRO, "--dry-run", "--set", "problems.count=5"]
        openai = ["--set", "candidates.source=openai", "--set", f"candidates.server={{url: {url}}}"]
        for more in ([], openai):
            env = os.environ | {"DUALSET_HOME": str(tmp_path / "dualsets")}
            done = subprocess.run([*command, *more], env=env, capture_output=True, text=True)
            assert done.stdout.splitlines()[-1:] == ["[]"], done.stderr
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--set", "candidates.n=0"], "candidates.n is 0: expected 1 or more"),
        (["--set", "candidates.model=nowhere"], "no model at 'nowhere'"),
        (["--set", "candidates.prompt=poem"], "candidates.prompt is 'poem'"),
        (["--isolation", "nonsense"], "no isolation level 'nonsense'"),
    ],
)
def test_a_wrong_recipe_is_one_line_and_exit_1(tmp_path: Path, options: list[str], says: str) -> None:
    done = dualset(tmp_path, "build", MICRO, "--dry-run", *options)
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_real_samples_before_and_after_their_build(data: Path, tmp_path: Path) -> None:
    recipe = (str(ROOT / "recipes/humaneval-codegen16b.yaml"), "--set", "problems.limit=1")
    before = told(tmp_path, *recipe)
    assert list(tmp_path.iterdir()) == []
    assert before["problems"] | {"distinct": 1, "references": 1, "references_to_run": 1} == before["problems"]
    assert (before["samples"]["there"], before["samples"]["missing"]) == (100, 0)
    built = dualset(tmp_path, "build", *recipe, "--json")
    counts = json.loads(built.stdout)["counts"]
    assert (before["programs"]["exact"], before["programs_labelled"]) == (counts["labels"], 0)
    stood = listing(tmp_path)
    after = told(tmp_path, *recipe)
    assert (after["programs"]["exact"], after["programs_labelled"]) == (counts["labels"], counts["labels"])
    assert (after["tests"]["exact"], after["problems"]["references_to_run"]) == (0, 0)
    assert listing(tmp_path) == stood
    size = sum(path.stat().st_size for path in (tmp_path / "dualsets").rglob("*") if path.is_file())
    assert size < before["disk_needed"]["estimate"] < 30 * size
