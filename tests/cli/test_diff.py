"""``dualset diff``: what a person sees at a glance, what a script reads, and that a million rows fit."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sample_version import tiny_content, tiny_tables, tiny_version

from dualset.builders.dataset.store import Version, commit_version
from dualset.cli import cli


def dualset(*args: str) -> Result:
    return CliRunner().invoke(cli, args, catch_exceptions=False)


def flipped(home: Path) -> Version:
    """The sample with one program that fails now, and one candidate less."""
    tables = tiny_tables()
    label = next(each for each in tables["labels"] if each["passed"])
    label |= {"passed": False, "outcome": "wrong_answer", "tests_passed": 3}
    del tables["candidates"][-1]
    return commit_version("tiny", tables, content=tiny_content(1), home=home, tag="v2")


def test_a_glance_shows_what_changed(home: Path) -> None:
    a, b = tiny_version(home, tag="v1"), flipped(home)
    done = dualset("diff", "tiny@v1", "tiny@v2")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert done.exit_code == 0
    assert lines[0].startswith(f"a tiny@{a.revision[:12]} v1 ")
    assert lines[1].startswith(f"b tiny@{b.revision[:12]} v2 ")
    assert "candidates 120 119 0 1 0" in lines
    assert "labels 62 62 0 0 1 passed 1, outcome 1, tests_passed 1" in lines
    assert "labels flipped 1 of 62 programs in both" in lines
    assert "1 pass -> fail pass -> wrong_answer" in lines
    assert any("pass, 4 of 4 -> fail, 3 of 4 tiny/" in line for line in lines)
    assert any(line.startswith("pass rate 0.3404 ") and "-0.0" in line for line in lines)
    assert "seeds.samples 0 -> 1" in lines


def test_json_has_everything_in_one_object(home: Path) -> None:
    a = tiny_version(home)
    flipped(home)
    said = json.loads(dualset("diff", f"tiny@{a.revision[:12]}", "tiny@v2", "--json", "--rows", "1").stdout)
    assert said["identical"] is False
    assert (said["a"]["revision"], said["b"]["tags"]) == (a.revision, ["v2"])
    assert said["tables"]["candidates"]["removed"] == len(said["tables"]["candidates"]["first_removed"]) == 1
    assert said["labels"]["flipped"] == 1
    assert said["labels"]["first_flips"][0]["outcome_after"] == "wrong_answer"
    assert said["settings"] == [{"key": "seeds.samples", "before": 0, "after": 1}]
    assert said["rates"]["a"]["correct"] > said["rates"]["b"]["correct"]
    assert said["groups"]["a"] == said["groups"]["b"]


def test_the_same_revision_is_said_to_be_identical(home: Path) -> None:
    version = tiny_version(home, tag="v1")
    done = dualset("diff", "tiny@v1", str(version.path))
    assert done.exit_code == 0
    assert done.stdout.splitlines()[2:] == ["identical: the same revision"]
    assert json.loads(dualset("diff", "tiny", "tiny", "--json").stdout)["identical"] is True


def test_a_reference_that_names_nothing_is_one_line(home: Path) -> None:
    tiny_version(home)
    done = dualset("diff", "tiny", "tiny@v9")
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)


@pytest.mark.slow
def test_texts_are_compared_without_being_held(home: Path) -> None:
    """5,000 candidates with 300 MB of text on each side: holding one side would be more than is allowed."""
    for seed in (0, 1):
        tables = tiny_tables(500, seed=seed)
        for candidate in tables["candidates"]:
            candidate["completion"] = f"{candidate['candidate_id']}{seed}" * 8000
        commit_version("tiny", tables, content=tiny_content(seed), home=home, tag=f"v{seed}")
    script = (
        "from pathlib import Path\n"
        "from dualset.cli import cli\n"
        "cli(['diff', 'tiny@v0', 'tiny@v1', '--json'], standalone_mode=False)\n"
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])\n"  # KiB, since the exec
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    found, peak_kb = map(json.loads, done.stdout.splitlines())
    columns = found["tables"]["candidates"]["columns"]
    assert columns["completion"] == found["tables"]["candidates"]["changed"] == 5_000
    assert peak_kb < 400_000
