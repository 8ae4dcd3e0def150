"""Running a recipe: problems, candidates, labels, groups, one committed version.

In: a recipe. Out: a version and its counts. The work is cut into parts of whole problems, in key order, and only the
part at hand is in memory, beside the problems themselves: candidates and groups lie on disk. Finished labels and
completions are kept under ``NAME/work``, named by what they were made from, so that a rerun after any crash recomputes
nothing that is done. Only what a recipe says reaches the revision: not the number of workers, the clock or where files
lie.

A problem whose own reference program fails its tests would label right programs wrong. It is left out, and counted.
"""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from dualset.builders.at_work import TEMPORARY, at_work
from dualset.builders.candidates.identity import identify
from dualset.builders.candidates.load import import_candidates
from dualset.builders.candidates.pool import KEY, Pool, SampledPool, by_problem, n_programs, spill_candidates
from dualset.builders.candidates.prompts import default_template, load_template
from dualset.builders.candidates.sample import Sampled
from dualset.builders.candidates.samplers.open import open_sampler
from dualset.builders.candidates.samplers.sampler import PROMPT_TOO_LONG
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.dataset.faults import plain_faults
from dualset.builders.dataset.records import Candidate, Problem, row
from dualset.builders.dataset.store import Version, VersionContent, commit_version, store_home
from dualset.builders.errors import RecipeError
from dualset.builders.execution.kept import Codes, KeptLabels, Part, Work, in_parts
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.execution.references import judge_references
from dualset.builders.groups.mixed import balanced, make_groups, problem_kind
from dualset.builders.groups.settings import GroupSettings
from dualset.builders.groups.splits import split_of
from dualset.builders.problems.load import load_problems
from dualset.builders.progress import Progress, silent
from dualset.builders.recipe import Recipe
from dualset.builders.spill import Spill

__all__ = ["Built", "Engine", "build"]

