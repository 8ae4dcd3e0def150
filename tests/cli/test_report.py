"""``dualset report``: a page and its figures, and what is never written over."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sample_version import tiny_version

from dualset.cli import cli


@pytest.fixture
def folder(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tiny_version(home, tag="v1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def dualset(*args: str) -> Result:
    return CliRunner().invoke(cli, args, catch_exceptions=False)


def test_a_page_and_its_figures_are_written_and_written_over(folder: Path) -> None:
    done = dualset("report", "tiny@v1", "--figures", "figures")
    written = done.stdout.splitlines()
    assert done.exit_code == 0
    assert written[:3] == ["report.html", "figures/pass-rates.svg", "figures/pass-rates.png"]
    assert (folder / "report.html").read_text().startswith("<!doctype html>")
    assert all((folder / each).stat().st_size > 1000 for each in written)
    assert (folder / "figures/pass-rates.png").read_bytes().startswith(b"\x89PNG")
    before = {each: (folder / each).read_bytes() for each in written}
    assert dualset("report", "tiny@v1", "--figures", "figures").exit_code == 0
    assert {each: (folder / each).read_bytes() for each in written} == before
    assert not list(folder.rglob(".*.part"))


def test_what_is_not_ours_is_never_written_over_unless_asked(folder: Path) -> None:
    (folder / "thesis.html").write_text("<p>mine</p>")
    done = dualset("report", "tiny", "-o", "thesis.html")
    assert done.exit_code == 1
    assert done.stderr.strip() == (
        "Error: thesis.html is there and is no page of dualset report: give -o another file, or add --overwrite"
    )
    assert (folder / "thesis.html").read_text() == "<p>mine</p>"
    (folder / "figures").mkdir()
    (folder / "figures/outcomes.png").write_text("mine")
    done = dualset("report", "tiny", "--figures", "figures")
    assert done.exit_code == 1
    assert done.stderr.strip() == (
        "Error: figures/outcomes.png is there and is not ours: give another folder, or --overwrite"
    )
    assert [path.name for path in folder.glob("figures/*")] == ["outcomes.png"]
    assert not (folder / "report.html").exists()
    assert dualset("report", "tiny", "-o", ".").stderr.strip() == (
        "Error: . is a folder: give -o a file, e.g. report.html"
    )


def test_a_reference_that_names_nothing_is_one_line(folder: Path) -> None:
    done = dualset("report", "nothing")
    assert done.exit_code == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (folder / "report.html").exists()


def test_a_missing_library_is_named_with_its_extra(folder: Path) -> None:
    code = "import sys; sys.modules['altair'] = None; from dualset.cli import cli; cli(['report', 'tiny'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.strip() == "Error: altair is not installed: run  pip install 'dualset[report]'"
