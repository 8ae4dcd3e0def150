"""From problems and a pool of candidates to a committed version: label, group, write. What every build ends with.

In: problems in key order, and the candidates on disk. Out: a version and its counts. Part by part: only one shard's
problems with their candidates are in memory; groups lie on disk until they are written.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from dualset.builders.candidates.pool import Pool, by_problem, n_programs
from dualset.builders.candidates.samplers.sampler import PROMPT_TOO_LONG
from dualset.builders.dataset.records import Candidate, Problem, row
from dualset.builders.dataset.store import Version, VersionContent, commit_version
from dualset.builders.execution.kept import Codes, Work, in_parts
from dualset.builders.generated.collect import Collected
from dualset.builders.groups.mixed import balanced, make_groups, problem_kind
from dualset.builders.groups.settings import GroupSettings
from dualset.builders.labelling.labeller import Labeller, labeller
from dualset.builders.spill import Spill

__all__ = ["Built", "Goal", "assemble"]

ALWAYS_COUNTED = (
    "problems_left_out",
    *("mixed_problems", "all_pass_problems", "all_fail_problems", "unknown_problems"),
    *("programs_passed", "programs_failed", "programs_unknown", "programs_repeated", "programs_flaky"),
)
_VERDICTS = {True: "programs_passed", False: "programs_failed", None: "programs_unknown"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """A committed version, its counts as they were printed and stored, and the ids of problems that were left out."""

    version: Version
    counts: Mapping[str, int]
    left_out: tuple[str, ...] = ()


class Goal(NamedTuple):
    """The version to be made: its name and tag, where, and what its content says beside the tables."""

    name: str
    home: Path | None
    tag: str | None
    content: VersionContent


def assemble(
    problems: Sequence[Problem],
    pool: Pool,
    work: Work,
    settings: GroupSettings,
    goal: Goal,
    place: Path,
    tests: Mapping[str, Collected] | None = None,
    distrusted: frozenset[str] = frozenset(),
) -> Version:
    """Label the pool's programs, group its candidates, and commit.

    Args:
        problems: those that stay, in key order; candidates of others are left out.
        pool: the candidates.
        work: how programs are run, and where labels are kept.
        settings: of the groups.
        goal: what to commit; its counts so far are completed.
        place: a folder for what lies on disk meanwhile.
        tests: generated tests by problem_id; None: the recipe has none.
        distrusted: ids of problems whose own tests tell no truth, where a consensus decides.

    Raises:
        DualsetError: see ``builders/errors.py``; what was finished stays finished.
    """
    with (
        Spill(place / "groups", ("problem_id", "group_id", "n_correct")) as groups,
        closing(labeller(work, tests, n_programs(pool, problems), place, distrusted)) as labels,
    ):
        labels.ahead([(tried.problem, tried.codes) for tried in part] for part in _parts(pool, problems))
        counts = _label_and_group(problems, pool, labels, settings, work.settings.source, groups)
        kept = _balance(settings, groups, counts)
        counts |= {**goal.content.counts, **labels.counts()}
        return commit_version(
            goal.name,
            {
                "problems": (row(p) for p in problems),
                "candidates": (each for _, candidates in by_problem(pool, problems) for each in candidates),
                "groups": (group for group in groups.rows() if kept is None or group["group_id"] in kept),
                **labels.tables(),
            },
            content=replace(
                goal.content, counts={name: counts.get(name, 0) for name in sorted({*ALWAYS_COUNTED, *counts})}
            ),
            home=goal.home,
            tag=goal.tag,
        )


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
    problems: Sequence[Problem],
    pool: Pool,
    labels: Labeller,
    settings: GroupSettings,
    label_source: str,
    groups: Spill,
) -> dict[str, int]:
    """Part by part: label the programs, make groups of the candidates. What became of every one of them is counted."""
    counts: Counter[str] = Counter()
    for part in _parts(pool, problems):
        verdicts: dict[str, bool | None] = {}
        samples = Counter(c.program_id for tried in part for c in tried.candidates if c.program_id)
        for label in labels.label([(tried.problem, tried.codes) for tried in part], samples):
            verdicts[label["program_id"]] = label["passed"]
            counts[_VERDICTS[label["passed"]]] += 1
            counts["programs_repeated"] += label["runs"] > 1
            counts["programs_flaky"] += bool(label["flaky"])
        for tried in part:
            chunks = make_groups(tried.problem, tried.candidates, verdicts, settings, label_source)
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
