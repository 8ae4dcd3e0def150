"""What ``dualset versions hf://...`` says about a dataset on the Hub: by commit, with tags, parents and rows."""

import json
from pathlib import Path

import pytest
from hub_client import Client
from sample_version import tiny_content, tiny_tables

from dualset.builders.dataset.store import Version, VersionContent, commit_version


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> list[Version]:
    """A version and one that was made from it."""
    home = tmp_path_factory.mktemp("two")
    first = commit_version("tiny", tiny_tables(3), content=tiny_content(), home=home)
    content = VersionContent(recipe={}, parents=(first.revision,))
    return [first, commit_version("tiny", tiny_tables(4), content=content, home=home)]


@pytest.fixture(scope="module")
def shas(process: Client, two: list[Version]) -> list[str]:
    pushed = [
        process("push", str(version.path), "ada/two", "--tag", tag)
        for version, tag in zip(two, ("v1", "v2"), strict=True)
    ]
    return [done.out.strip().partition("@")[2] for done in pushed]


def test_the_versions_of_a_hub_dataset_are_listed(dualset: Client, two: list[Version], shas: list[str]) -> None:
    said = json.loads(dualset("versions", "hf://datasets/ada/two", "--json").out)
    assert {each["sha"]: each for each in said} == {
        sha: {
            "sha": sha,
            "revision": version.revision,
            "tags": [tag],
            "parents": list(version.manifest["content"]["parents"]),
            "created": version.manifest["files"]["created"],
            "rows": {name: version.counts[name] for name in ("problems", "candidates", "labels", "groups")},
            "head": tag == "v2",
        }
        for sha, version, tag in zip(shas, two, ("v1", "v2"), strict=True)
    }
    assert said[0]["sha"] == shas[1]


def test_a_line_starts_with_a_reference_that_other_commands_take(
    dualset: Client, two: list[Version], shas: list[str]
) -> None:
    newest = dualset("versions", "hf://datasets/ada/two").out.splitlines()[0].split()
    assert newest[0] == f"hf://datasets/ada/two@{shas[1]}"
    assert newest[1:3] == ["revision", two[1].revision[:12]]
    groups, parent = str(two[1].counts["groups"]), two[0].revision[:12]
    assert newest[4:] == ["40", "candidates", groups, "groups", "v2", "from", parent, "main"]
    assert json.loads(dualset("show", newest[0], "--json").out)["revision"] == two[1].revision


def test_hub_versions_are_compared_by_their_references(dualset: Client, two: list[Version], shas: list[str]) -> None:
    done = dualset("diff", "hf://datasets/ada/two@v1", f"hf://datasets/ada/two@{shas[1]}", "--json")
    said = json.loads(done.out)
    assert (said["a"]["revision"], said["b"]["revision"]) == (two[0].revision, two[1].revision)
    assert said["tables"]["problems"]["added"] == 1


def test_a_dataset_that_is_not_on_the_hub_is_one_line(dualset: Client, home: Path) -> None:
    assert "ada/none" in dualset("versions", "hf://datasets/ada/none").line
