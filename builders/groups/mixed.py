"""Mixed groups: K candidates of one problem, at least one right and one wrong, shown in a recorded shuffled order.

In: a problem, its candidates and the verdicts on their programs. Out: groups, and counts of what became none. The cut
is by the binary label only, never by a shaped score (verl-recipe#125). Candidates without code or with an unknown
verdict never enter. Source: DuST (arXiv 2605.11299): consecutive chunks of the sampling order, mixed ones kept.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from dualset.builders.dataset.ids import content_id
from dualset.builders.dataset.records import Candidate, Group, Problem
from dualset.builders.execution.settings import EXECUTION
from dualset.builders.groups.ranking import ranking_prompt, ranking_text
from dualset.builders.groups.settings import GroupSettings

__all__ = ["Chunks", "balanced", "make_groups", "problem_kind"]

Verdicts = Mapping[str, bool | None]
"""program_id -> passed; a missing or null verdict is unknown."""


class Chunks(NamedTuple):
    """What one problem's candidates became."""

    groups: tuple[Group, ...]
    all_pass: int
    all_fail: int
    over_cap: int
    left_over: int
    """Candidates with a verdict that are in no chunk, because the last chunk was not full."""


def make_groups(
    problem: Problem,
    candidates: Sequence[Candidate],
    verdicts: Verdicts,
    settings: GroupSettings,
    label_source: str = EXECUTION,
) -> Chunks:
    """The mixed groups of one problem, in the order they were cut; ``balance`` is left to :func:`balanced`."""
    known = [c for c in candidates if c.program_id is not None and verdicts.get(c.program_id) is not None]
    known.sort(key=lambda c: (c.round, c.sample_index, c.model or "", c.candidate_id))
    if settings.order == "shuffle":
        random.Random(f"{settings.seed}:{problem.problem_id}").shuffle(known)
    chunks = list(_cut(known, settings.size, settings.drop_identical))
    n_correct = [sum(bool(verdicts[str(c.program_id)]) for c in chunk) for chunk in chunks]
    mixed = [chunk for chunk, n in zip(chunks, n_correct, strict=True) if 0 < n < settings.size]
    kept = mixed[: settings.max_per_problem]
    return Chunks(
        groups=tuple(_group(problem, chunk, verdicts, settings, label_source) for chunk in kept),
        all_pass=n_correct.count(settings.size),
        all_fail=n_correct.count(0),
        over_cap=len(mixed) - len(kept),
        left_over=len(known) - settings.size * len(chunks),
    )


def balanced(sizes: Iterable[tuple[str, int]], seed: int) -> set[str]:
    """The group ids to keep so that each ``n_correct`` that occurs is kept equally often.

    Args:
        sizes: (group_id, n_correct) of every group.
        seed: which of the larger kinds are kept is drawn from it, whatever the order of ``sizes``.
    """
    kinds: dict[int, list[str]] = {}
    for group_id, n_correct in sizes:
        kinds.setdefault(n_correct, []).append(group_id)
    smallest = min(map(len, kinds.values()), default=0)
    return {
        group_id
        for ids in kinds.values()
        for group_id in sorted(ids, key=lambda each: content_id([seed, each]))[:smallest]
    }


def problem_kind(candidates: Iterable[Candidate], verdicts: Verdicts) -> str:
    """``mixed``, ``all_pass`` or ``all_fail`` by the candidates with a verdict; ``unknown`` where none has one."""
    seen = Counter(verdicts.get(c.program_id) for c in candidates if c.program_id is not None)
    if seen[True] and seen[False]:
        return "mixed"
    if seen[True] or seen[False]:
        return "all_pass" if seen[True] else "all_fail"
    return "unknown"


def _cut(known: list[Candidate], size: int, drop_identical: bool) -> Iterator[list[Candidate]]:
    """Full chunks in order. A program already in the chunk waits for a later one; a last, short chunk is dropped."""
    while len(known) >= size:
        chunk: list[Candidate] = []
        later: list[Candidate] = []
        seen: set[str | None] = set()
        for candidate in known:
            if len(chunk) == size or (drop_identical and candidate.program_id in seen):
                later.append(candidate)
            else:
                chunk.append(candidate)
                seen.add(candidate.program_id)
        if len(chunk) < size:
            return
        yield chunk
        known = later


def _group(
    problem: Problem, chunk: Sequence[Candidate], verdicts: Verdicts, settings: GroupSettings, label_source: str
) -> Group:
    """Shuffle the chunk into the order shown, or the position of right answers would be learnt."""
    order_seed = int(content_id([settings.seed, *(c.candidate_id for c in chunk)])[:8], 16)
    draw = random.Random(order_seed)
    shown = list(chunk)
    draw.shuffle(shown)
    correct = [bool(verdicts[str(c.program_id)]) for c in shown]
    best_first = sorted(range(len(shown)), key=lambda i: (not correct[i], draw.random()))
    prompt = ranking_prompt(problem.statement, [c.code or "" for c in shown], settings.prompt)
    candidate_ids = tuple(c.candidate_id for c in shown)
    return Group(
        group_id=content_id({"candidate_ids": candidate_ids, "prompt": prompt}),
        problem_id=problem.problem_id,
        round=max(c.round for c in shown),
        prompt=prompt,
        completion=({"role": "assistant", "content": ranking_text(best_first)},),
        candidate_ids=candidate_ids,
        program_ids=tuple(str(c.program_id) for c in shown),
        correct=tuple(correct),
        n_correct=sum(correct),
        order_seed=order_seed,
        label_source=label_source,
    )
