"""Running a recipe: problems, candidates, labels, groups, one committed version.

In: a recipe. Out: a version and its counts. The work is cut into parts of whole problems, in key order, and only the
part at hand is in memory, beside the problems themselves: candidates and groups lie on disk. Finished labels and
completions are kept under ``NAME/work``, named by what they were made from, so that a rerun after any crash recomputes
nothing that is done. Only what a recipe says reaches the revision: not the number of workers, the clock or where files
lie.

A problem whose own reference program fails its tests would label right programs wrong. It is left out, and counted; but
not where a consensus decides, which looks at no ground truth.
"""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from dualset.builders.assemble import Built, Goal, assemble
from dualset.builders.at_work import at_work, spilled
from dualset.builders.candidates.load import import_candidates
from dualset.builders.candidates.pool import KEY, Pool, spill_candidates
from dualset.builders.candidates.prompts import default_template, load_template
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.dataset.records import Problem
from dualset.builders.dataset.store import VersionContent, store_home
from dualset.builders.errors import RecipeError
from dualset.builders.execution.kept import Work
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.execution.references import judge_references
from dualset.builders.generated.collect import Collected
from dualset.builders.generated.load import generated_tests
from dualset.builders.generated.settings import TestSettings
from dualset.builders.groups.splits import split_of
from dualset.builders.problems.load import load_problems
from dualset.builders.problems.problem_set import ProblemSet
from dualset.builders.progress import Progress, silent
from dualset.builders.recipe import Recipe
from dualset.builders.sampled import Engine, sample_pool
from dualset.builders.spill import Spill

__all__ = ["Built", "Engine", "build"]


def build(
    recipe: Recipe,
    *,
    home: Path | None = None,
    sandbox: Sandbox = ONE,
    engine: Engine | None = None,
    tag: str | None = None,
    progress: Progress = silent,
) -> Built:
    """Run the recipe and commit the version.

    Args:
        recipe: what to build.
        home: the store; default ``$DUALSET_HOME``.
        sandbox: how programs are run here.
        engine: who does as much of it as can be done elsewhere.
        tag: a name for the version.
        progress: told what is done.

    Raises:
        DualsetError: see ``builders/errors.py``; what was finished stays finished.
    """
    if recipe.candidates is None:
        msg = f"the recipe {recipe.name!r} has no candidates section: add one, or run  dualset check  on it"
        raise RecipeError(msg)
    folder = (home or store_home()) / recipe.name / "work"
    with at_work(folder):
        return _build(recipe, recipe.candidates, folder, home, sandbox, engine, tag, progress)


def _build(
    recipe: Recipe,
    settings: CandidateSettings,
    folder: Path,
    home: Path | None,
    sandbox: Sandbox,
    engine: Engine | None,
    tag: str | None,
    progress: Progress,
) -> Built:
    work = Work(
        folder=folder / "labels",
        stage="label",
        settings=recipe.labels,
        sandbox=sandbox,
        progress=progress,
        ahead=engine.label if engine else None,
    )
    problem_set = load_problems(recipe.problems)
    pins: dict[str, Any] = {"problems": problem_set.pin}
    with ExitStack() as held:
        place = held.enter_context(spilled(folder))
        if settings.source == "samples":  # before hours of work: a sample may be wrong
            pool: Pool = (spill := held.enter_context(Spill(place / "candidates", KEY)))
            spill_candidates(import_candidates(settings, problem_set), spill, progress)
        tests: dict[str, Collected] | None = None
        if recipe.tests is not None and recipe.tests.source == "samples":  # likewise
            tests, pins["tests"] = _tests(recipe.tests, problem_set.problems, problem_set, folder, engine, progress)
        first = replace(work, folder=folder / "references")
        problems, left_out, references = _sound(recipe, problem_set.problems, first)
        if settings.source != "samples":
            template = load_template(settings.prompt or default_template(recipe.problems.source), settings.system)
            pool, sampled = sample_pool(settings, template, problems, folder, engine=engine, progress=progress)
            pins |= sampled
        if recipe.tests is not None and tests is None:
            tests, pins["tests"] = _tests(recipe.tests, problems, problem_set, folder, engine, progress)
        distrusted = frozenset(left_out if recipe.labels.selector is not None else ())
        content = VersionContent(recipe=recipe.content, pins=pins, counts=references | problem_set.counts)
        version = assemble(
            problems, pool, work, recipe.groups, Goal(recipe.name, home, tag, content), place, tests, distrusted
        )
    return Built(version=version, counts=version.counts, left_out=() if distrusted else left_out)


def _sound(
    recipe: Recipe, problems: tuple[Problem, ...], work: Work
) -> tuple[tuple[Problem, ...], tuple[str, ...], dict[str, int]]:
    """The problems that stay, with their splits; the ids of those whose reference fails, which are left out but where a
    consensus decides; counts. What cannot be judged stays."""
    shares = recipe.splits
    problems = tuple(
        replace(p, split=p.split or split_of(p.problem_id, shares.train, shares.validation)) for p in problems
    )
    blind = recipe.labels.selector is not None  # then their own tests decide nothing
    if (recipe.problems.keep_failing and not blind) or (blind and not recipe.labels.truth):
        return problems, (), {}
    found = judge_references(problems, replace(work, stage="references"))
    counts = {f"references_{name}": len(ids) for name, ids in found._asdict().items()}
    if blind:
        return problems, found.failed, counts
    failed = set(found.failed)
    stay = tuple(p for p in problems if p.problem_id not in failed)
    if not stay:
        msg = (
            f"all {len(problems)} problems would be left out, since their reference programs fail: run  dualset check  "
            "to see why, or keep them with  problems.keep_failing: true"
        )
        raise RecipeError(msg)
    return stay, found.failed, counts | {"problems_left_out": len(found.failed)}


def _tests(
    settings: TestSettings,
    problems: tuple[Problem, ...],
    names: ProblemSet,
    folder: Path,
    engine: Engine | None,
    progress: Progress,
) -> tuple[dict[str, Collected], dict[str, Any]]:
    """The generated tests by problem_id, and what they were made with."""
    with generated_tests(settings, problems, folder, names=names, engine=engine, progress=progress) as found:
        tests = {problem.problem_id: collected for problem, collected in found}
        return tests, dict(found.pins)
