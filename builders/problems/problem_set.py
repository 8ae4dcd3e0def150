"""`ProblemSet`: the distinct problems of a source, and which of the source's names mean which.

In: parsed problems in the order of the source. Out: the set, sorted by problem id. Repeated problems are one problem:
the first is kept, and the names of all lead to it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from dualset.builders.dataset.records import Problem, problem_id_of, with_test_ids
from dualset.builders.errors import SourceError, did_you_mean

__all__ = ["ProblemSet", "collect"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProblemSet:
    """Distinct problems.

    Attributes:
        problems: sorted by problem_id.
        by_source_id: every name in the source, of repeated ones too, to its problem_id.
        rows: rows read.
        repeated: rows that repeat an earlier problem.
        pin: the Hub commit, or a sha256 over the files read.
    """

    problems: tuple[Problem, ...]
    by_source_id: Mapping[str, str]
    rows: int
    repeated: int
    pin: str
    _by_id: Mapping[str, Problem] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", MappingProxyType({p.problem_id: p for p in self.problems}))

    def __len__(self) -> int:
        return len(self.problems)

    def __contains__(self, problem_id: object) -> bool:
        return problem_id in self._by_id

    def get(self, problem_id: str) -> Problem:
        """The problem of this id; `SourceError` where there is none."""
        if problem_id not in self._by_id:
            msg = f"no problem {problem_id!r}: {did_you_mean(problem_id, list(self._by_id)[:5])}"
            raise SourceError(msg)
        return self._by_id[problem_id]

    def named(self, name: str) -> Problem | None:
        """The problem of this id or source name, or None."""
        return self._by_id.get(self.by_source_id.get(name, name))


def collect(read: Iterable[tuple[str, Problem]], pin: str, limit: int | None = None) -> ProblemSet:
    """Gather ``(where, problem)`` pairs into a set, and stop after ``limit`` distinct problems.

    Problems get their ids here: the hash of their content, unless they came with one. One name for two contents is an
    error that names both places.
    """
    by_content: dict[str, Problem] = {}
    seen: dict[str, tuple[str, str]] = {}  # source name -> content, where
    rows = 0
    for where, problem in read:
        problem = replace(problem, tests=with_test_ids(problem.tests))
        content = problem_id_of(problem)
        if limit is not None and len(by_content) >= limit and content not in by_content:
            break
        rows += 1
        name = problem.problem_id or problem.source_id
        known, first = seen.setdefault(name, (content, where))
        if known != content:
            msg = f"{where}: {name!r} names another problem here than at {first}: names must be unique"
            raise SourceError(msg)
        by_content.setdefault(content, replace(problem, problem_id=problem.problem_id or content))
    return ProblemSet(
        problems=tuple(sorted(by_content.values(), key=lambda p: p.problem_id)),
        by_source_id=MappingProxyType({name: by_content[content].problem_id for name, (content, _) in seen.items()}),
        rows=rows,
        repeated=rows - len(by_content),
        pin=pin,
    )
