"""The version store: same data, same revision; what is damaged, missing or unknown is said in one clear line."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sample_version import tiny_content, tiny_tables, tiny_version

from dualset.builders.dataset import write
from dualset.builders.dataset.store import (
    VersionContent,
    add_tag,
    commit_version,
    list_versions,
    names,
    open_version,
)
from dualset.builders.dataset.verify import verify_digests
from dualset.builders.errors import CorruptVersion, UnknownVersion, VersionError


def test_rows_come_back_as_they_went_in(home: Path) -> None:
    version = tiny_version(home)
    for table, rows in tiny_tables().items():
        plain = json.loads(json.dumps(rows, default=str))  # tuples are lists in Arrow
        assert json.loads(json.dumps(list(version.rows(table)), default=str)) == plain


def test_a_split_holds_whole_problems_and_the_splits_hold_everything(home: Path) -> None:
    version = tiny_version(home)
    split_of = {p["problem_id"]: p["split"] for p in version.rows("problems")}
    for table in version.tables:
        by_split = {split: list(version.rows(table, split)) for split in ("train", "validation", "test")}
        assert all(split_of[row["problem_id"]] == split for split, rows in by_split.items() for row in rows)
        assert sum(map(len, by_split.values())) == len(list(version.rows(table))) == version.counts[table]


def test_only_the_columns_asked_for_are_read_still_in_key_order(home: Path) -> None:
    rows = list(tiny_version(home).rows("candidates", columns=["code"]))
    assert rows == [{"code": row["code"]} for row in tiny_tables()["candidates"]]


@pytest.mark.parametrize(("batch", "group", "file"), [(1, 1, 1), (7, 10**9, 10**9), (64, 2000, 6000)])
def test_the_revision_does_not_move_with_files_row_groups_or_batches(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int, group: int, file: int
) -> None:
    whole = tiny_version(home)
    monkeypatch.setattr(write, "ROWS_A_BATCH", batch)
    monkeypatch.setattr(write, "BYTES_A_ROW_GROUP", group)
    monkeypatch.setattr(write, "BYTES_A_FILE", file)
    cut = tiny_version(tmp_path / "elsewhere")
    assert cut.revision == whole.revision
    verify_digests(cut)
    assert list(cut.rows("candidates")) == list(whole.rows("candidates"))
    if file < 10**9:
        n = len(cut.files("candidates", "train"))
        assert n > 1
        assert [p.name for p in cut.files("candidates", "train")] == [
            f"train-{i:05d}-of-{n:05d}.parquet" for i in range(n)
        ]


def test_what_is_measured_moves_no_revision_and_what_is_said_does(home: Path, tmp_path: Path) -> None:
    first = tiny_version(home)
    tables = tiny_tables()
    for seen in tables["observations"]:
        seen["peak_memory_mb"] = 17.5
    assert commit_version("other-name", tables, content=tiny_content(), home=tmp_path).revision == first.revision
    other = replace(tiny_content(), recipe={"groups": {"size": 5}})
    assert commit_version("tiny", tiny_tables(), content=other, home=home).revision != first.revision
    changed = tiny_tables()
    changed["labels"][0]["passed"] = None
    assert commit_version("tiny", changed, content=tiny_content(), home=home).revision != first.revision


def test_committing_again_rewrites_nothing_and_makes_the_version_the_latest(home: Path) -> None:
    first = tiny_version(home)
    before = {path: path.stat().st_mtime_ns for path in first.path.rglob("*")}
    second = tiny_version(home, seed=1)
    assert open_version("tiny", home=home).revision == second.revision
    assert tiny_version(home).path == first.path
    assert {path: path.stat().st_mtime_ns for path in first.path.rglob("*")} == before
    assert open_version("tiny", home=home).revision == first.revision
    assert [entry.revision for entry in list_versions("tiny", home=home)] == [first.revision, second.revision]


def test_a_killed_commit_leaves_nothing_that_a_next_one_does_not_clean(home: Path) -> None:
    script = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from sample_version import tiny_content, tiny_tables\n"
        "from dualset.builders.dataset.store import commit_version\n"
        "tables = tiny_tables()\n"
        "def dying():\n"
        "    yield from tables['groups'][:1]\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        f"commit_version('tiny', tables | {{'groups': dying()}}, content=tiny_content(), home=Path({str(home)!r}))\n"
    )
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    assert subprocess.run([sys.executable, "-c", script], env=env).returncode == -signal.SIGKILL
    assert names(home=home) == []
    assert list((home / "tiny").glob(".commit-*"))
    version = tiny_version(home)
    assert not list((home / "tiny").glob(".commit-*"))
    assert open_version("tiny", home=home).revision == version.revision


def test_a_torn_last_line_of_the_log_is_no_commit(home: Path) -> None:
    first = tiny_version(home)
    log = home / "tiny" / "log.jsonl"
    log.write_bytes(log.read_bytes() + b'{"revision": "ab')
    assert open_version("tiny", home=home).revision == first.revision
    second = tiny_version(home, seed=1)
    assert [json.loads(line)["revision"] for line in log.read_text().splitlines()] == [first.revision, second.revision]


def test_every_reference_leads_to_the_version(home: Path) -> None:
    version = tiny_version(home, tag="v1")
    tiny_version(home, seed=1)
    refs = ["tiny@v1", f"tiny@{version.revision[:8]}", f"tiny@{version.revision}", str(version.path)]
    assert {open_version(ref, home=home).revision for ref in refs} == {version.revision}
    assert {open_version(ref, home=home).tags for ref in refs} == {("v1",)}


def test_a_copy_of_a_snapshot_is_a_version_wherever_it_lies(home: Path, tmp_path: Path) -> None:
    version = tiny_version(home)
    copy = shutil.copytree(version.path, tmp_path / "copy")
    (copy / "README.md").write_text("a card that someone edited")
    assert open_version(str(copy)).revision == version.revision
    with pytest.raises(VersionError, match="is not in a store"):
        add_tag(str(copy), "v1")


@pytest.mark.parametrize(
    ("ref", "message"),
    [
        ("tinny", r"no dataset 'tinny' in .*: did you mean 'tiny'\? \(known: tiny\)"),
        ("tiny@fnal", r"no tag or revision 'fnal': did you mean 'final'\? \(known: final\); revisions: [0-9a-f]{12}$"),
        ("tiny@", "no tag or revision ''"),
        ("tiny@deadbeef", "no tag or revision 'deadbeef'"),
        ("../tiny", "does not exist"),
        (str(Path(__file__).parent), r"has no manifest\.json"),
        ("hf://org/tiny", "expected hf://datasets/ORG/NAME"),
    ],
)
def test_an_unknown_reference_is_told_what_there_is(home: Path, ref: str, message: str) -> None:
    tiny_version(home, tag="final")
    with pytest.raises(VersionError, match=message):
        open_version(ref, home=home)


def test_a_store_that_is_not_there_has_no_versions(home: Path) -> None:
    assert names(home=home) == []
    with pytest.raises(UnknownVersion, match="known: none"):
        open_version("tiny", home=home)


def test_a_tag_never_moves_and_may_be_given_again(home: Path) -> None:
    first, second = tiny_version(home, tag="v1"), tiny_version(home, seed=1)
    assert add_tag("tiny@v1", "v1", home=home).tags == ("v1",)
    with pytest.raises(VersionError, match=f"tiny@v1 already names {first.revision[:12]} and never moves"):
        add_tag(f"tiny@{second.revision}", "v1", home=home)
    assert open_version("tiny@v1", home=home).revision == first.revision
    for tag in ("../v1", "", "deadbeef", ".v1", "a/b"):
        with pytest.raises(VersionError):
            add_tag("tiny", tag, home=home)


@pytest.mark.parametrize("name", ["", "..", "a/b", "/tmp/x", ".hidden", "a b", "-x", "x\n"])
def test_no_name_climbs_out_of_the_store(home: Path, name: str) -> None:
    with pytest.raises(VersionError, match="the dataset's name"):
        commit_version(name, tiny_tables(), content=tiny_content(), home=home)
    assert not home.exists()


def _flip_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _edit_manifest(change: Callable[[Any], Any]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        manifest_path = path.parents[2] / "manifest.json"
        manifest = json.loads(manifest_path.read_text())
        change(manifest)
        manifest_path.write_text(json.dumps(manifest))

    return damage


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_flip_a_byte, r"train-00000-of-00001\.parquet has the sha256"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), r"train-00000-of-00001\.parquet is \d+ bytes long"),
        (lambda path: path.unlink(), r"train-00000-of-00001\.parquet is missing"),
        (lambda path: shutil.copy(path, path.with_name("train-extra.parquet")), "extra.parquet is not in the manifest"),
        (lambda path: (path.parents[2] / "manifest.json").write_text("{"), "manifest.json is not a manifest"),
        (lambda path: (path.parents[2] / "manifest.json").write_text("[1]"), "manifest.json is not a manifest"),
        (_edit_manifest(lambda m: m["content"]["pins"].update(problems="x")), "its content has the revision"),
        (_edit_manifest(lambda m: m.update(revision="0" * 64)), "its content has the revision"),
        (_edit_manifest(lambda m: m["files"]["parquet"][0].update(path="../../x")), "not a manifest of dualset"),
    ],
)
def test_a_damaged_version_is_not_opened(home: Path, damage: Callable[[Path], Any], message: str) -> None:
    version = tiny_version(home)
    damage(version.files("labels", "train")[0])
    with pytest.raises(CorruptVersion, match=message) as caught:
        open_version("tiny", home=home)
    assert "build it again" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_rows_that_are_not_those_of_the_revision_are_found_even_with_a_matching_file_list(home: Path) -> None:
    version = tiny_version(home)
    tables = tiny_tables()
    tables["labels"][0]["passed"] = None
    other = commit_version("other", tables, content=tiny_content(), home=home)
    changed = other.files("labels", "train")[0]
    shutil.copy(changed, version.files("labels", "train")[0])
    said = next(entry for entry in other.manifest["files"]["parquet"] if changed.match(entry["path"]))
    _edit_manifest(
        lambda m: m["files"]["parquet"].__setitem__(
            next(i for i, e in enumerate(m["files"]["parquet"]) if e["path"] == said["path"]), said
        )
    )(version.files("labels", "train")[0])
    with pytest.raises(CorruptVersion, match="data/labels has rows of digest"):
        verify_digests(open_version("tiny", home=home))


def _with(table: str, change: Callable[[list[dict[str, Any]]], Any]) -> dict[str, Any]:
    tables = tiny_tables()
    change(tables[table])
    return tables


@pytest.mark.parametrize(
    ("table", "change", "message"),
    [
        ("labels", lambda rows: rows.reverse(), "is out of order after"),
        ("groups", lambda rows: rows.insert(0, rows[0]), "repeats the key"),
        ("labels", lambda rows: rows[-1].update(problem_id="q"), "of problem 'q', which is not in problems"),
        ("labels", lambda rows: rows[3].pop("runs"), "other columns than the schema: runs"),
        ("labels", lambda rows: rows[3].update(extra=1), "other columns than the schema: extra"),
        ("candidates", lambda rows: rows[5].update(mean_logprob=float("nan")), "NaN or infinite"),
        ("candidates", lambda rows: rows[5].update(sample_index="x"), r"\('p000', 'p000-5'\) does not fit the schema"),
        ("candidates", lambda rows: rows[5].update(completion="\ud800"), r"\('p000', 'p000-5'\) does not fit"),
        ("problems", lambda rows: rows[0].update(split=None), "has the split None"),
    ],
)
def test_a_row_that_cannot_be_in_its_table_is_refused_and_leaves_nothing(
    home: Path, table: str, change: Callable[[list[dict[str, Any]]], Any], message: str
) -> None:
    with pytest.raises(VersionError, match=message):
        commit_version("tiny", _with(table, change), content=tiny_content(), home=home)
    assert names(home=home) == []
    assert not list((home / "tiny").glob(".commit-*"))


def test_every_table_must_be_given(home: Path) -> None:
    tables = tiny_tables()
    del tables["groups"]
    with pytest.raises(VersionError, match="groups missing or unknown"):
        commit_version("tiny", tables, content=tiny_content(), home=home)


def test_content_that_is_no_plain_data_is_refused(home: Path) -> None:
    with pytest.raises(VersionError, match="cannot be written as JSON"):
        commit_version("tiny", tiny_tables(), content=VersionContent(recipe={"path": Path("/")}), home=home)


def test_unknown_tables_splits_and_columns_are_named(home: Path) -> None:
    version = tiny_version(home)
    for call, message in (
        (lambda: version.files("lables"), "no table 'lables': did you mean 'labels'"),
        (lambda: version.files("labels", "tain"), "no split 'tain': did you mean 'train'"),
        (lambda: version.rows("labels", columns=["pased"]), "no column 'pased': did you mean 'passed'"),
    ):
        with pytest.raises(VersionError, match=message):
            call()
