"""What a store meets in the world: names that climb, manifests that lie, links, full and closed disks, two at once."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sample_version import tiny_content, tiny_tables, tiny_version

from dualset.builders.dataset.manifest import revision_of
from dualset.builders.dataset.store import Version, add_tag, commit_version, names, open_version
from dualset.builders.errors import CorruptVersion, VersionError
from dualset.cli import cli

Commit = Callable[..., Version]
Change = Callable[[Any], Any]

TESTS = Path(__file__).parents[2]
HOSTILE_NAMES = ["", ".", "..", "../x", "/tmp/x", "a/../../x", "a\\b", "-x", "~x", "a b", "x\n", "a\0b", "x" * 129, "é"]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_never_climbs_out_of_the_store(home: Path, name: str) -> None:
    with pytest.raises(VersionError, match="the dataset's name"):
        commit_version(name, tiny_tables(1), content=tiny_content(), home=home)
    assert not home.exists()


@pytest.mark.parametrize("tag", HOSTILE_NAMES)
def test_a_tag_never_climbs_out_of_the_store(tiny: Commit, home: Path, tag: str) -> None:
    version = tiny()
    before = sorted(path for path in home.parent.rglob("*") if path.name != ".lock")
    with pytest.raises(VersionError, match="the tag"):
        add_tag("tiny", tag, home=home)
    assert sorted(path for path in home.parent.rglob("*") if path.name != ".lock") == before
    assert open_version("tiny", home=home).revision == version.revision


@pytest.mark.parametrize("name", ["../outside", "/tmp", "tiny/../../outside", ".", "..", ""])
@pytest.mark.parametrize("command", [["versions"], ["show"], ["tag"], ["diff"], ["sql"]])
def test_no_command_reads_outside_the_store_by_a_name(tiny: Commit, home: Path, name: str, command: list[str]) -> None:
    tiny()
    (home.parent / "outside").mkdir()
    more = {"tag": ["v1"], "diff": [name], "sql": ["select 1"]}.get(command[0], [])
    done = CliRunner().invoke(cli, [*command, name, *more])
    assert (done.exit_code, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """All three splits, so every table has several files."""
    return tiny_version(tmp_path_factory.mktemp("sample"))


def _first(manifest: Any) -> Any:
    return manifest["files"]["parquet"][0]


def _moved(manifest: Any) -> None:
    """Another number of rows in one file, made up for in the next."""
    labels = [file for file in manifest["files"]["parquet"] if file["table"] == "labels"]
    labels[0]["rows"] -= 1
    labels[1]["rows"] += 1


def _twice(manifest: Any) -> None:
    """The first file again, half of its rows each."""
    _first(manifest)["rows"] //= 2
    manifest["files"]["parquet"].append(dict(_first(manifest)))


@pytest.mark.parametrize(
    "change",
    [
        *(
            lambda m, path=path: _first(m).update(path=path)
            for path in (
                "../../x",
                "/etc/passwd",
                "data/labels/../../../x",
                "data/problems/../labels/train-00000-of-00001.parquet",
                "data/other/train-00000-of-00001.parquet",
                "data/problems/train-00000-of-00001.parquet\n",
                "",
                None,
            )
        ),
        lambda m: _first(m).update(bytes=-1),
        lambda m: _first(m).update(bytes=1),
        lambda m: _first(m).update(bytes=True),
        lambda m: _first(m).update(rows="12"),
        lambda m: _first(m).update(rows=_first(m)["rows"] + 1),
        lambda m: _first(m).update(sha256="0" * 64),
        lambda m: _first(m).update(sha256=None),
        lambda m: _first(m).update(table="labels"),
        lambda m: _first(m).update(split="test"),
        lambda m: _first(m).pop("rows"),
        _moved,
        _twice,
        lambda m: m["files"]["parquet"].clear(),
        lambda m: m["files"].update(parquet={}),
        lambda m: m["files"].update(name="../../outside"),
        lambda m: m["files"].update(name="\x1b[2J"),
        lambda m: m["files"].update(created="\x1b[2J"),
        lambda m: m["files"].pop("libraries"),
        lambda m: m.pop("revision"),
        lambda m: m.update(revision=1),
        lambda m: m.update(revision="0" * 63),
        lambda m: m.pop("files"),
        lambda m: m["content"].update(counts={"labels": 10**9}),
        lambda m: m["content"].update(counts={"x": float("nan")}),
        lambda m: m["content"].update(seeds=None),
        lambda m: m["content"].update(parents=["../../x"]),
        lambda m: m["content"].update(tables={}),
        lambda m: m["content"].update(schema_version="1"),
        lambda m: m["content"].update(schema_version=True),
        lambda m: m["content"].update(recipe=json.loads("[" * 900 + "]" * 900)),
        lambda m: m["content"]["tables"]["labels"].update(rows=10**9),
        lambda m: m["content"]["tables"]["labels"].update(splits={"../x": 62}),
        lambda m: m["content"]["tables"].update(other={"rows": 0, "digest": "0" * 64, "splits": {}}),
    ],
)
@pytest.mark.parametrize("signed", [False, True])
def test_a_manifest_that_lies_is_refused(sample: Version, tmp_path: Path, change: Change, signed: bool) -> None:
    """``signed``: the revision is made to fit the lie, as somebody who means harm would."""
    copy = shutil.copytree(sample.path, tmp_path / "copy")
    manifest = json.loads((copy / "manifest.json").read_text())
    change(manifest)
    if signed and manifest.get("revision") == sample.revision:
        try:
            manifest["revision"] = revision_of(manifest["content"])
        except ValueError:
            manifest["revision"] = "0" * 64
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CorruptVersion) as caught:
        open_version(str(copy))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "null", "[]", '"x"', "{", "\x00", "[" * 100_000, '{"content": {}}', "\udcff"])
def test_what_is_no_manifest_is_said_to_be_none(tiny: Commit, home: Path, text: str) -> None:
    version = tiny()
    (version.path / "manifest.json").write_text(text, errors="surrogateescape")
    with pytest.raises(CorruptVersion, match="is not a manifest"):
        open_version("tiny", home=home)


@pytest.mark.parametrize(
    "linked", ["data/labels/train-00000-of-00001.parquet", "data/labels", "data", "README.md", "manifest.json"]
)
def test_a_symbolic_link_is_refused_even_to_the_right_bytes(
    tiny: Commit, home: Path, tmp_path: Path, linked: str
) -> None:
    version = tiny()
    (version.path / linked).rename(tmp_path / "elsewhere")
    (version.path / linked).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CorruptVersion, match="is a symbolic link") as caught:
        open_version("tiny", home=home)
    assert str(version.path / linked) in str(caught.value)


COMMIT = """
import resource, sys
from pathlib import Path
from sample_version import tiny_content, tiny_tables
from dualset.builders.dataset.store import add_tag, commit_version
from dualset.builders.errors import VersionError
home, problems, limit = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    print(commit_version("tiny", tiny_tables(problems), content=tiny_content(), home=home, tag="v1").revision)
except VersionError as error:
    sys.exit(str(error))
