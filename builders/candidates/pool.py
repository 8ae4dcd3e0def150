"""The candidates of a build, on disk: read problem by problem in key order, as often as needed, never held.

In: samples to import, or completions that a model sampled. Out: a `Pool`. Left out: whose verdict is what.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, Protocol

from dualset.builders.candidates.sample import Sampled
from dualset.builders.dataset.records import Candidate, Problem, row
from dualset.builders.progress import Progress
from dualset.builders.spill import Spill

__all__ = ["KEY", "Pool", "SampledPool", "by_problem", "n_programs", "spill_candidates"]

KEY = ("problem_id", "candidate_id", "program_id")
"""What orders the candidates of a `Spill`; the program is there so that it can be counted."""


class Pool(Protocol):
    """Candidates in the order of the candidates table."""

    def rows(self) -> Iterator[dict[str, Any]]:
        """Rows of the candidates table."""

    def sorted_keys(self) -> Iterator[tuple[Any, ...]]:
        """Their ``KEY``."""


@dataclass(frozen=True, slots=True)
class SampledPool:
    """What a model sampled on problems, which are sorted by problem_id."""

    sampled: Sampled
    problems: Sequence[Problem]

    def rows(self) -> Iterator[dict[str, Any]]:
        """Rows of the candidates table, one problem's in memory."""
        for problem in self.problems:
            yield from map(row, sorted(self.sampled.candidates(problem), key=attrgetter("candidate_id")))

    def sorted_keys(self) -> Iterator[tuple[Any, ...]]:
        """Their ``KEY``."""
        return map(itemgetter(*KEY), self.rows())


def spill_candidates(candidates: Iterable[Candidate], spill: Spill, progress: Progress) -> None:
    """Put candidates into a spill, in whatever order they come."""

    def rows() -> Iterator[dict[str, Any]]:
        for n, candidate in enumerate(candidates, start=1):
            yield row(candidate)
            progress("import", n, 0)

    spill.add(rows())


def by_problem(pool: Pool, problems: Iterable[Problem]) -> Iterator[tuple[Problem, list[dict[str, Any]]]]:
    """Each problem with its candidates, which may be none; those of other problems are left out.

    Args:
        pool: the candidates.
        problems: sorted by problem_id.
    """
    found = groupby(pool.rows(), key=itemgetter("problem_id"))
    name, rows = next(found, (None, iter(())))
    for problem in problems:
        while name is not None and name < problem.problem_id:
            name, rows = next(found, (None, iter(())))
        yield problem, list(rows) if name == problem.problem_id else []


def n_programs(pool: Pool, problems: Iterable[Problem]) -> int:
    """How many distinct programs the candidates of these problems are."""
    wanted = {problem.problem_id for problem in problems}
    found = groupby(pool.sorted_keys(), key=itemgetter(0))
    return sum(len({program for *_, program in keys} - {None}) for name, keys in found if name in wanted)
