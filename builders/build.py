"""Running a recipe: problems, candidates, labels, groups, one committed version.

In: a recipe. Out: a version and its counts. The work is cut into shards of whole problems, in key order; a finished
shard is kept under ``NAME/work`` and named by what it was made from, so that a rerun after any crash recomputes nothing
that is done. Only what a recipe says reaches the revision: not the number of workers, the clock or where files lie.

A problem whose own reference program fails its tests would label right programs wrong. It is left out, and counted.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dualset.builders.at_work import at_work
from dualset.builders.candidates.generate import load_policy
from dualset.builders.candidates.load import import_candidates
from dualset.builders.candidates.sample import SAMPLER_VERSION, sample_candidates
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.dataset.records import Candidate, Group, Problem, problem_id_of, row
from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.store import Version, VersionContent, commit_version, store_home
from dualset.builders.errors import RecipeError
from dualset.builders.execution.kept import KeptLabels, Work, label_and_keep
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.execution.references import judge_references
from dualset.builders.groups.mixed import balanced, make_groups, problem_kind
from dualset.builders.groups.splits import split_of
from dualset.builders.problems.load import load_problems
from dualset.builders.progress import Progress, silent
from dualset.builders.recipe import Recipe
from dualset.builders.shards import Shards

__all__ = ["Built", "build"]

ALWAYS_COUNTED = (
    "problems_left_out",
    *("mixed_problems", "all_pass_problems", "all_fail_problems", "unknown_problems"),
    *("programs_passed", "programs_failed", "programs_unknown", "programs_repeated", "programs_flaky"),
)
PROBLEMS_A_SAMPLING_SHARD = 16

Pool = Mapping[str, Sequence[Candidate]]
"""problem_id -> its candidates."""
Verdicts = Mapping[str, bool | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """A committed version, its counts as they were printed and stored, and the ids of problems that were left out."""

    version: Version
    counts: Mapping[str, int]
    left_out: tuple[str, ...] = ()


def build(
    recipe: Recipe,
    *,
    home: Path | None = None,
    sandbox: Sandbox = ONE,
    tag: str | None = None,
    progress: Progress = silent,
) -> Built:
    """Run the recipe and commit the version.

    Args:
        recipe: what to build.
        home: the store; default ``$DUALSET_HOME``.
        sandbox: how programs are run.
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
        return _build(recipe, recipe.candidates, folder, home, sandbox, tag, progress)


def _build(
    recipe: Recipe,
    settings: CandidateSettings,
    folder: Path,
    home: Path | None,
    sandbox: Sandbox,
    tag: str | None,
    progress: Progress,
) -> Built:
    work = Work(folder=folder / "labels", stage="label", settings=recipe.labels, sandbox=sandbox, progress=progress)
    problem_set = load_problems(recipe.problems)
    pins = {"problems": problem_set.pin}
    pool: Pool = {}
    if settings.source == "samples":
        pool = _by_problem(import_candidates(settings, problem_set))
    problems, left_out, references = _sound(recipe, problem_set.problems, replace(work, folder=folder / "references"))
    if settings.source != "samples":
        pool, pins["model"] = _sample(recipe, problems, folder, progress)
    shards = list(label_and_keep(problems, _codes(pool), work))
    verdicts, programs = _verdicts(shards)
    groups, counts = _group(recipe, problems, pool, verdicts)
    counts |= programs | references | {"problem_rows_repeated": problem_set.repeated}
    version = commit_version(
        recipe.name,
        {
            "problems": (row(p) for p in problems),
            "candidates": (row(c) for p in problems for c in pool.get(p.problem_id, ())),
            "labels": (label for shard in shards for label in shard.labels()),
            "groups": (row(g) for g in groups),
            "observations": (each for shard in shards for each in shard.observations()),
        },
        content=VersionContent(
            recipe=recipe.content,
            pins=pins,
            counts={name: counts.get(name, 0) for name in sorted({*ALWAYS_COUNTED, *counts})},
        ),
        home=home,
        tag=tag,
    )
    return Built(version=version, counts=version.counts, left_out=left_out)


