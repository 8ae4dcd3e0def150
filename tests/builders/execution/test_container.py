"""Inside a container with Docker's default profile, as ``like_docker.py`` emulates it: which levels work, how well."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dualset.builders.execution.ladder import Level, climb


@pytest.fixture(autouse=True)
def levels_that_a_container_allows() -> None:
    for rung in climb():
        if rung.level in (Level.LANDLOCK, Level.SECCOMP) and rung.missing:
            pytest.skip(rung.missing)


def contained(*command: str) -> Any:
    """What a dualset command says as JSON."""
    script = str(Path(__file__).with_name("like_docker.py"))
    whole = [sys.executable, script, sys.executable, "-m", "dualset", *command, "--json"]
    done = subprocess.run(whole, capture_output=True, text=True)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def test_landlock_is_the_strongest_level_and_the_doctor_says_why() -> None:
    told = contained("doctor")
    levels = {level["level"]: level for level in told["levels"]}
    assert told["auto"] == "landlock"
    assert {name: its["works"] for name, its in levels.items()} == {
        "namespaces": False,
        "landlock": True,
        "seccomp": True,
        "none": True,
    }
    assert "Operation not permitted" in levels["namespaces"]["missing"]
    assert "--security-opt seccomp=unconfined" in levels["namespaces"]["how"][0]


def test_programs_that_reach_out_are_held_there() -> None:
    kinds = ("network", "snooping", "shared_memory", "signals", "files", "asserting")
    told = contained("selftest", "--isolation", "landlock", *(f"--kind={kind}" for kind in kinds))["levels"][0]
    assert told["hostile"] > 100
    assert told["honest"] > 10
    assert told["offences"] == []


@pytest.mark.deep
def test_nobody_is_fooled_harmed_or_failed_there() -> None:
    told = contained("selftest", "--isolation", "auto")
    assert told["levels"][0]["level"] == "landlock"
    assert told["levels"][0]["offences"] == []
    assert told["sound"] is True
