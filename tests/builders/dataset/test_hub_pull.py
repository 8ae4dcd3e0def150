"""Getting a version from a Hub through the real client: the bytes that were pushed, or one line and nothing kept."""

import hashlib
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hub_client import Client, client_of, settings
from loopback_hub import Hub

from dualset.builders.dataset.ids import canonical_json
from dualset.builders.dataset.store import Version

Tiny = Callable[..., Version]
Files = dict[str, bytes]
FILE = "data/labels/train-00000-of-00001.parquet"


def files_of(version: Version) -> Files:
    paths = [path for path in sorted(version.path.rglob("*")) if path.is_file()]
    return {path.relative_to(version.path).as_posix(): path.read_bytes() for path in paths}


def kept(home: Path) -> list[str]:
    """What a store holds, apart from locks."""
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file() and path.name != ".lock")


def test_a_pulled_version_has_the_bytes_that_were_pushed(hub: Hub, dualset: Client, tiny: Tiny, tmp_path: Path) -> None:
    version, there = tiny(), tmp_path / "there"
    dualset("push", "tiny", "ada/first", "--tag", "v1")
    head = hub.dataset("ada/first").head
    done = dualset("pull", "hf://datasets/ada/first@v1", home=there)
    assert done.out == f"first@{version.revision}\n"
    assert done.err.splitlines() == [
        f"hf://datasets/ada/first@v1 is commit {head.sha}",
        f"hf://datasets/ada/first@{head.sha}",
    ]
    pulled = there / "first/snapshots" / version.revision
    got = {str(path.relative_to(pulled)): path.read_bytes() for path in pulled.rglob("*") if path.is_file()}
    assert got == {path: data for path, data in head.files.items() if path != ".gitattributes"}
    assert not [path for path in there.rglob("*") if path.is_symlink()]
    assert not (there / "first/refs").exists()
    [pin] = map(json.loads, (there / "first/hub.jsonl").read_text().splitlines())
    assert (pin["repo"], pin["sha"], pin["tag"], pin["how"]) == ("ada/first", head.sha, "v1", "pull")
    before = kept(there)
    again = json.loads(dualset("pull", "hf://datasets/ada/first@v1", "--json", home=there).out)
    assert (again["sha"], again["revision"], again["fetched"], again["tags"]) == (head.sha, version.revision, False, [])
    assert kept(there) == before
    tagged = json.loads(dualset("pull", "hf://datasets/ada/first@v1", "--json", "--tag", "mine", home=there).out)
    assert tagged["tags"] == ["mine"]


def test_a_whole_sha_that_is_here_is_not_asked_about(hub: Hub, dualset: Client, tiny: Tiny) -> None:
    tiny()
    address = dualset("push", "tiny", "ada/known").out.strip()
    hub.calm()
    assert dualset("pull", address).code == 0
    assert hub.log == []


@pytest.mark.parametrize("command", [["show", "REF"], ["sql", "REF", "select count(*) from problems"]])
def test_a_reference_to_the_hub_is_pulled_by_every_command_and_its_commit_told_once(
    hub: Hub, dualset: Client, tiny: Tiny, tmp_path: Path, command: list[str]
) -> None:
    version = tiny()
    repo = f"ada/ref-{command[0]}"
    dualset("push", "tiny", repo, "--tag", "v1")
    sha = hub.dataset(repo).head.sha
    for ref in (f"hf://datasets/{repo}", f"hf://datasets/{repo}@v1", f"hf://datasets/{repo}@{sha}"):
        done = dualset(*(ref if word == "REF" else word for word in command), home=tmp_path / "there")
        assert done.code == 0, done.err
        assert done.err.count(sha) == (0 if ref.endswith(sha) else 1)
    assert kept(tmp_path / "there")[-1].startswith(f"ref-{command[0]}/snapshots/{version.revision}")


def test_a_download_with_a_wrong_bit_is_fetched_again(hub: Hub, dualset: Client, tiny: Tiny, tmp_path: Path) -> None:
    tiny()
    dualset("push", "tiny", "ada/noisy")
    hub.spoil("GET /large/datasets/ada/noisy/")
    assert dualset("pull", "hf://datasets/ada/noisy", home=tmp_path / "there").code == 0
    assert dualset("show", "noisy", "--digests", home=tmp_path / "there").code == 0


def test_a_download_that_stays_wrong_is_refused(hub: Hub, dualset: Client, tiny: Tiny, tmp_path: Path) -> None:
    tiny()
    dualset("push", "tiny", "ada/wrong")
    hub.spoil("GET /large/datasets/ada/wrong/", times=100)
    line = dualset("pull", "hf://datasets/ada/wrong", home=tmp_path / "there").line
    assert "is not the file that the manifest names (it was downloaded twice)" in line
    assert kept(tmp_path / "there") == []
    hub.calm()
    assert dualset("pull", "hf://datasets/ada/wrong", home=tmp_path / "there").code == 0


