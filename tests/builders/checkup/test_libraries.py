"""Versions against the tested table, and the table against the files that it repeats."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dualset.builders.checkup.libraries import Finding, State, look_at_libraries
from dualset.builders.checkup.tested import TESTED, Library

ROOT = Path(__file__).parents[3]
NOT_CONSTRAINED = {"openai", "ray", "vllm"}
"""Not part of the development environment; each is tested in one of its own."""


def constrained() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {canonicalize_name(name): version.strip() for name, version in pairs}


def test_the_table_is_what_the_tests_run_with() -> None:
    there = constrained()
    table = {library.name: library.tested for library in TESTED}
    assert {name: version for name, version in table.items() if name in there} == {
        name: there[name] for name in table if name in there
    }
    assert table.keys() - there.keys() <= NOT_CONSTRAINED


def test_the_table_has_the_ranges_and_extras_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    sections = {None: project["dependencies"]} | project["optional-dependencies"]
    del sections["dev"]
    asked = {(extra, r.name): r.specifier for extra, lines in sections.items() for r in map(Requirement, lines)}
    table = {(library.extra, library.name): Requirement(f"x{library.wanted}").specifier for library in TESTED}
    assert {key: asked[key] for key in table if key in asked} == {key: table[key] for key in table if key in asked}
    assert {key for key in asked if key[0] is not None} <= table.keys()
    assert {name for _, name in table.keys() - asked.keys()} <= {"openai"}


def metadata(folder: Path, name: str, version: str, *requires: str) -> None:
    place = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    place.mkdir()
    asks = "".join(f"Requires-Dist: {each}\n" for each in requires)
    (place / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{asks}")


ENGINE = Library("an-engine", "0.30.0", ">=0.29,<=0.31", "engine", "an-engine-cpu")
TENSORS = Library("tensors", "2.13.0", ">=2.9", "train")
TABLE = (TENSORS, ENGINE)


def look(folder: Path, monkeypatch: pytest.MonkeyPatch, *there: tuple[str, ...]) -> dict[str, Finding]:
    """What is found where these are installed: name, version, and what each asks for."""
    for name, version, *requires in there:
        metadata(folder, name, version, *requires)
    monkeypatch.syspath_prepend(str(folder))
    return {each.name: each for each in look_at_libraries(TABLE)}


@pytest.mark.parametrize(
    ("version", "state", "says"),
    [
        ("2.13.0", State.TESTED, "tested"),
        ("2.13.0+cu128", State.TESTED, "tested"),
        ("2.14.0", State.UNTESTED, "newer than 2.13.0, which was tested"),
        ("2.14.0rc1", State.UNTESTED, "newer than 2.13.0, which was tested"),
        ("2.9.1", State.UNTESTED, "older than 2.13.0, which was tested"),
        ("2.8.0", State.UNSUPPORTED, "dualset asks for >=2.9"),
        ("nightly!", State.UNTESTED, "not a version that can be compared with 2.13.0"),
    ],
)
def test_a_version_is_tested_untested_or_unsupported(
    version: str, state: State, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = look(tmp_path, monkeypatch, ("tensors", version))["tensors"]
    assert (found.version, found.state, found.says) == (version, state, says)
    assert found.mend == ("pip install 'tensors>=2.9'" if state == State.UNSUPPORTED else None)


def test_what_is_missing_comes_with_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = look(tmp_path, monkeypatch)["an-engine"]
    assert (found.version, found.state, found.mend) == (None, State.MISSING, "pip install 'dualset[engine]'")


def test_two_that_clash_are_told_with_a_range_that_suits_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = ("an-engine", "0.30.0", "tensors<2.12", "unheard-of>=1"), ("tensors", "2.13.0")
    found = look(tmp_path, monkeypatch, *there)["tensors"]
    assert (found.state, found.says) == (State.CLASHES, "an-engine 0.30.0 asks for <2.12")
    assert found.mend == "pip install 'tensors<2.12,>=2.9'"


def test_a_local_build_is_what_an_exact_pin_asks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = look(tmp_path, monkeypatch, ("an-engine", "0.30.0", "tensors==2.13.0"), ("tensors", "2.13.0+cpu"))
    assert found["tensors"].state == State.TESTED


def test_what_an_unsupported_library_asks_for_is_not_mended_but_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = look(tmp_path, monkeypatch, ("an-engine", "0.33.0", "tensors==2.14.0"), ("tensors", "2.13.0"))
    assert (found["an-engine"].state, found["an-engine"].mend) == (
        State.UNSUPPORTED,
        "pip install 'an-engine>=0.29,<=0.31'",
    )
    assert (found["tensors"].state, found["tensors"].mend) == (State.CLASHES, None)


@pytest.mark.parametrize("marker", ['extra == "dev"', 'python_version < "3"', 'sys_platform == "win32"'])
def test_what_is_asked_for_elsewhere_is_no_clash(marker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = look(tmp_path, monkeypatch, ("an-engine", "0.30.0", f"tensors<2; {marker}"), ("tensors", "2.13.0"))
    assert found["tensors"].state == State.TESTED


def test_another_build_stands_in_for_a_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert look(tmp_path, monkeypatch, ("an-engine-cpu", "0.30.0"))["an-engine"].state == State.TESTED


def test_the_trainer_says_which_engines_it_can_drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """trl names its range of vllm in an extra that nobody asks for."""
    metadata(tmp_path, "trl", "1.16.0", 'vllm<=0.31.0,>=0.22.0; extra == "vllm"', 'vllm<0.1; extra == "old"')
    metadata(tmp_path, "vllm", "0.32.0")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = {each.name: each for each in look_at_libraries()}["vllm"]
    assert (found.state, found.says) == (State.CLASHES, "trl 1.16.0 asks for <=0.31.0,>=0.22.0")


def test_what_an_interrupted_installation_left_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tensors-2.13.0.dist-info").mkdir()
    assert look(tmp_path, monkeypatch)["tensors"].state == State.MISSING