def _sound(
    recipe: Recipe, problems: tuple[Problem, ...], work: Work
) -> tuple[tuple[Problem, ...], tuple[str, ...], dict[str, int]]:
    """The problems that stay, with their splits; the ids of those left out; counts. What cannot be judged stays."""
    shares = recipe.splits
    problems = tuple(
        replace(p, split=p.split or split_of(p.problem_id, shares.train, shares.validation)) for p in problems
    )
    if recipe.problems.keep_failing:
        return problems, (), {}
    found = judge_references(problems, replace(work, stage="references"))
    counts = {f"references_{name}": len(ids) for name, ids in found._asdict().items()}
    failed = set(found.failed)
    stay = tuple(p for p in problems if p.problem_id not in failed)
    if not stay:
        msg = (
            f"all {len(problems)} problems would be left out, since their reference programs fail: run  dualset check  "
            "to see why, or keep them with  problems.keep_failing: true"
        )
        raise RecipeError(msg)
    return stay, found.failed, counts | {"problems_left_out": len(found.failed)}


def _codes(pool: Pool) -> dict[str, dict[str, str]]:
    return {
        problem_id: {c.program_id: c.code for c in candidates if c.program_id and c.code}
        for problem_id, candidates in pool.items()
    }


def _verdicts(shards: Iterable[KeptLabels]) -> tuple[Verdicts, dict[str, int]]:
    """Every program's verdict, and how many there are of each kind."""
    verdicts: dict[str, bool | None] = {}
    counts: Counter[str] = Counter()
    for label in (label for shard in shards for label in shard.labels()):
        verdicts[label["program_id"]] = label["passed"]
        counts[{True: "programs_passed", False: "programs_failed", None: "programs_unknown"}[label["passed"]]] += 1
        counts["programs_repeated"] += label["runs"] > 1
        counts["programs_flaky"] += bool(label["flaky"])
    return verdicts, dict(counts)


def _by_problem(candidates: Iterable[Candidate]) -> Pool:
    pool: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        pool.setdefault(candidate.problem_id, []).append(candidate)
    for each in pool.values():
        each.sort(key=lambda c: c.candidate_id)
    return pool


def _sample(recipe: Recipe, problems: Sequence[Problem], work: Path, progress: Progress) -> tuple[Pool, str]:
    """Sample each problem from the model, shard by shard."""
    settings = recipe.candidates
    assert settings is not None
    policy = load_policy(str(settings.model), revision=settings.model_revision, device=settings.device)
    shards = Shards(work / "candidates", TABLES["candidates"].schema)
    said = recipe.content["candidates"]
    rows: list[dict[str, Any]] = []
    for start in range(0, len(problems), PROBLEMS_A_SAMPLING_SHARD):
        progress("sample", start * settings.n, len(problems) * settings.n)
        part = problems[start : start + PROBLEMS_A_SAMPLING_SHARD]
        asked = [[problem_id_of(p), p.problem_id, p.source] for p in part]
        key = [SAMPLER_VERSION, said, policy.revision, asked]
        if not shards.done(key):
            shards.write(key, (row(c) for c in sample_candidates(settings, part, policy)))
        rows += shards.read(key)
    progress("sample", len(rows), len(rows))
    return _by_problem(Candidate(**each) for each in rows), policy.revision


def _group(
    recipe: Recipe, problems: Sequence[Problem], pool: Pool, verdicts: Verdicts
) -> tuple[list[Group], dict[str, int]]:
    """The groups in key order, and what every problem, chunk and candidate became."""
    counts: Counter[str] = Counter()
    groups: list[Group] = []
    for problem in problems:
        candidates = pool.get(problem.problem_id, ())
        chunks = make_groups(problem, candidates, verdicts, recipe.groups)
        groups += sorted(chunks.groups, key=lambda g: g.group_id)
        counts[f"{problem_kind(candidates, verdicts)}_problems"] += 1
        counts["all_pass_chunks"] += chunks.all_pass
        counts["all_fail_chunks"] += chunks.all_fail
        counts["groups_over_cap"] += chunks.over_cap
        counts["candidates_left_over"] += chunks.left_over
        counts["candidates_no_code"] += sum(c.program_id is None for c in candidates)
    if recipe.groups.balance == "correct":
        kept = balanced(((g.group_id, g.n_correct) for g in groups), recipe.groups.seed)
        counts["groups_over_balance"] = len(groups) - len(kept)
        groups = [g for g in groups if g.group_id in kept]
    counts["mixed_groups"] = len(groups)
    return groups, dict(counts)
