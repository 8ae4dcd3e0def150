"""Which problems fail their own reference program: what a build leaves out.

In: problems, and where labels are kept. Out: what became of the **first** reference of each, the one that its source
shows as the solution. Unknown is not failed: a reference that could not be judged condemns no problem.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from dualset.builders.dataset.records import Problem, program_id_of
from dualset.builders.execution.kept import KeptLabels, Work, in_parts

__all__ = ["References", "judge_references"]


class References(NamedTuple):
    """Ids of the problems that have a reference, by what became of the first one; each sorted as the problems are."""

    passed: tuple[str, ...]
    failed: tuple[str, ...]
    unknown: tuple[str, ...]


def judge_references(problems: Sequence[Problem], work: Work) -> References:
    """Run the first reference of each problem once, where its label is not kept already.

    Raises:
        ExecutionError: a test that cannot be read, a checker that is not known, or no sandbox.
    """
    first = {p.problem_id: p.reference_solutions[0] for p in problems if p.reference_solutions}
    codes = [
        (p, {program_id_of(p.problem_id, first[p.problem_id]): first[p.problem_id]})
        for p in problems
        if p.problem_id in first
    ]
    kept = KeptLabels(replace(work, settings=replace(work.settings, repeat=1)), total=len(codes))
    labels = (label for part in in_parts(codes, lambda each: len(each[1])) for label in kept.label(part))
    passed = {label["problem_id"]: label["passed"] for label in labels}
    return References(*(tuple(name for name in first if passed[name] is what) for what in (True, False, None)))
