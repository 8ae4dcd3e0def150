"""Which problems fail their own reference program: what a build leaves out.

In: problems, and where labels are kept. Out: what became of the **first** reference of each, the one that its source
shows as the solution. Unknown is not failed: a reference that could not be judged condemns no problem.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from dualset.builders.dataset.records import Problem, program_id_of
from dualset.builders.execution.kept import Work, label_and_keep

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
    codes = {problem_id: {program_id_of(problem_id, code): code} for problem_id, code in first.items()}
    once = replace(work, settings=replace(work.settings, repeat=1))
    kept = label_and_keep([p for p in problems if p.problem_id in first], codes, once)
    passed = {label["problem_id"]: label["passed"] for shard in kept for label in shard.labels()}
    return References(*(tuple(name for name in first if passed[name] is what) for what in (True, False, None)))
