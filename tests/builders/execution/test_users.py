"""As root, as an ordinary user, and as either of them within a container: the same labels, and nothing left behind.

An ordinary user may read neither the checkout nor the Python of whoever runs the tests. So the package is copied to a
folder that all may read, and a Python is looked for that all may run.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import dualset
from dualset.builders.execution.ladder import Level, climb

NOBODY = 65534
HERE = Path(__file__).parent
RIGHT = {"right", "right call", "right asserts", "makes files", "finds none", "starts threads", "finds none again"}
OUTCOMES = {
    **dict.fromkeys([*RIGHT, "locks its folder"], "pass"),
    "wrong": "wrong_answer",
    "raises": "runtime_error",
    "exits": "runtime_error",
    "loops": "time_limit",
    "sleeps": "time_limit",
    "takes memory": "memory_limit",
    "prints without end": "output_limit",
}


@pytest.fixture(scope="module")
def public() -> Iterator[Path]:
    """A folder that all may read, with the package and the helpers in it, and a folder for scratch in that."""
    with tempfile.TemporaryDirectory(prefix="public-", dir="/tmp") as name:
        folder = Path(name)
        package = Path(dualset.__file__).parent
        shutil.copytree(package, folder / "dualset", ignore=shutil.ignore_patterns("__pycache__"))
        for script in ("labels_elsewhere.py", "like_docker.py"):
            shutil.copy(HERE / script, folder)
        subprocess.run(["chmod", "-R", "a+rX", name], check=True)
        (folder / "scratch").mkdir()
        (folder / "scratch").chmod(0o777)
        yield folder


def python_for_all() -> str:
    """A Python that any user may run, and that is new enough."""
    for python in (os.path.realpath(sys.executable), "/usr/bin/python3", "/usr/local/bin/python3"):
        shown = all(parent.stat().st_mode & 0o001 for parent in Path(python).parents)
        if shown and os.path.exists(python):
            asked = subprocess.run(
                [python, "-c", "import sys; print(sys.version_info >= (3, 11))"], capture_output=True
            )
            if asked.stdout.strip() == b"True":
                return python
    pytest.skip("no Python 3.11 or later that an ordinary user may run")


def labels_as(user: int | None, public: Path, *within: str) -> dict[str, Any]:
    """What ``labels_elsewhere.py`` says, run by this user; None: by ourselves. Nothing of it may be left."""
    python = sys.executable if user is None else python_for_all()
    start = [python, str(public / within[0])] if within else []
    done = subprocess.run(
        [*start, python, str(public / "labels_elsewhere.py"), str(public)],
        capture_output=True,
        text=True,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        cwd=public,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(public / "scratch"), "PYTHONPATH": str(public)},
    )
    assert done.returncode == 0, done.stderr
    assert os.listdir(public / "scratch") == []
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["uid"] == (os.getuid() if user is None else user)
    return told


def all_right(labels: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether every level gave every program the label that it should have."""
    for level, its in labels.items():
        found = {name: label["outcome"] for name, label in its.items()}
        assert found == OUTCOMES, level
    return True


def same(*labels: Mapping[str, Any]) -> bool:
    """Whether all levels gave the same labels, field by field, whoever ran them."""
    first, *others = [its for each in labels for its in each.values()]
    return all(other == first for other in others)


@pytest.fixture(scope="module")
def ours(public: Path) -> dict[str, Any]:
    """By the user who runs the tests."""
    return labels_as(None, public)


@pytest.fixture(scope="module")
def ordinary(public: Path) -> dict[str, Any]:
    """By an ordinary user, when the tests run as root."""
    if os.getuid():
        pytest.skip("only root can become another user; whoever runs the tests is an ordinary one")
    return labels_as(NOBODY, public)


@pytest.mark.slow
def test_labels_are_the_same_at_every_level(ours: dict[str, Any]) -> None:
    assert ours["levels"] == {str(rung.level): rung.missing for rung in climb()}
    assert all_right(ours["labels"])
    assert same(ours["labels"])


@pytest.mark.slow
def test_an_ordinary_user_has_every_level_that_needs_no_namespaces_and_the_same_labels(
    ordinary: dict[str, Any], ours: dict[str, Any]
) -> None:
    for level, missing in ordinary["levels"].items():
        assert missing is None or level == Level.NAMESPACES or ours["levels"][level], f"{level}: {missing}"
    assert all_right(ordinary["labels"])
    assert same(ordinary["labels"], ours["labels"])


@pytest.mark.parametrize(
    "user",
    [
        pytest.param(None, id="ourselves", marks=pytest.mark.slow),
        pytest.param(NOBODY, id="nobody", marks=pytest.mark.deep),
    ],
)
def test_a_container_has_landlock_and_the_same_labels(user: int | None, ours: dict[str, Any], public: Path) -> None:
    if user is not None and os.getuid():
        pytest.skip("only root can become another user")
    if ours["levels"]["landlock"]:
        pytest.skip(f"no landlock here: {ours['levels']['landlock']}")
    told = labels_as(user, public, "like_docker.py")
    assert told["auto"] == Level.LANDLOCK
    assert [level for level, missing in told["levels"].items() if missing] == [Level.NAMESPACES]
    assert "not permitted" in told["levels"]["namespaces"]
    assert all_right(told["labels"])
    assert same(told["labels"], ours["labels"])
