"""``versions``, ``show`` and ``tag``: what is in the store, in words and for scripts."""

import json
import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sample_version import tiny_content, tiny_tables, tiny_version

from dualset.builders.dataset.store import commit_version
from dualset.cli import cli


def dualset(*args: str) -> Result:
    return CliRunner().invoke(cli, args, catch_exceptions=False)


def test_versions_are_listed_the_last_one_first(home: Path) -> None:
    first, second = tiny_version(home, tag="v1"), tiny_version(home, seed=1)
    listed = json.loads(dualset("versions", "tiny", "--json").stdout)
    assert [set(each) for each in listed] == [{"revision", "tags", "parents", "created"}] * 2
    assert [(each["revision"], each["tags"], each["parents"]) for each in listed] == [
        (second.revision, [], []),
        (first.revision, ["v1"], []),
    ]
    assert [line.split()[0] for line in dualset("versions").stdout.splitlines()] == [
        f"tiny@{second.revision[:12]}",
        f"tiny@{first.revision[:12]}",
    ]


def test_a_listed_version_shows_its_rows_and_where_it_comes_from(home: Path) -> None:
    first = tiny_version(home)
    content = replace(tiny_content(1), parents=(first.revision,))
    commit_version("tiny", tiny_tables(), content=content, home=home, tag="v2")
    line = dualset("versions", "tiny").stdout.splitlines()[0].split()
    n = len(tiny_tables()["groups"])
    assert line[2:] == ["120", "candidates", str(n), "groups", "v2", "from", first.revision[:12]]
    (said,) = (each for each in json.loads(dualset("versions", "--json").stdout) if each["tags"])
    assert (said["name"], said["parents"]) == ("tiny", [first.revision])


def test_one_dataset_that_cannot_be_listed_hides_no_other(home: Path) -> None:
    tiny_version(home)
    broken = commit_version("broken", tiny_tables(), content=tiny_content(), home=home)
    (broken.path / "manifest.json").write_text("{")
    done = dualset("versions")
    assert done.exit_code == 1
    assert [line.partition("@")[0] for line in done.stdout.splitlines()] == ["tiny"]
    assert done.stderr.startswith("broken: ")
    assert len(done.stderr.splitlines()) == 1


def test_an_empty_store_says_how_to_fill_it(home: Path) -> None:
    done = dualset("versions")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "dualset quickstart" in done.stderr
    assert json.loads(dualset("versions", "--json").stdout) == []
    assert dualset("versions", "tiny").exit_code == 1


def test_show_counts_what_the_rows_hold(home: Path) -> None:
    version = tiny_version(home, tag="v1")
    done = dualset("show", "tiny", "--digests", "--json")
    shown = json.loads(done.stdout)
    tables = tiny_tables()
    passed = {label["program_id"]: label["passed"] for label in tables["labels"]}
    rates: dict[str, list[bool]] = {}
    for candidate in tables["candidates"]:
        verdict = passed[candidate["program_id"]] if candidate["program_id"] else False
        if verdict is not None:
            rates.setdefault(candidate["problem_id"], []).append(verdict)
    verdicts = [verdict for each in rates.values() for verdict in each]
    assert shown["labelled"] == len(verdicts)
    assert shown["pass_rate"] == sum(verdicts) / len(verdicts)
    assert shown["mean_pass_rate"] == pytest.approx(sum(sum(r) / len(r) for r in rates.values()) / len(rates))
    assert shown["groups_by_n_correct"] == {
        str(n): sum(group["n_correct"] == n for group in tables["groups"])
        for n in sorted({group["n_correct"] for group in tables["groups"]})
    }
    assert shown["counts"] == dict(version.counts)
    assert (shown["revision"], shown["tags"], shown["path"]) == (version.revision, ["v1"], str(version.path))
    assert shown["recipe"]["groups"] == {"size": 4, "prompt": "short"}
    text = dualset("show", "tiny").stdout
    assert version.revision in text
    assert f"{shown['pass_rate']:.4f}" in text


def test_a_version_without_labels_has_no_pass_rate(home: Path) -> None:
    tiny_version(home, n_problems=0)
    shown = json.loads(dualset("show", "tiny", "--json").stdout)
    assert (shown["pass_rate"], shown["mean_pass_rate"], shown["groups_by_n_correct"]) == (None, None, {})
    assert dualset("show", "tiny").exit_code == 0


def test_a_tag_names_a_version_for_good(home: Path) -> None:
    first = tiny_version(home)
    assert first.revision in dualset("tag", "tiny", "v1").stdout
    tiny_version(home, seed=1)
    assert (home / "tiny/refs/v1").read_text() == f"{first.revision}\n"
    done = dualset("tag", "tiny", "v1")
    assert done.exit_code == 1
    assert "never moves" in done.stderr
    assert (home / "tiny/refs/v1").read_text() == f"{first.revision}\n"


@pytest.mark.parametrize("command", [["show", "tiny"], ["sql", "tiny", "select 1"], ["tag", "tiny", "v1"]])
def test_a_version_changed_by_one_byte_is_refused_by_every_command(home: Path, command: list[str]) -> None:
    path = tiny_version(home).files("candidates", "test")[0]
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    done = dualset(*command)
    assert (done.exit_code, done.stdout) == (1, "")
    assert str(path) in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_terminal_gets_the_first_rows_cut_and_no_control_characters(home: Path) -> None:
    tiny_version(home)
    query = "select repeat('x', 500) || chr(27) as long, chr(27) || '[2J' as esc, i from range(300) t(i)"
    keeper, terminal = pty.openpty()
    run = subprocess.Popen([sys.executable, "-m", "dualset", "sql", "tiny", query], stdout=terminal)
    os.close(terminal)
    seen = b""
    try:
        while part := os.read(keeper, 65536):
            seen += part
    except OSError:  # Linux: the other end is closed
        pass
    assert run.wait() == 0
    assert b"\x1b[2J" not in seen
    assert b"\\x1b[2J" in seen
    assert b"x" * 100 not in seen
    assert b"the first 50 rows" in seen
    assert len(seen.splitlines()) < 60