def test_a_download_that_is_cut_off_is_taken_up_again(hub: Hub, dualset: Client, tiny: Tiny, tmp_path: Path) -> None:
    tiny()
    dualset("push", "tiny", "ada/cut")
    hub.cut("GET /large/datasets/ada/cut/", after=1000)
    assert dualset("pull", "hf://datasets/ada/cut", home=tmp_path / "there").code == 0


def test_a_pull_that_is_killed_leaves_nothing_to_be_seen(hub: Hub, dualset: Client, tiny: Tiny, tmp_path: Path) -> None:
    tiny()
    dualset("push", "tiny", "ada/killed-pull")
    there = tmp_path / "there"
    hub.before("GET /large/", lambda: None)
    hub.before("GET /large/", lambda: process.kill())
    command = [sys.executable, "-m", "dualset", "pull", "hf://datasets/ada/killed-pull"]
    process = subprocess.Popen(command, env=settings(hub, tmp_path, DUALSET_HOME=str(there)), stderr=subprocess.DEVNULL)
    assert process.wait() == -signal.SIGKILL
    assert kept(there) == []
    assert dualset("pull", "hf://datasets/ada/killed-pull", home=there).code == 0
    assert dualset("show", "killed-pull", "--digests", home=there).code == 0


def test_offline_a_whole_cache_is_enough_and_a_partial_one_is_said_to_be(
    hub: Hub, dualset: Client, tiny: Tiny, tmp_path: Path
) -> None:
    version = tiny()
    dualset("push", "tiny", "ada/offline", "--tag", "v1")
    sha = hub.dataset("ada/offline").head.sha
    assert dualset("pull", "hf://datasets/ada/offline@v1", home=tmp_path / "online").code == 0
    cache = shutil.copytree(dualset.cache, tmp_path / "cache", symlinks=True)
    hub.calm()
    with client_of(hub, tmp_path, cache, HF_HUB_OFFLINE="1") as offline:
        done = offline("pull", "hf://datasets/ada/offline@v1", home=tmp_path / "whole")
        assert done.out == f"offline@{version.revision}\n", done.err
        [missing] = cache.glob(f"hub/datasets--ada--offline/snapshots/{sha}/{FILE}")
        secret = tmp_path / "secret"
        secret.write_bytes(b"my own")
        blob = missing.resolve()
        shutil.copy(blob, tmp_path / "blob")
        blob.unlink()
        line = offline("pull", f"hf://datasets/ada/offline@{sha}", home=tmp_path / "partial").line
        assert f"the Hugging Face cache lacks 1 of its 5 files ({FILE}): unset HF_HUB_OFFLINE" in line
        blob.symlink_to(secret)
        line = offline("pull", "hf://datasets/ada/offline@v1", home=tmp_path / "partial").line
        assert f"{FILE} is not the file that the manifest names (the Hugging Face cache has it damaged" in line
        assert kept(tmp_path / "partial") == []
        assert "HF_HUB_OFFLINE is set" in offline("pull", "hf://datasets/ada/never", home=tmp_path / "partial").line
    assert hub.log == []


def lying(change: Callable[[dict[str, Any]], None]) -> Callable[[Files], None]:
    """A repository whose manifest was changed, its revision with it."""

    def spoil(files: Files) -> None:
        manifest = json.loads(files["manifest.json"])
        change(manifest)
        manifest["revision"] = hashlib.sha256(canonical_json(manifest["content"])).hexdigest()
        files["manifest.json"] = json.dumps(manifest).encode()

    return spoil


def climb(manifest: dict[str, Any]) -> None:
    manifest["files"]["parquet"][0]["path"] = "../../../../escaped.parquet"


def other_sha256(manifest: dict[str, Any]) -> None:
    manifest["files"]["parquet"][0]["sha256"] = "0" * 64


def other_rows(manifest: dict[str, Any]) -> None:
    manifest["content"]["tables"]["labels"]["digest"] = "0" * 64


def other_name(manifest: dict[str, Any]) -> None:
    manifest["files"]["name"] = "../../escaped"


