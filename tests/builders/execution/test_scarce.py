"""A machine that has run out of something is one line that says what of, and leaves nothing behind."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from levels import run_at
from sandbox_programs import TOTAL

from dualset.builders.errors import ExecutionError
from dualset.builders.execution.ladder import Level

RIGHT = "def f(xs): return sum(xs)"


def test_no_folder_for_scratch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with pytest.raises(ExecutionError, match=r"cannot start a sandbox: .*No such file or directory: '.*/missing/"):
        run_at(Level.NONE, [("right", TOTAL, RIGHT)])


@pytest.mark.parametrize("most", [10, 16, 26])
def test_too_few_descriptors(most: int, tmp_path: Path) -> None:
    script = f"""
        import resource, sys
        sys.path.insert(0, {os.path.dirname(__file__)!r})
        from levels import run_at
        from sandbox_programs import TOTAL
        from dualset.builders.errors import ExecutionError
        from dualset.builders.execution.ladder import Level
        import psutil
        psutil.Process().children(), run_at(Level.NONE, [("warm", TOTAL, "")])
        before = psutil.Process().num_fds()
        resource.setrlimit(resource.RLIMIT_NOFILE, ({most}, {most}))
        try:
            run_at(Level.NONE, [(str(i), TOTAL, {RIGHT!r}) for i in range(20)], workers=8)
        except ExecutionError as error:
            print(error)
        print(psutil.Process().num_fds() - before, psutil.Process().children())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    said, held = done.stdout.splitlines()
    assert "Too many open files" in said, done.stderr
    assert held == "0 []"
    assert os.listdir(tmp_path) == []
