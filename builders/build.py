"""Running a recipe: problems, candidates, labels, groups, one committed version.

In: a recipe. Out: a version and its counts. The work is cut into shards of whole problems, in key order; a finished
shard is kept under ``NAME/work`` and named by what it was made from, so that a rerun after any crash recomputes nothing
that is done. Only what a recipe says reaches the revision: not the number of workers, the clock or where files lie.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from dualset.builders.candidates.generate import load_policy
from dualset.builders.candidates.load import import_candidates
from dualset.builders.candidates.sample import SAMPLER_VERSION, sample_candidates
from dualset.builders.dataset.records import Candidate, Group, Problem, problem_id_of, row
from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.store import Version, VersionContent, commit_version, store_home
from dualset.builders.dataset.words import Outcome
from dualset.builders.errors import RecipeError
from dualset.builders.execution.label import GRADER_VERSION, Program, label_programs
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.groups.mixed import balanced, make_groups, problem_kind
from dualset.builders.groups.splits import split_of
from dualset.builders.problems.load import load_problems
from dualset.builders.progress import Progress, silent
from dualset.builders.recipe import Recipe
from dualset.builders.shards import Shards

__all__ = ["Built", "build"]

ALWAYS_COUNTED = (
    *("mixed_problems", "all_pass_problems", "all_fail_problems", "unknown_problems"),
    *("programs_passed", "programs_failed", "programs_unknown"),
)
PROGRAMS_A_SHARD = 1000
PROBLEMS_A_SAMPLING_SHARD = 16

Pool = Mapping[str, Sequence[Candidate]]
"""problem_id -> its candidates."""
Verdicts = Mapping[str, bool | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """A committed version, and its counts as they were printed and stored."""

    version: Version
    counts: Mapping[str, int]


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
    work = (home or store_home()) / recipe.name / "work"
    problem_set = load_problems(recipe.problems)
    shares = recipe.splits
    problems = tuple(
        replace(p, split=p.split or split_of(p.problem_id, shares.train, shares.validation))
        for p in problem_set.problems
    )
    pins = {"problems": problem_set.pin}
    if recipe.candidates.source == "samples":
        pool = _by_problem(import_candidates(recipe.candidates, problem_set))
    else:
        pool, pins["model"] = _sample(recipe, problems, work, progress)
    label_shards = list(_label(recipe, problems, pool, sandbox, work, progress))
    verdicts = {label["program_id"]: label["passed"] for shard in label_shards for label in shard.labels()}
    groups, counts = _group(recipe, problems, pool, verdicts)
    counts |= {"problem_rows_repeated": problem_set.repeated}
    version = commit_version(
        recipe.name,
        {
            "problems": (row(p) for p in problems),
            "candidates": (row(c) for p in problems for c in pool.get(p.problem_id, ())),
            "labels": (label for shard in label_shards for label in shard.labels()),
            "groups": (row(g) for g in groups),
            "observations": (each for shard in label_shards for each in shard.observations()),
        },
        content=VersionContent(recipe=recipe.content, pins=pins, counts=counts),
        home=home,
        tag=tag,
    )
    return Built(version=version, counts=version.counts)


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


@dataclass(frozen=True, kw_only=True, slots=True)
class _Labelled:
    """A finished shard of labels and observations, read when asked for."""

    shards: Shards
    key: Any

    def labels(self) -> Iterator[dict[str, Any]]:
        return (each["label"] for each in self.shards.read(self.key))

    def observations(self) -> Iterator[dict[str, Any]]:
        return (each["observation"] for each in self.shards.read(self.key))


def _label(
    recipe: Recipe, problems: Sequence[Problem], pool: Pool, sandbox: Sandbox, work: Path, progress: Progress
) -> Iterator[_Labelled]:
    """Run each distinct program once; shards come in key order."""
    schema = pa.schema([(name, pa.struct(TABLES[f"{name}s"].schema)) for name in ("label", "observation")])
    shards = Shards(work / "labels", schema)
    parts = list(_parts(problems, pool))
    total = sum(len(programs) for _, programs in parts)
    done = 0
    for part, programs in parts:
        tested = [[problem_id_of(p), p.time_limit_s, p.memory_limit_mb] for p in part]
        key = [GRADER_VERSION, asdict(recipe.labels), tested, [p[:2] for p in programs]]
        settled = _settled(shards, key)
        missing = [program for program in programs if program.program_id not in settled]
        ran = label_programs(
            {p.problem_id: p for p in part},
            missing,
            recipe.labels,
            sandbox=sandbox,
            progress=lambda _stage, n, _total, before=done: progress("label", before + n, total),
        )
        if missing:
            settled |= {label.program_id: {"label": row(label), "observation": row(seen)} for label, seen in ran}
            shards.write(key, (settled[program.program_id] for program in programs))
        done += len(programs)
        progress("label", done, total)
        yield _Labelled(shards=shards, key=key)


def _settled(shards: Shards, key: Any) -> dict[str, dict[str, Any]]:
    """The finished rows by program; a fault of the machine settles nothing, so those programs are run again."""
    rows = shards.read(key) if shards.done(key) else []
    return {each["label"]["program_id"]: each for each in rows if Outcome.INFRA_ERROR not in each["label"]["outcomes"]}


def _parts(problems: Sequence[Problem], pool: Pool) -> Iterator[tuple[list[Problem], list[Program]]]:
    """Whole problems with their distinct programs, about a shard's worth at a time."""
    part: list[Problem] = []
    programs: list[Program] = []
    for problem in problems:
        distinct = {c.program_id: c.code for c in pool.get(problem.problem_id, ()) if c.program_id and c.code}
        part.append(problem)
        programs += [Program(problem.problem_id, program_id, code) for program_id, code in sorted(distinct.items())]
        if len(programs) >= PROGRAMS_A_SHARD:
            yield part, programs
            part, programs = [], []
    if programs:
        yield part, programs


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
    counts.update(
        "programs_unknown" if v is None else f"programs_{'passed' if v else 'failed'}" for v in verdicts.values()
    )
    return groups, {name: counts[name] for name in sorted({*ALWAYS_COUNTED, *counts})}
