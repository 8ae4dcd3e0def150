"""A commit that is killed before each line of what installs, logs and tags a version, one kill a line.

After each: the version of before is there, the new one is whole or not there, and the same commit again ends as if
nothing had happened.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sample_version import tiny_version

from dualset.builders.dataset.history import read_log
from dualset.builders.dataset.manifest import read_manifest
from dualset.builders.dataset.store import list_versions, open_version
from dualset.builders.dataset.verify import verify_files

CRASH = """
import os, signal, sys
from pathlib import Path
import pyarrow as pa
from sample_version import tiny_version
pa.RecordBatch.from_pylist([{"n": 1}])  # imports what each child would import
PARTS = {"clean", "write_snapshot", "install", "_move_in", "_log", "append_log", "write_tag", "commit_version"}
def crash(home, point):
    seen = set()
    def look(frame, event, arg):
        if frame.f_code.co_name not in PARTS or "dataset" not in frame.f_code.co_filename:
            return None
        if event == "line":
            seen.add((frame.f_code.co_name, frame.f_lineno))
            if len(seen) == point:
                os.kill(os.getpid(), signal.SIGKILL)
        return look
    sys.settrace(look)
    tiny_version(home, 2, tag="v2")
    os._exit(0)
for point, home in enumerate(map(Path, sys.stdin.read().split()), start=1):
    child = os.fork()
    if child == 0:
        crash(home, point)
    if os.waitpid(child, 0)[1] == 0:
        print(point)
        break
"""
ENOUGH = 100


@pytest.mark.slow
def test_a_commit_killed_before_any_of_its_lines_is_whole_or_not_there(tmp_path: Path) -> None:
    old = tiny_version(tmp_path / "old", 2, seed=1, tag="v1")
    new = tiny_version(tmp_path / "new", 2)
    homes = [tmp_path / f"home-{point}" for point in range(1, ENOUGH)]
    for home in homes:
        shutil.copytree(tmp_path / "old", home)
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(
        [sys.executable, "-c", CRASH], input="\n".join(map(str, homes)), capture_output=True, text=True, env=env
    )
    assert ran.stdout, ran.stderr
    points = int(ran.stdout)
    assert 40 < points < ENOUGH - 1
    seen = set()
    for home in homes[:points]:
        revisions = [entry.revision for entry in list_versions("tiny", home=home)]
        assert set(revisions) in ({old.revision}, {old.revision, new.revision})
        for snapshot in (home / "tiny" / "snapshots").iterdir():
            verify_files(snapshot, read_manifest(snapshot))
        logged = [entry.revision for entry in read_log(home / "tiny")]
        tagged = (home / "tiny" / "refs" / "v2").exists()
        assert logged in ([old.revision], [old.revision, new.revision])
        seen.add((len(revisions), len(logged), tagged))
        assert tiny_version(home, 2, tag="v2").revision == new.revision
        assert [entry.revision for entry in list_versions("tiny", home=home)] == [new.revision, old.revision]
        assert [entry.revision for entry in read_log(home / "tiny")] == [old.revision, new.revision]
        assert open_version("tiny@v2", home=home).revision == new.revision
        assert sorted(p.name for p in (home / "tiny").iterdir()) == [".lock", "log.jsonl", "refs", "snapshots"]
        assert sorted(p.name for p in (home / "tiny" / "refs").iterdir()) == ["v1", "v2"]
    assert seen == {(1, 1, False), (2, 1, False), (2, 2, False), (2, 2, True)}
