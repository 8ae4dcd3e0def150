"""What memory there is, on machines that are laid out in a folder: a control group's limit counts."""

from pathlib import Path

import psutil
import pytest

from dualset.builders.checkup.memory import look_at_memory

GIB = 2**30
MEMINFO = f"MemTotal:  {16 * 2**20} kB\nMemFree:   1 kB\nMemAvailable:  {8 * 2**20} kB\n"


def machine(root: Path, groups: str, **files: int | str) -> Path:
    """``/proc`` and ``/sys/fs/cgroup`` below ``root``; in the names of files, ``__`` is a slash."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/meminfo").write_text(MEMINFO)
    (root / "proc/self/cgroup").write_text(groups)
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name.replace("__", "/").replace("memory_", "memory.", 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    return root


def test_without_a_limit_it_is_the_machines(tmp_path: Path) -> None:
    seen = look_at_memory(machine(tmp_path, "0::/\n", memory_max="max", memory_current=5))
    assert seen == (16 * GIB, 8 * GIB, False)


def test_a_containers_limit_counts_and_its_cache_of_files_makes_room(tmp_path: Path) -> None:
    stat = f"anon 1\ninactive_file {GIB}"
    seen = look_at_memory(machine(tmp_path, "0::/\n", memory_max=4 * GIB, memory_current=3 * GIB, memory_stat=stat))
    assert seen == (4 * GIB, 2 * GIB, True)


def test_the_tightest_of_the_groups_above_counts(tmp_path: Path) -> None:
    files = {"a__memory_max": 6 * GIB, "a__memory_current": GIB, "a__b__memory_max": "max", "a__b__memory_current": 1}
    assert look_at_memory(machine(tmp_path, "0::/a/b\n", **files)) == (6 * GIB, 5 * GIB, True)


def test_a_path_of_the_machine_outside_is_looked_for_where_it_is_mounted(tmp_path: Path) -> None:
    """A container that shares its host's group names sees only its own folder."""
    made = machine(tmp_path, "0::/docker/1234\n", memory_max=2 * GIB, memory_current=0)
    assert look_at_memory(made) == (2 * GIB, 2 * GIB, True)


def test_the_first_version_of_control_groups(tmp_path: Path) -> None:
    files = {"memory__job__memory_limit_in_bytes": 3 * GIB, "memory__job__memory_usage_in_bytes": GIB}
    files["memory__memory_limit_in_bytes"] = 9223372036854771712
    files["memory__memory_usage_in_bytes"] = 2 * GIB
    assert look_at_memory(machine(tmp_path, "4:cpu:/\n3:memory:/job\n", **files)) == (3 * GIB, 2 * GIB, True)


def test_where_nothing_is_told_it_is_unknown(tmp_path: Path) -> None:
    assert look_at_memory(tmp_path).available is None


def test_this_machine_agrees_with_another_reader() -> None:
    seen = look_at_memory()
    assert seen.total is not None
    assert seen.available is not None
    if not seen.limited:
        assert seen.total == psutil.virtual_memory().total
        assert seen.available == pytest.approx(psutil.virtual_memory().available, rel=0.2)
    assert 0 < seen.available <= seen.total
