"""What is worth a line at the end: what is wrong, and nothing that could merely be had besides."""

from dataclasses import replace
from pathlib import Path

import pytest

from dualset.builders.checkup import to_do
from dualset.builders.checkup.disk import Room, room_at
from dualset.builders.checkup.libraries import Finding, State
from dualset.builders.checkup.memory import Memory

GIB = 2**30
GOOD = Room(path="/data", free_bytes=100 * GIB, total_bytes=200 * GIB, writable=True)


def test_no_isolation_is_first_of_all_and_says_how() -> None:
    assert list(to_do.isolation("seccomp", [])) == []
    (only,) = to_do.isolation(None, ["a newer kernel", "another container"])
    assert only.do == "a newer kernel; or another container"


@pytest.mark.parametrize(
    ("store", "cache", "says"),
    [
        (replace(GOOD, writable=False), GOOD, "the store at /data cannot be written to"),
        (GOOD, replace(GOOD, free_bytes=10**8), "100 MB are free for the Hub's cache at /data"),
    ],
)
def test_a_disk_that_is_closed_or_full(store: Room, cache: Room, says: str) -> None:
    assert [each.what for each in to_do.disks(store, cache)] == [says]


def test_what_is_not_known_of_a_disk_is_no_complaint() -> None:
    assert list(to_do.disks(replace(GOOD, free_bytes=None), GOOD)) == []


def test_room_is_that_of_the_folder_that_would_be_made(tmp_path: Path) -> None:
    room = room_at(tmp_path / "not/there/yet")
    assert room.path == str(tmp_path / "not/there/yet")
    assert (room.writable, room.free_bytes is not None) == (True, True)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    assert not room_at(tmp_path / "file/below").writable


def finding(name: str, state: State, extra: str | None, mend: str | None = "pip install it") -> Finding:
    version = None if state == State.MISSING else "1.0"
    said = {"version": version, "tested": "2.0", "wanted": ">=2"}
    return Finding(name=name, state=state, extra=extra, says="why", mend=mend, **said)


def test_of_libraries_only_what_is_wrong_is_said_and_the_needed_first() -> None:
    findings = [
        finding("trl", State.UNSUPPORTED, "train"),
        finding("torch", State.CLASHES, "train", None),
        finding("vllm", State.MISSING, "vllm"),
        finding("ray", State.UNTESTED, "ray"),
        finding("duckdb", State.CLASHES, None),
        finding("polars", State.MISSING, None),
    ]
    said = [each.what for each in to_do.libraries(findings)]
    assert said == ["duckdb 1.0: why", "polars is missing: why", "trl 1.0: why"]


def test_memory_that_does_not_suffice_for_a_program_a_core() -> None:
    assert list(to_do.memory(Memory(64 * GIB, 32 * GIB, False), cores=64)) == []
    assert list(to_do.memory(Memory(None, None, False), cores=64)) == []
    (only,) = to_do.memory(Memory(64 * GIB, 3 * GIB, True), cores=64)
    assert only.do.startswith("--workers 6,")