ALWAYS_COUNTED = (
    "problems_left_out",
    *("mixed_problems", "all_pass_problems", "all_fail_problems", "unknown_problems"),
    *("programs_passed", "programs_failed", "programs_unknown", "programs_repeated", "programs_flaky"),
)
Pins = dict[str, Any]
_VERDICTS = {True: "programs_passed", False: "programs_failed", None: "programs_unknown"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """A committed version, its counts as they were printed and stored, and the ids of problems that were left out."""

    version: Version
    counts: Mapping[str, int]
    left_out: tuple[str, ...] = ()


class Engine(Protocol):
    """Other machines that fill the work folder ahead of the build; what they leave, the build does itself."""

    def sample(self, sampled: Sampled, problems: Sequence[Problem], progress: Progress) -> None:
        """Sample what is missing."""

    def label(self, work: Work, parts: Iterable[Part]) -> None:
        """Label the parts that have no shard."""


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
    pins: Pins = {"problems": problem_set.pin}
    with ExitStack() as held:
        place = held.enter_context(_spilled(folder))
        if settings.source == "samples":  # before hours of work: a sample may be wrong
            pool: Pool = (spill := held.enter_context(Spill(place / "candidates", KEY)))
            spill_candidates(import_candidates(settings, problem_set), spill, progress)
        first = replace(work, folder=folder / "references")
        problems, left_out, references = _sound(recipe, problem_set.problems, first)
        if settings.source != "samples":
            pool, sampled = _sample(recipe, problems, folder, engine, progress)
            pins |= sampled
        groups = held.enter_context(Spill(place / "groups", ("problem_id", "group_id", "n_correct")))
        labels = KeptLabels(work, n_programs(pool, problems))
        if work.ahead:
            work.ahead(work, ([(tried.problem, tried.codes) for tried in part] for part in _parts(pool, problems)))
        counts = _label_and_group(problems, pool, labels, recipe.groups, groups)
        kept = _balance(recipe.groups, groups, counts)
        counts |= references | {"problem_rows_repeated": problem_set.repeated}
        version = commit_version(
            recipe.name,
            {
                "problems": (row(p) for p in problems),
                "candidates": (each for _, candidates in by_problem(pool, problems) for each in candidates),
                "labels": labels.labels(),
                "groups": (group for group in groups.rows() if kept is None or group["group_id"] in kept),
                "observations": labels.observations(),
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


@contextmanager
def _spilled(folder: Path) -> Iterator[Path]:
    """A folder for what lies on disk during this build only; where it crashes, the next one removes it."""
    place = folder / f"spilled{TEMPORARY}"
    try:
        with plain_faults(folder):
            place.mkdir()
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


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


def _sample(
    recipe: Recipe, problems: Sequence[Problem], work: Path, engine: Engine | None, progress: Progress
) -> tuple[Pool, Pins]:
    """Sample each problem from the model, as far as that is not done."""
    settings = recipe.candidates
    assert settings is not None
    template = load_template(settings.prompt or default_template(recipe.problems.source), settings.system)
    identity = identify(settings)
    sampled = Sampled.at(work / "completions", settings, identity, template)
    missing = sampled.missing(problems)
    if missing and engine:
        engine.sample(sampled, problems, progress)
        missing = sampled.missing(problems)
    if missing:
        with open_sampler(replace(settings, model_revision=identity.revision)) as sampler:
            sampled.fill(sampler, problems, progress)
    pins: dict[str, Any] = {"prompt": template.pin}
    if identity.revision is not None:
        pins["model"] = identity.revision
    return SampledPool(sampled, problems), pins


class _Tried(NamedTuple):
    """A problem, its candidates, and the distinct programs among them."""

    problem: Problem
    candidates: list[Candidate]
    codes: Codes


def _tried(pool: Pool, problems: Sequence[Problem]) -> Iterator[_Tried]:
    for problem, rows in by_problem(pool, problems):
        candidates = [Candidate(**each) for each in rows]
        yield _Tried(problem, candidates, {c.program_id: c.code for c in candidates if c.program_id and c.code})


def _parts(pool: Pool, problems: Sequence[Problem]) -> Iterator[list[_Tried]]:
    """What is one shard of labels each."""
    return in_parts(_tried(pool, problems), lambda tried: len(tried.codes))


def _label_and_group(
    problems: Sequence[Problem], pool: Pool, labels: KeptLabels, settings: GroupSettings, groups: Spill
) -> dict[str, int]:
    """Part by part: label the programs, make groups of the candidates. What became of every one of them is counted."""
    counts: Counter[str] = Counter()
    for part in _parts(pool, problems):
        verdicts: dict[str, bool | None] = {}
        for label in labels.label([(tried.problem, tried.codes) for tried in part]):
            verdicts[label["program_id"]] = label["passed"]
            counts[_VERDICTS[label["passed"]]] += 1
            counts["programs_repeated"] += label["runs"] > 1
            counts["programs_flaky"] += bool(label["flaky"])
        for tried in part:
            chunks = make_groups(tried.problem, tried.candidates, verdicts, settings)
            groups.add(map(row, chunks.groups))
            counts[f"{problem_kind(tried.candidates, verdicts)}_problems"] += 1
            counts["all_pass_chunks"] += chunks.all_pass
            counts["all_fail_chunks"] += chunks.all_fail
            counts["groups_over_cap"] += chunks.over_cap
            counts["candidates_left_over"] += chunks.left_over
            counts.update(_ends(tried.candidates))
            counts["mixed_groups"] += len(chunks.groups)
    return dict(counts)


def _ends(candidates: Sequence[Candidate]) -> Counter[str]:
    """How completions ended, as far as that is known: with no code, cut, empty, or not begun."""
    reasons = Counter(c.finish_reason for c in candidates)
    said_nothing = sum(not c.completion.strip() and c.finish_reason != PROMPT_TOO_LONG for c in candidates)
    return Counter(
        candidates_no_code=sum(c.program_id is None for c in candidates),
        candidates_cut=reasons["length"],
        candidates_empty=said_nothing,
        candidates_prompt_too_long=reasons[PROMPT_TOO_LONG],
    )


def _balance(settings: GroupSettings, groups: Spill, counts: dict[str, int]) -> set[str] | None:
    """The ids of the groups to keep, or None for all; those that are not kept are counted."""
    if settings.balance != "correct":
        return None
    kept = balanced(((group_id, n_correct) for _, group_id, n_correct in groups.sorted_keys()), settings.seed)
    counts["groups_over_balance"] = counts["mixed_groups"] - len(kept)
    counts["mixed_groups"] = len(kept)
    return kept
