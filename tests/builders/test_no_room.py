"""A disk that is full, and folders that cannot be written to, at every stage of a build: one clear line, and exit 1.

What was finished stays finished, nothing half-written is seen, and the same command ends as an undisturbed build does
once there is room.
"""

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from killing import (
    NAME,
    Shard,
    Whole,
    check_end,
    check_store,
    finish,
    model_recipe,
    samples_recipe,
    start,
    stop_within,
    whole_build,
)
from sample_version import tiny_version

from dualset.builders.dataset.store import open_version

FULL = "nothing is lost or half-written; free space and run the same command again"
CLOSED = "or set DUALSET_HOME to a place that is"
STAGES = ("start", "references", "labels", "commit")
PLACES = (NAME, f"{NAME}/work", f"{NAME}/work/labels", f"{NAME}/snapshots", f"{NAME}/log.jsonl", f"{NAME}/refs")
ALL_PLACES = (".", *PLACES[:2], f"{NAME}/work/references", *PLACES[2:])
_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE = 24, 1


class Disk:
    """A store on a small disk of its own: ``fill`` leaves no room in it, and a build then says ``said``."""

    said = FULL

    def __init__(self, home: Path) -> None:
        self.home = home
        self._ballast = home / "ballast"

    def fill(self, build: "subprocess.Popen[str]") -> None:
        with self._ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))

    def empty(self) -> None:
        self._ballast.unlink()


class Limit(Disk):
    """Any other disk, for one build: from now on its files may not grow, and those in memory neither."""

    said = ""

    def fill(self, build: "subprocess.Popen[str]") -> None:
        resource.prlimit(build.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    def empty(self) -> None:
        """The next build has no such limit."""


@pytest.fixture
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    home = tmp_path / "store"
    home.mkdir()
    if request.param == "limit":
        yield Limit(home)
        return
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(home)]
    if os.geteuid() or shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can have a small disk")
    yield Disk(home)
    subprocess.run(["umount", "--lazy", str(home)], check=True)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Whole]:
    folder = tmp_path_factory.mktemp("imported")
    recipe = samples_recipe(folder, 40, 8)
    return recipe, whole_build(recipe, folder / "whole")


def refused(build: "subprocess.Popen[str]", said: str) -> None:
    out, err = build.communicate(timeout=100)
    assert (build.returncode, out) == (1, ""), err
    assert err.startswith("Error: ")
    assert len(err.splitlines()) == 1, err
    assert said in err


@pytest.mark.parametrize(
    ("disk", "stages"),
    [
        pytest.param("disk", STAGES, marks=pytest.mark.slow),
        pytest.param("limit", ["labels", "commit"], marks=pytest.mark.slow),
        pytest.param("limit", STAGES, marks=pytest.mark.deep),
    ],
    indirect=["disk"],
)
def test_a_disk_that_is_full_at_any_stage_is_one_line_and_loses_nothing(
    disk: Disk, imported: tuple[Path, Whole], stages: Sequence[str]
) -> None:
    recipe, whole = imported
    before = dict[str, Shard]()
    for stage in stages:
        build = start(recipe, disk.home)
        assert stop_within(build, disk.home, stage) == stage
        disk.fill(build)
        build.send_signal(signal.SIGCONT)
        refused(build, disk.said if stage != "commit" else FULL)
        disk.empty()
        before = check_store(disk.home, whole, before)
    check_end(disk.home, whole, finish(start(recipe, disk.home)), before)


@pytest.mark.slow
def test_a_disk_that_fills_while_a_model_is_sampled_is_one_line_and_loses_nothing(tmp_path: Path) -> None:
    disk, recipe = Limit(tmp_path / "store"), model_recipe(tmp_path / "recipe", 4, 4)
    build = start(recipe, disk.home)
    assert stop_within(build, disk.home, "sample") == "sample"
    disk.fill(build)
    build.send_signal(signal.SIGCONT)
    refused(build, FULL)
    revision = finish(start(recipe, disk.home))  # such a limit ends with the process
    assert len(list(open_version(f"{NAME}@{revision}", home=disk.home).rows("candidates"))) == 16


@pytest.mark.parametrize(
    "places", [pytest.param(PLACES, marks=pytest.mark.slow), pytest.param(ALL_PLACES, marks=pytest.mark.deep)]
)
def test_a_place_that_cannot_be_written_to_is_one_line_and_loses_nothing(
    imported: tuple[Path, Whole], tmp_path: Path, places: Sequence[str]
) -> None:
    recipe, whole = imported
    home = tmp_path / "store"
    before = dict[str, Shard]()
    for place in places:  # each build comes further than the one before it
        closed = home / place
        if closed.suffix:
            closed.touch()
        else:
            closed.mkdir(parents=True, exist_ok=True)
        mode = closed.stat().st_mode
        closed.chmod(mode & 0o555)
        refused(start(recipe, home, preexec_fn=be_held_to_permissions), CLOSED)
        closed.chmod(mode)
        before = check_store(home, whole, before)
    check_end(home, whole, finish(start(recipe, home)), before)


def test_a_store_that_cannot_be_written_to_can_be_read(home: Path) -> None:
    tiny_version(home, 2, tag="v1")
    folders = [home, *(path for path in home.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    for command in (["versions"], ["show", "tiny@v1", "--digests"], ["sql", "tiny", "select 1 as one"]):
        command = [sys.executable, "-m", "dualset", *command]
        done = subprocess.run(command, capture_output=True, text=True, preexec_fn=be_held_to_permissions)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
    for folder in folders:
        folder.chmod(0o755)


def be_held_to_permissions() -> None:
    """As root too."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, 0, 0, 0)
