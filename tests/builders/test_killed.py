"""Builds killed at moments spread over all their stages: nothing half-written is seen, nothing is lost or made twice.

Which stage each kill met is measured, not assumed. ``benchmarks/kills.py`` does the same as often as you like.
"""

import random
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
from killing import (
    NAME,
    Shard,
    Whole,
    check_end,
    check_store,
    finish,
    kill_within,
    model_recipe,
    samples_recipe,
    start,
    stop_within,
    whole_build,
)

from dualset.builders.dataset.store import list_versions, open_version
from dualset.builders.dataset.verify import verify_digests

SAME = ()
OTHER = ("--set", "groups.seed=1", "--set", "groups.size=4", "--tag", "v2")


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Whole]:
    """A recipe with imported samples, and what it makes undisturbed."""
    folder = tmp_path_factory.mktemp("imported")
    recipe = samples_recipe(folder)
    return recipe, whole_build(recipe, folder / "whole")


def kill_and_go_on(recipe: Path, home: Path, whole: Whole, stages: Sequence[str]) -> list[str | None]:
    """Kill builds in one store, one after the other, then let one end; the stages that the kills met."""
    rng, before = random.Random(0), dict[str, Shard]()
    met: list[str | None] = []
    for stage in stages:
        met.append(kill_within(recipe, home, stage, rng.random()))
        before = check_store(home, whole, before)
    check_end(home, whole, finish(start(recipe, home)), before)
    return met


@pytest.mark.slow
def test_a_build_that_samples_a_model_survives_kills(tmp_path: Path) -> None:
    recipe = model_recipe(tmp_path / "recipe")
    whole = whole_build(recipe, tmp_path / "whole")
    met = kill_and_go_on(recipe, tmp_path / "home", whole, ["references", "sample", "labels"])
    assert None not in met
    assert len(set(met)) > 1, f"they met only {met}"


@pytest.mark.parametrize(
    "aims",
    [
        pytest.param(["start", "references", "labels", "commit", "end"], marks=pytest.mark.slow),
        pytest.param(["start", "references", *["labels"] * 2, *["commit"] * 3, "end"], marks=pytest.mark.deep),
    ],
)
def test_a_build_of_imported_samples_survives_kills(
    imported: tuple[Path, Whole], tmp_path: Path, aims: Sequence[str]
) -> None:
    recipe, whole = imported
    met = kill_and_go_on(recipe, tmp_path / "home", whole, aims)
    assert None not in met[:-1]
    assert len(set(met)) > 2, f"they met only {met}"


@pytest.mark.slow
@pytest.mark.parametrize(("more", "killed"), [(SAME, "the one at work"), (OTHER, "the one that waits")])
def test_of_two_builds_at_once_a_killed_one_does_no_harm_to_the_other(
    imported: tuple[Path, Whole], tmp_path: Path, more: Sequence[str], killed: str
) -> None:
    recipe, whole = imported
    home = tmp_path / "home"
    first = start(recipe, home)
    assert stop_within(first, home, "labels", 0.5) == "labels"
    second = start(recipe, home, *more)
    assert second.stderr is not None
    assert second.stderr.readline() == f"another build of {NAME} is at work: waiting until it has ended\n"
    dies, lives = (first, second) if killed == "the one at work" else (second, first)
    dies.kill()
    dies.communicate()
    first.send_signal(signal.SIGCONT)
    made = finish(lives)
    if lives is first or more == SAME:
        check_end(home, whole, made, {})
    again = finish(start(recipe, home, *(more if dies is second else SAME)))
    assert whole.revision in (made, again)
    assert (made == again) == (more == SAME)
    assert {entry.revision for entry in list_versions(NAME, home=home)} == {made, again}
    for revision in (made, again):
        verify_digests(open_version(f"{NAME}@{revision}", home=home))
