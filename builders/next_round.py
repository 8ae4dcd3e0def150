"""A version made from a version: the same problems, sampled again by the model as it is by now.

In: a version, how to sample, the round. Out: a version whose parent is the first one. Problems, splits, limits and the
rules for groups are the parent's, so that only the candidates differ: the new ones alone (``replace``), or with the
parent's (``add``). Finished work is kept in the dataset's ``work`` folder as for any build.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from operator import itemgetter
from pathlib import Path
from typing import Any

from dualset.builders.assemble import Built, Goal, assemble
from dualset.builders.at_work import at_work, spilled
from dualset.builders.candidates.pool import KEY, Pool
from dualset.builders.candidates.prompts import Template, default_template, load_template
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.dataset.records import Problem, problem_from_row
from dualset.builders.dataset.store import Version, VersionContent, store_home
from dualset.builders.errors import RecipeError, did_you_mean
from dualset.builders.execution.kept import Work
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.generated.collect import Collected
from dualset.builders.generated.stored import stored_tests
from dualset.builders.progress import Progress, silent
from dualset.builders.recorded import Recorded, recorded
from dualset.builders.sampled import sample_pool

__all__ = ["ADD", "REPLACE", "next_round"]

REPLACE, ADD = "replace", "add"


def next_round(
    parent: Version,
    settings: CandidateSettings,
    round_index: int,
    *,
    pool: str = REPLACE,
    name: str | None = None,
    home: Path | None = None,
    sandbox: Sandbox = ONE,
    progress: Progress = silent,
) -> Built:
    """Sample, label and group the parent's problems again, and commit the version.

    Args:
        parent: a verified version.
        settings: of a sampled source; which model, and how.
        round_index: of the new candidates, 1 or more; their seeds depend on it.
        pool: replace or add.
        name: of the dataset; None: the parent's.
        home: the store; default ``$DUALSET_HOME``.
        sandbox: how programs are run.
        progress: told what is done.

    Raises:
        RecipeError: settings that make no sense.
        DualsetError: see ``builders/errors.py``; what was finished stays finished.
    """
    settings.check()
    if pool not in (REPLACE, ADD):
        msg = f"the pool is {pool!r}: {did_you_mean(pool, (REPLACE, ADD))}"
        raise RecipeError(msg)
    before, content = recorded(parent), parent.manifest["content"]
    _asks_the_same(settings, before)
    name, problems = name or parent.name, _problems(parent)
    folder = (home or store_home()) / name / "work"
    with at_work(folder), spilled(folder) as place:
        new, pins = sample_pool(
            settings,
            before.template or _asked(settings, problems),
            problems,
            folder,
            round_index=round_index,
            progress=progress,
        )
        said = VersionContent(
            recipe={**content["recipe"], "candidates": settings.content, "round": round_index, "pool": pool},
            pins={**content["pins"], **pins},
            parents=(parent.revision,),
        )
        work = Work(folder=folder / "labels", stage="label", settings=before.labels, sandbox=sandbox, progress=progress)
        both: Pool = new if pool == REPLACE else _Both(_Earlier(parent), new)
        goal = Goal(name, home, None, said)
        version = assemble(problems, both, work, before.groups, goal, place, _tests(parent), _distrusted(parent))
    return Built(version=version, counts=version.counts)


def _asks_the_same(settings: CandidateSettings, before: Recorded) -> None:
    """The prompt is the parent's, so that rounds can be compared.

    Raises:
        RecipeError: the settings say another one.
    """
    if before.template is None or before.candidates is None:
        return
    for key in ("prompt", "system"):
        asked, was = getattr(settings, key), getattr(before.candidates, key)
        if asked not in (None, was):
            msg = f"candidates.{key} is {asked!r}, but the version's problems were asked with {was!r}: leave it out"
            raise RecipeError(msg)


def _problems(parent: Version) -> list[Problem]:
    return sorted(map(problem_from_row, parent.rows("problems")), key=lambda problem: problem.problem_id)


def _tests(parent: Version) -> dict[str, Collected] | None:
    """The parent's generated tests; None: its recipe has none."""
    if "tests" not in parent.manifest["content"]["recipe"]:
        return None
    return stored_tests(parent)


def _distrusted(parent: Version) -> frozenset[str]:
    """Problems whose own tests told the parent no truth of any program."""
    if parent.consensus is None:
        return frozenset()
    told: dict[str, bool] = {}
    for each in parent.rows("labels", columns=["problem_id", "program_id", "truth"]):
        told[each["problem_id"]] = told.get(each["problem_id"], False) or each["truth"] is not None
    return frozenset(name for name, known in told.items() if not known)


def _asked(settings: CandidateSettings, problems: list[Problem]) -> Template:
    """The template, where the parent's candidates were imported."""
    source = problems[0].source if problems else ""
    return load_template(settings.prompt or default_template(source), settings.system)


@dataclass(frozen=True, slots=True)
class _Earlier:
    """The candidates of a version."""

    version: Version

    def rows(self) -> Iterator[dict[str, Any]]:
        """Rows of the candidates table."""
        return self.version.rows("candidates")

    def sorted_keys(self) -> Iterator[tuple[Any, ...]]:
        """Their ``KEY``."""
        return map(itemgetter(*KEY), self.rows())


@dataclass(frozen=True, slots=True)
class _Both:
    """Two pools as one."""

    first: Pool
    second: Pool

    def rows(self) -> Iterator[dict[str, Any]]:
        """Rows of the candidates table."""
        return merge(self.first.rows(), self.second.rows(), key=itemgetter("problem_id", "candidate_id"))

    def sorted_keys(self) -> Iterator[tuple[Any, ...]]:
        """Their ``KEY``."""
        return map(itemgetter(*KEY), self.rows())
