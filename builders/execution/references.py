"""Which problems fail their own reference program: what a build leaves out.

In: problems, and where labels are kept. Out: what became of the **first** reference of each, the one that its source
shows as the solution. Unknown is not failed: a reference that could not be judged condemns no problem.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from dualset.builders.dataset.records import Problem, program_id_of
from dualset.builders.execution.kept import Codes, KeptLabels, Work, in_parts, labels_there
from dualset.builders.execution.settings import LabelSettings

__all__ = ["References", "judge_references", "references_there"]


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
    codes, work = _first_of(problems), replace(work, settings=_once(work.settings))
    if work.ahead:
        work.ahead(work, in_parts(codes, _size))
    kept = KeptLabels(work, total=len(codes))
    labels = (label for part in in_parts(codes, _size) for label in kept.label(part))
    passed = {label["problem_id"]: label["passed"] for label in labels}
    names = [problem.problem_id for problem, _ in codes]
    return References(*(tuple(name for name in names if passed[name] is what) for what in (True, False, None)))


def references_there(problems: Sequence[Problem], folder: Path, settings: LabelSettings) -> dict[str, bool | None]:
    """Whether the first reference passes, by problem_id, where an earlier build has judged it. Nothing is run."""
    there: dict[str, bool | None] = {}
    for part in in_parts(_first_of(problems), _size):
        passed = labels_there(folder, _once(settings), part)
        there |= {p.problem_id: passed[name] for p, codes in part for name in codes if name in passed}
    return there


def _first_of(problems: Sequence[Problem]) -> list[tuple[Problem, Codes]]:
    """Each problem that has a reference, with the first one."""
    first = ((p, p.reference_solutions[0]) for p in problems if p.reference_solutions)
    return [(p, {program_id_of(p.problem_id, code): code}) for p, code in first]


def _size(each: tuple[Problem, Codes]) -> int:
    return len(each[1])


def _once(settings: LabelSettings) -> LabelSettings:
    return replace(settings, repeat=1)
