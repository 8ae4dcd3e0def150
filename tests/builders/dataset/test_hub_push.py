"""Publishing on a Hub through the real client: one commit and a tag, whatever the network and other people do."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hub_client import Client, client_of, settings
from loopback_hub import Hub
from sample_version import tiny_version

from dualset.builders.dataset import write
from dualset.builders.dataset.store import Version

Tiny = Callable[..., Version]
COMMIT = "POST /api/datasets/.*/commit/"


def pushed_files(hub: Hub, repo: str) -> dict[str, bytes]:
    return {path: data for path, data in hub.dataset(repo).head.files.items() if path != ".gitattributes"}


def local_files(version: Version) -> dict[str, bytes]:
    paths = [path for path in version.path.rglob("*") if path.is_file()]
    return {path.relative_to(version.path).as_posix(): path.read_bytes() for path in paths}


def wait_for(done: Callable[[], bool]) -> None:
    while not done():
        time.sleep(0.01)


def without_card(files: dict[str, bytes]) -> dict[str, bytes]:
    return {path: data for path, data in files.items() if path != "README.md"}


def test_a_push_is_one_commit_of_everything_and_a_tag(hub: Hub, dualset: Client, home: Path, tiny: Tiny) -> None:
    version = tiny()
    done = dualset("push", "tiny", "ada/one", "--tag", "v1")
    repository = hub.dataset("ada/one")
    assert (done.code, done.out) == (0, f"hf://datasets/ada/one@{repository.head.sha}\n")
    assert [commit.author for commit in repository.commits] == ["someone", "ada"]
    assert repository.tags == {"v1": repository.head.sha}
    assert without_card(pushed_files(hub, "ada/one")) == without_card(local_files(version))
    assert b'load_dataset("ada/one", ' in repository.head.files["README.md"]
    [pin] = map(json.loads, (home / "tiny/hub.jsonl").read_text().splitlines())
    assert (pin["repo"], pin["sha"], pin["revision"]) == ("ada/one", repository.head.sha, version.revision)


def test_repeating_a_push_does_nothing_and_makes_a_tag_that_is_missing(hub: Hub, dualset: Client, tiny: Tiny) -> None:
    version = tiny()
    first = dualset("push", "tiny", "ada/again")
    hub.calm()
    second = dualset("push", "tiny", "ada/again", "--tag", "v1")
    assert second.out == first.out
    assert "nothing to commit" in second.err
    assert len(hub.dataset("ada/again").commits) == 2
    tiny(1)
    dualset("push", "tiny", "ada/again", "--tag", "v2")
    old = dualset("push", f"tiny@{version.revision}", "ada/again", "--tag", "v1")
    assert old.out == first.out
    assert "the head of main is another version" in old.err
    assert len(hub.dataset("ada/again").commits) == 3


def test_the_next_version_uploads_what_changed_only(hub: Hub, dualset: Client, tiny: Tiny) -> None:
    first = tiny()
    dualset("push", "tiny", "ada/next")
    second = tiny(1)  # of the same problems
    hub.calm()
    planned = json.loads(dualset("push", "tiny", "ada/next", "--tag", "v2", "--dry-run", "--json").out)
    assert not [request for request in hub.log if not request.startswith(("GET", "HEAD"))]
    assert dualset("push", "tiny", "ada/next").code == 0
    before = {entry["sha256"] for entry in first.manifest["files"]["parquet"]}
    changed = [entry for entry in second.manifest["files"]["parquet"] if entry["sha256"] not in before]
    assert 0 < len(changed) < len(second.manifest["files"]["parquet"])
    assert sorted(hub.uploads) == sorted(entry["sha256"] for entry in changed)
    assert (planned["sha"], planned["committed"], planned["tagged"]) == (None, True, True)
    assert sorted(planned["plan"]["upload"]) == sorted(entry["path"] for entry in changed)
    assert planned["plan"]["upload_bytes"] == sum(entry["bytes"] for entry in changed)
    assert without_card(pushed_files(hub, "ada/next")) == without_card(local_files(second))


def test_files_of_the_version_before_are_deleted(
    hub: Hub, dualset: Client, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as small:
        small.setattr(write, "BYTES_A_ROW_GROUP", 1)
        small.setattr(write, "ROWS_A_BATCH", 8)
        small.setattr(write, "BYTES_A_FILE", 1)
        first = tiny_version(home, n_problems=2)
    dualset("push", "tiny", "ada/fewer")
    second = tiny_version(home, n_problems=2, seed=1)
    gone = local_files(first).keys() - local_files(second).keys()
    assert gone
    planned = json.loads(dualset("push", "tiny", "ada/fewer", "--json").out)["plan"]
    assert sorted(planned["delete"]) == sorted(gone)
    assert without_card(pushed_files(hub, "ada/fewer")) == without_card(local_files(second))


def test_a_tag_that_exists_is_not_moved_and_nothing_is_uploaded(hub: Hub, dualset: Client, tiny: Tiny) -> None:
    tiny()
    dualset("push", "tiny", "ada/tagged", "--tag", "v1")
    sha = hub.dataset("ada/tagged").head.sha
    tiny(1)
    hub.calm()
    line = dualset("push", "tiny", "ada/tagged", "--tag", "v1").line
    assert f"the tag v1 of ada/tagged names the commit {sha}" in line
    assert "never moves" in line
    assert not [request for request in hub.log if not request.startswith(("GET", "HEAD"))]
    assert hub.dataset("ada/tagged").tags == {"v1": sha}


def test_a_tag_that_somebody_makes_meanwhile_is_not_moved(hub: Hub, dualset: Client, tiny: Tiny) -> None:
    tiny()
    dualset("push", "tiny", "ada/raced")
    first = hub.dataset("ada/raced").head.sha
    tiny(1)
    hub.before("POST .*/tag/", lambda: hub.dataset("ada/raced").tag("v1", first))
    line = dualset("push", "tiny", "ada/raced", "--tag", "v1").line
    assert f"hf://datasets/ada/raced@{hub.dataset('ada/raced').head.sha}" in line
    assert f"gave the tag v1 to {first}" in line


def test_of_two_pushers_one_wins_and_the_other_is_told_who(
    hub: Hub, dualset: Client, home: Path, tmp_path: Path, tiny: Tiny
) -> None:
    tiny()
    dualset("push", "tiny", "team/both")
    mine, theirs = tiny(1), tiny(2, tmp_path / "theirs")
    hub.users["hf_bob"] = "bob"
    with client_of(hub, tmp_path, HF_TOKEN="hf_bob") as other:
        place = tmp_path / "theirs"
        hub.before(COMMIT, lambda: other("push", "tiny", "team/both", home=place, token="hf_bob"))
        line = dualset("push", f"tiny@{mine.revision}", "team/both").line
    head = hub.dataset("team/both").head
    assert head.author == "bob"
    assert f"bob committed {head.sha[:12]} 'tiny {theirs.revision[:12]}'" in line
    assert "nothing of yours was published" in line
    hub.calm()
    assert dualset("push", f"tiny@{mine.revision}", "team/both").code == 0
    assert hub.uploads == []
    assert [commit.author for commit in hub.dataset("team/both").commits] == ["someone", "ada", "bob", "ada"]
    assert without_card(pushed_files(hub, "team/both")) == without_card(local_files(mine))


@pytest.mark.parametrize("trouble", ["busy", "closed", "lost", "upload"])
def test_trouble_on_the_way_ends_in_one_commit(hub: Hub, dualset: Client, trouble: str, tiny: Tiny) -> None:
    version, repo = tiny(), f"ada/{trouble}"
    if trouble == "busy":
        hub.fail(f"{COMMIT}|/tag/", 429, times=2, retry_after=1)
    elif trouble == "closed":
        hub.cut(COMMIT, after=500)
    elif trouble == "lost":  # the commit is made, and nobody hears of it
        hub.lose(COMMIT)
    else:
        hub.cut("PUT /large/", after=1000)
    done = dualset("push", "tiny", repo, "--tag", "v1")
    assert done.code == 0, done.err
    assert len(hub.dataset(repo).commits) == 2
    assert hub.dataset(repo).tags == {"v1": hub.dataset(repo).head.sha}
    assert without_card(pushed_files(hub, repo)) == without_card(local_files(version))
    assert len(hub.uploads) == len(set(hub.uploads))
    if trouble == "busy":
        assert "the Hub: answers 429; again in" in done.err


def test_a_push_that_is_killed_while_it_uploads_is_taken_up_where_it_was(
    hub: Hub, dualset: Client, tmp_path: Path, tiny: Tiny
) -> None:
    version = tiny()
    command = [sys.executable, "-m", "dualset", "push", "tiny", "ada/killed", "--tag", "v1"]
    hub.cut("PUT /large/", after=100)
    for _ in range(2):
        hub.before("PUT /large/", lambda: None)
    hub.before("PUT /large/", lambda: (wait_for(lambda: len(hub.uploads) >= 2), process.kill()))
    process = subprocess.Popen(command, env=settings(hub, tmp_path), stderr=subprocess.PIPE, text=True)
    _, said = process.communicate()
    assert process.returncode == -signal.SIGKILL
    hub.settle()
    assert "thrown while requesting PUT" in said  # by the client, of the connection that was cut
    assert "signature" not in said  # of the address, which would let anybody upload there
    assert len(hub.dataset("ada/killed").commits) == 1
    assert hub.uploads
    assert dualset("push", "tiny", "ada/killed", "--tag", "v1").code == 0
    files = [entry["sha256"] for entry in version.manifest["files"]["parquet"]]
    assert sorted(hub.uploads) == sorted(files)  # each once, in both runs together
    assert without_card(pushed_files(hub, "ada/killed")) == without_card(local_files(version))


def test_a_push_that_ends_before_the_tag_makes_it_the_next_time(hub: Hub, dualset: Client, tiny: Tiny) -> None:
    tiny()
    hub.fail("POST .*/tag/", 400)
    assert "the Hub refuses" in dualset("push", "tiny", "ada/untagged", "--tag", "v1").line
    assert hub.dataset("ada/untagged").tags == {}
    assert dualset("push", "tiny", "ada/untagged", "--tag", "v1").code == 0
    assert hub.dataset("ada/untagged").tags == {"v1": hub.dataset("ada/untagged").head.sha}
    assert len(hub.dataset("ada/untagged").commits) == 2


def test_other_peoples_data_is_not_buried_under_a_version(hub: Hub, dualset: Client, tiny: Tiny) -> None:
    tiny()
    hub.add("ada/csv", {"README.md": b"# mine", "data/mine.csv": b"1,2"})
    hub.add("ada/manifest", {"manifest.json": b'{"name": "my app"}'})
    assert "holds something else (data/mine.csv) and has no manifest.json" in dualset("push", "tiny", "ada/csv").line
    assert "a manifest.json that is not dualset's" in dualset("push", "tiny", "ada/manifest").line
    assert len(hub.dataset("ada/csv").commits) == len(hub.dataset("ada/manifest").commits) == 1


def test_a_commit_that_lacks_files_is_not_taken_for_the_version(hub: Hub, dualset: Client, tiny: Tiny) -> None:
    tiny()
    hub.add("ada/ignores", {".gitignore": b"*.tmp data/labels/*"})
    line = dualset("push", "tiny", "ada/ignores", "--tag", "v1").line
    assert "lacks files of the version: look whether the repository's .gitignore names them" in line
    assert hub.dataset("ada/ignores").tags == {}


def test_a_private_repository_is_made_and_a_public_one_is_not_taken_for_it(
    hub: Hub, dualset: Client, tiny: Tiny
) -> None:
    tiny()
    assert dualset("push", "tiny", "ada/secret", "--private").code == 0
    assert hub.dataset("ada/secret").private
    assert dualset("push", "tiny", "ada/secret", "--private").code == 0
    hub.add("ada/public", {})
    assert "ada/public is public" in dualset("push", "tiny", "ada/public", "--private").line
    assert len(hub.dataset("ada/public").commits) == 1


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["tiny", "no-org"], "'no-org' is no Hub dataset: expected ORG/NAME"),
        (["tiny", "ada/../../x"], "is no Hub dataset"),
        (["tiny", "ada/ok", "--tag", "../v1"], "the tag '../v1'"),
        (["tiny", "ada/ok", "--tag", "deadbeef"], "reads like a commit"),
        (["tiny", "ada/ok", "--tag", "main"], "reads like a branch"),
        (["tiny", "ada/ok", "--tag", "v1."], "the tag 'v1.' is none for git"),
        (["tiny", "ada/ok", "--tag", "v1.lock"], "the tag 'v1.lock' is none for git"),
        (["tiny", "ada/ok", "--tag", "v1-ä"], "the tag 'v1-ä': expected letters"),
        (["tiny", "ada\\ok"], "is no Hub dataset"),
        (["nothing", "ada/ok"], "no dataset 'nothing'"),
    ],
)
def test_what_cannot_be_named_is_refused_without_asking(
    hub: Hub, dualset: Client, args: list[str], message: str, tiny: Tiny
) -> None:
    tiny()
    assert message in dualset("push", *args).line
    assert hub.log == []


def test_a_damaged_version_is_not_published(hub: Hub, dualset: Client, tiny: Tiny) -> None:
    version = tiny()
    path = version.files("labels")[0]
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    assert f"{path} is {len(data) - 1} bytes long" in dualset("push", "tiny", "ada/damaged").line
    assert hub.log == []


@pytest.mark.parametrize(
    ("token", "message"),
    [("hf_nobody", "the Hub does not know who is asking"), ("hf_reader", "this token may not do that")],
)
def test_without_the_right_to_write_a_push_says_so(
    hub: Hub, dualset: Client, token: str, message: str, tiny: Tiny
) -> None:
    tiny()
    hub.users["hf_reader"] = "rita"
    hub.readers.add("rita")
    line = dualset("push", "tiny", "team/theirs", token=token).line
    assert message in line
    assert token not in line
    assert "datasets/team/theirs" not in hub.repositories


def test_a_hub_that_cannot_be_reached_is_named_at_once(home: Path, tmp_path: Path, tiny: Tiny) -> None:
    tiny()
    dead = Hub()
    dead.endpoint = "http://127.0.0.1:9"
    with client_of(dead, tmp_path) as client:
        started = time.monotonic()
        lines = [
            client("push", "tiny", "ada/tiny", home=home).line,
            client("pull", "hf://datasets/ada/tiny@v1", home=home).line,
        ]
    assert all("http://127.0.0.1:9 cannot be reached" in line for line in lines)
    assert time.monotonic() - started < 20


def test_the_token_is_used_and_shown_nowhere(hub: Hub, dualset: Client, tiny: Tiny, tmp_path: Path) -> None:
    tiny()
    secret = "hf_secret" + "x" * 20
    hub.users[secret] = "ada"
    hub.fail("POST .*/preupload/", 500)
    shown = [
        dualset("push", "tiny", "ada/hush", "--tag", "v1", "--json", token=secret),
        dualset("push", "tiny", "ada/hush", "--tag", "v1", token=secret),
        dualset("push", "tiny", "ada/hush", token=secret + "é"),  # no header can hold this one
        dualset("pull", "hf://datasets/ada/hush@v1", home=tmp_path / "other", token=secret),
    ]
    assert [done.code for done in shown] == [0, 0, 1, 0], shown
    assert secret in hub.tokens
    assert not [done for done in shown if "hf_secret" in done.out + done.err]
    for place in (tmp_path, dualset.cache):  # the stores are in the first
        assert not [path for path in place.rglob("*") if path.is_file() and b"hf_secret" in path.read_bytes()]
    assert "hf_secret" not in repr(hub.dataset("ada/hush").commits)


def test_a_version_pulled_from_one_repository_is_published_as_another_with_that_ones_name(
    hub: Hub, dualset: Client, tiny: Tiny, tmp_path: Path
) -> None:
    version, there = tiny(), tmp_path / "there"
    dualset("push", "tiny", "ada/origin", "--tag", "v1")
    dualset("pull", "hf://datasets/ada/origin@v1", "--name", "mine", home=there)
    assert dualset("push", "mine", "team/copy", "--tag", "v1", home=there).code == 0
    page = hub.dataset("team/copy").head.files["README.md"].decode()
    assert 'load_dataset("team/copy", ' in page
    assert "ada/origin" not in page
    assert without_card(pushed_files(hub, "team/copy")) == without_card(local_files(version))


def test_a_card_that_its_owner_edited_is_published_as_it_is(hub: Hub, dualset: Client, tiny: Tiny) -> None:
    version = tiny()
    page = version.path / "README.md"
    page.write_text(page.read_text("utf-8") + "\nBy hand: ä.\n", encoding="utf-8")
    dualset("push", "tiny", "ada/edited")
    assert hub.dataset("ada/edited").head.files["README.md"] == page.read_bytes()


def test_a_card_that_somebody_edited_on_the_hub_is_replaced_and_where_it_is_kept_is_told(
    hub: Hub, dualset: Client, tiny: Tiny
) -> None:
    first = tiny()
    dualset("push", "tiny", "ada/words", "--tag", "v1")
    repository = hub.dataset("ada/words")
    theirs = repository.head.files | {"logo.png": b"PNG", ".gitattributes": b"*.png filter=lfs\n"}
    theirs["README.md"] += b"The owner's own words.\n"
    edited = repository.put(theirs, "Update README.md", "ada")
    again = dualset("push", "tiny", "ada/words", "--tag", "same")
    assert (again.out, repository.head) == (f"hf://datasets/ada/words@{edited.sha}\n", edited)
    assert repository.tags == {"v1": repository.commits[1].sha, "same": edited.sha}
    second = tiny(1)
    said = f"  replace    README.md, which somebody wrote; the commit {edited.sha} keeps it"
    for words in (["--dry-run"], []):
        done = dualset("push", f"tiny@{second.revision}", "ada/words", *words)
        assert done.err.splitlines().count(said) == 1, done.err
    files = repository.head.files
    assert (files["logo.png"], files[".gitattributes"]) == (theirs["logo.png"], theirs[".gitattributes"])
    assert second.revision in files["README.md"].decode()
    assert first.revision not in files["README.md"].decode()
    assert "somebody wrote" not in dualset("push", f"tiny@{first.revision}", "ada/words", "--tag", "v3").err


def test_two_tags_may_name_one_commit(hub: Hub, dualset: Client, tiny: Tiny, tmp_path: Path) -> None:
    version = tiny()
    first = dualset("push", "tiny", "ada/twice", "--tag", "v1").out
    assert dualset("push", "tiny", "ada/twice", "--tag", "stable").out == first
    sha = hub.dataset("ada/twice").head.sha
    assert hub.dataset("ada/twice").tags == {"v1": sha, "stable": sha}
    for tag in ("v1", "stable"):
        done = dualset("pull", f"hf://datasets/ada/twice@{tag}", home=tmp_path / "there")
        assert done.out == f"twice@{version.revision}\n"


def test_a_version_of_many_files_is_one_commit_and_stays_whole_when_the_next_has_few(
    hub: Hub, dualset: Client, home: Path, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as small:
        for name, n in (("BYTES_A_ROW_GROUP", 1), ("ROWS_A_BATCH", 4), ("BYTES_A_FILE", 1)):
            small.setattr(write, name, n)
        many = tiny_version(home, n_problems=6, seed=3)
    assert len(many.manifest["files"]["parquet"]) > 60
    dualset("push", "tiny", "ada/many", "--tag", "v1")
    few = tiny()
    dualset("push", f"tiny@{few.revision}", "ada/many", "--tag", "v2")
    assert len(hub.dataset("ada/many").commits) == 3
    assert without_card(pushed_files(hub, "ada/many")) == without_card(local_files(few))
    for tag, version in (("v2", few), ("v1", many)):
        assert dualset("pull", f"hf://datasets/ada/many@{tag}", home=tmp_path / "there").code == 0
        pulled = tmp_path / "there/many/snapshots" / version.revision
        assert all((pulled / path).read_bytes() == data for path, data in without_card(local_files(version)).items())