def no_table(files: Files) -> None:
    """A file that is what the manifest says, and nothing that can be read."""
    manifest = json.loads(files["manifest.json"])
    [entry] = [entry for entry in manifest["files"]["parquet"] if entry["path"] == FILE]
    files[FILE] = files[FILE][: len(files[FILE]) // 2] + files[FILE][-100:]
    entry |= {"bytes": len(files[FILE]), "sha256": hashlib.sha256(files[FILE]).hexdigest()}
    files["manifest.json"] = json.dumps(manifest).encode()


def other_revision(files: Files) -> None:
    files["manifest.json"] = files["manifest.json"].replace(
        json.loads(files["manifest.json"])["revision"].encode(), b"0" * 64
    )


HOSTILE: dict[str, tuple[Callable[[Files], object], str]] = {
    "no manifest": (lambda files: files.pop("manifest.json"), "has no manifest.json"),
    "a missing file": (lambda files: files.pop(FILE), f"{FILE} is in its manifest and not in the commit"),
    "another file": (lambda files: files.update({FILE: files[FILE][:-1]}), f"{FILE} has "),
    "a file too many": (
        lambda files: files.update({"data/groups/train-00001-of-00002.parquet": b"PAR1"}),
        "train-00001-of-00002.parquet is not in its manifest",
    ),
    "a name that climbs": (
        lambda files: files.update({"../../escaped": b"!"}),
        "'../../escaped', which leads out of it",
    ),
    "a name from the root": (
        lambda files: files.update({"/tmp/escaped": b"!"}),
        "'/tmp/escaped', which leads out of it",
    ),
    "a link to a file of ours": (lambda files: files.update({FILE: b"/etc/passwd"}), f"{FILE} has 11 bytes"),
    "a manifest that is a link": (lambda files: files.update({"manifest.json": b"/etc/passwd"}), "not a manifest"),
    "a manifest that climbs": (lying(climb), "not a manifest"),
    "a manifest with a name that climbs": (lying(other_name), "not a manifest"),
    "a manifest of other files": (lying(other_sha256), "another sha256 than its manifest says"),
    "a manifest of other rows": (lying(other_rows), "has rows of digest"),
    "a manifest with another revision": (other_revision, "not 000000000000"),
    "a manifest of depth": (lambda files: files.update({"manifest.json": b"[" * 100_000}), "not a manifest"),
    "a table that is none": (no_table, "is damaged or not what it says"),
}


@pytest.mark.parametrize("how", HOSTILE)
def test_a_repository_that_is_not_what_it_says_is_refused(
    hub: Hub, dualset: Client, made: list[Version], home: Path, tmp_path: Path, how: str
) -> None:
    spoil, message = HOSTILE[how]
    repo = f"eve/{list(HOSTILE).index(how)}"
    files = files_of(made[0])
    spoil(files)
    commit = hub.add(repo, files).head
    line = dualset("pull", f"hf://datasets/{repo}@{commit.sha}").line
    assert message in line
    assert commit.sha in line
    assert kept(home) == []
    assert not [*tmp_path.parent.rglob("*escaped*"), *dualset.cache.parent.rglob("*escaped*")]
    assert not Path("/tmp/escaped").exists()


def test_the_card_of_a_pulled_version_is_our_own(
    hub: Hub, dualset: Client, made: list[Version], tmp_path: Path
) -> None:
    card = b"---\nconfigs:\n- config_name: groups\n  data_files: /etc/passwd\n---\n"
    hub.add("eve/card", files_of(made[0]) | {"README.md": card})
    assert dualset("pull", "hf://datasets/eve/card", home=tmp_path / "there").code == 0
    [readme] = (tmp_path / "there").rglob("README.md")
    assert "/etc/passwd" not in readme.read_text()


def test_a_dataset_of_ones_own_is_not_mixed_with_anothers(
    hub: Hub, dualset: Client, made: list[Version], tiny: Tiny
) -> None:
    mine = tiny()
    hub.add("bob/tiny", files_of(made[1]))
    line = dualset("show", "hf://datasets/bob/tiny").line
    assert "the store has a dataset 'tiny' of its own" in line
    done = dualset("pull", "hf://datasets/bob/tiny", "--name", "bobs")
    assert done.out == f"bobs@{made[1].revision}\n"
    shown = json.loads(dualset("show", "hf://datasets/bob/tiny", "--json").out)
    assert (shown["name"], shown["revision"]) == ("bobs", made[1].revision)
    assert json.loads(dualset("show", "tiny", "--json").out)["revision"] == mine.revision


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["hf://datasets/ada"], "expected hf://datasets/ORG/NAME"),
        (["hf://ada/tiny"], "expected hf://datasets/ORG/NAME"),
        (["hf://datasets/ada/tiny@"], "expected hf://datasets/ORG/NAME"),
        (["hf://datasets/ada/tiny@../../x"], "expected hf://datasets/ORG/NAME"),
        (["hf://datasets/../tiny@v1"], "expected hf://datasets/ORG/NAME"),
        (["tiny"], "expected hf://datasets/ORG/NAME"),
        (["hf://datasets/ada/tiny", "--name", "../x"], "the dataset's name '../x'"),
        (["hf://datasets/ada/tiny", "--tag", "../x"], "the tag '../x'"),
    ],
)
def test_what_cannot_be_named_is_refused_without_asking(
    hub: Hub, dualset: Client, args: list[str], message: str
) -> None:
    assert message in dualset("pull", *args).line
    assert hub.log == []


def test_what_is_not_there_is_answered_with_what_is(hub: Hub, dualset: Client, tiny: Tiny) -> None:
    tiny()
    dualset("push", "tiny", "ada/there", "--tag", "final")
    assert "no dataset ada/nowhere" in dualset("pull", "hf://datasets/ada/nowhere").line
    line = dualset("pull", "hf://datasets/ada/there@fnal").line
    assert "ada/there has no tag or commit 'fnal': did you mean 'final'?" in line
