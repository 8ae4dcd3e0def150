"""One build at a time: the next one waits, says so, and clears up after one that was killed."""

import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dualset.builders.at_work import at_work

HOLD = """
import sys
from pathlib import Path
from dualset.builders.at_work import at_work
with at_work(Path(sys.argv[1])):
    (Path(sys.argv[1]) / "labels").mkdir()
    (Path(sys.argv[1]) / "labels/half.tmp").write_text("half")
    (Path(sys.argv[1]) / "spill.tmp").mkdir()
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_build_waits_until_the_first_is_gone_and_removes_what_it_left(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    work = tmp_path / "tiny" / "work"
    caplog.set_level(logging.INFO, "dualset")
    entered = threading.Event()

    def second() -> None:
        with at_work(work):
            entered.set()

    command = [sys.executable, "-c", HOLD, str(work)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        (work / "labels" / "whole.parquet").write_text("whole")
        thread = threading.Thread(target=second)
        thread.start()
        assert not entered.wait(0.5)
        assert (work / "labels" / "half.tmp").exists()
        first.kill()
    thread.join(20)
    assert entered.is_set()
    assert [record.getMessage() for record in caplog.records] == [
        "another build of tiny is at work: waiting until it has ended"
    ]
    left = sorted(path.relative_to(work).as_posix() for path in work.rglob("*"))
    assert left == [".lock", "labels", "labels/whole.parquet"]
