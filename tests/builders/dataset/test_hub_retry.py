"""How long a busy or broken Hub is waited for: real errors of the real client, pauses written down instead of slept."""

from pathlib import Path

import pytest
from hub_client import Client
from loopback_hub import Hub

PAUSES = """
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError
from dualset.builders.dataset.hub.retry import Patience

slept = []
patience = Patience(tries=5, sleep=slept.append, jitter=lambda: jitter, reached=reached)
try:
    patience(lambda: HfApi(endpoint=endpoint).dataset_info("ada/here"))
    answer = slept
except Exception as error:
    answer = [*slept, type(error).__name__]
"""


def pauses(client: Client, endpoint: str, *, jitter: float = 1.0, reached: bool = False) -> list[float | str]:
    found: list[float | str] = client.python(PAUSES, endpoint=endpoint, jitter=jitter, reached=reached)
    return found


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_pauses_double_while_the_hub_is_busy(hub: Hub, process: Client, status: int) -> None:
    hub.add("ada/here", {})
    hub.fail("GET /api/datasets/ada/here", status, times=3)
    assert pauses(process, hub.endpoint) == [1, 2, 4]
    hub.fail("GET /api/datasets/ada/here", status, times=3)
    assert pauses(process, hub.endpoint, jitter=0.0) == [0.5, 1, 2]


def test_it_ends_some_time(hub: Hub, process: Client) -> None:
    hub.fail("GET /api/datasets/ada/here", 503, times=100)
    assert pauses(process, hub.endpoint) == [1, 2, 4, 8, "HfHubHTTPError"]


def test_what_the_hub_asks_for_is_waited_unless_it_is_too_long(hub: Hub, process: Client) -> None:
    hub.add("ada/here", {})
    hub.fail("GET /api/datasets/ada/here", 429, retry_after=7)
    assert pauses(process, hub.endpoint) == [7]
    hub.fail("GET /api/datasets/ada/here", 429, retry_after=3600)
    assert pauses(process, hub.endpoint) == ["HfHubHTTPError"]


def test_a_closed_connection_is_tried_again_and_a_hub_that_never_answered_is_not(hub: Hub, process: Client) -> None:
    hub.add("ada/here", {})
    hub.cut("GET /api/datasets/ada/here")
    assert pauses(process, hub.endpoint, reached=True) == [1]
    assert pauses(process, "http://127.0.0.1:9") == ["ConnectError"]
    assert pauses(process, "http://127.0.0.1:9", reached=True) == [1, 2, 4, 8, "ConnectError"]


@pytest.mark.parametrize("status", [400, 403, 409, 412])
def test_what_another_try_would_only_meet_again_is_not_tried(hub: Hub, process: Client, status: int) -> None:
    hub.fail("GET /api/datasets/ada/here", status)
    [name] = pauses(process, hub.endpoint)
    assert name in ("HfHubHTTPError", "BadRequestError")


VERSIONS = """
from dataclasses import asdict
from dualset.builders.dataset.hub.versions import hub_versions
from dualset.builders.errors import VersionError
try:
    answer = [asdict(version) for version in hub_versions(repo)]
except VersionError as error:
    answer = str(error)
"""


def test_the_versions_of_a_repository_are_its_tags_and_its_head(
    hub: Hub, dualset: Client, home: Path, made: list[object]
) -> None:
    first, second = (version.path for version in made[:2])  # type: ignore[attr-defined]
    dualset("push", str(first), "ada/listed", "--tag", "v1")
    dualset("push", str(second), "ada/listed")
    repository = hub.dataset("ada/listed")
    repository.tag("also", repository.tags["v1"])
    repository.tag("start", repository.commits[0].sha)  # holds no version
    repository.put({"manifest.json": b'{"revision": 7}'}, "nonsense")
    listed = dualset.python(VERSIONS, repo="hf://datasets/ada/listed")
    assert [(each["sha"], each["revision"], each["tags"], each["head"]) for each in listed] == [
        (repository.tags["v1"], first.name, ["also", "v1"], False)
    ]
    repository.commits.pop()
    newer, older = sorted(dualset.python(VERSIONS, repo="ada/listed"), key=lambda each: not each["head"])
    assert (newer["revision"], newer["tags"], newer["head"], newer["parents"]) == (second.name, [], True, [])
    assert older["revision"] == first.name
    assert dualset.python(VERSIONS, repo="ada/none").startswith("no dataset ada/none on ")