"""


def commit(home: Path, problems: str, limit: str) -> "subprocess.CompletedProcess[str]":
    env = os.environ | {"PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-c", COMMIT, str(home), problems, limit]
    return subprocess.run(command, env=env, capture_output=True, text=True)


@pytest.mark.parametrize("limit", [100, 10_000])
def test_a_disk_that_fills_up_is_one_line_and_nothing_is_lost(home: Path, limit: int) -> None:
    """No file may grow beyond ``limit`` bytes: the write fails as on a full disk."""
    old = tiny_version(home, seed=1, tag="old")
    done = commit(home, "150", str(limit))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("nothing is lost or half-written; free space and run the same command again\n")
    assert len(done.stderr.splitlines()) == 1
    assert not list((home / "tiny").glob(".commit-*"))
    assert [path.name for path in (home / "tiny/snapshots").iterdir()] == [old.revision]
    assert open_version("tiny", home=home).revision == old.revision
    again = commit(home, "150", "0")
    assert again.stdout.strip() == open_version("tiny@v1", home=home).revision, again.stderr


READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[tuple[Path, list[str]]]:
    """A store that cannot be written to by a command that starts with the given words."""
    folder = tmp_path / "closed"
    tiny_version(folder, tag="old")
    if os.geteuid() == 0:  # root may write everywhere but to a read-only mount
        words = ["unshare", "--mount", "sh", "-c", READ_ONLY, str(folder)]
        if subprocess.run([*words, "true"], capture_output=True).returncode:
            pytest.skip("root that may not mount")
        yield folder, words
        return
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield folder, []
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_a_store_that_cannot_be_written_to_is_one_line_and_can_be_read(closed: tuple[Path, list[str]]) -> None:
    home, words = closed
    env = os.environ | {"DUALSET_HOME": str(home), "PYTHONPATH": str(TESTS)}

    def run(*args: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([*words, sys.executable, *args], env=env, capture_output=True, text=True)

    for args in (["show", "tiny"], ["versions"], ["sql", "tiny", "select 1"], ["diff", "tiny", "tiny@old"]):
        done = run("-m", "dualset", *args)
        assert (done.returncode, done.stderr) == (0, ""), args
    for done in (run("-c", COMMIT, str(home), "3", "0"), run("-m", "dualset", "tag", "tiny", "v2")):
        assert (done.returncode, done.stdout) == (1, "")
        assert re.search(
            "(Permission denied|Read-only file system): make .* writable, or set DUALSET_HOME", done.stderr
        )
        assert len(done.stderr.splitlines()) == 1
    assert names(home=home) == ["tiny"]


def test_a_snapshot_that_was_there_stays_as_it_was_when_committed_again(home: Path) -> None:
    first: Version = tiny_version(home)
    (first.path / "README.md").write_text("edited by hand")
    assert tiny_version(home).path == first.path
    assert (first.path / "README.md").read_text() == "edited by hand"
