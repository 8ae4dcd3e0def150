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
        left_out: problems beyond the recipe's ``limit``, without their tests, so that samples of theirs are known.
        left_out_names: their names in the source.
    """

    problems: tuple[Problem, ...]
    by_source_id: Mapping[str, str]
    rows: int
    repeated: int
    pin: str
    left_out: tuple[Problem, ...] = ()
    left_out_names: frozenset[str] = frozenset()
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
    """Gather ``(where, problem)`` pairs into a set; only the first ``limit`` distinct problems get in.

    Problems get their ids here: the hash of their content, unless they came with one. One name for two contents is an
    error that names both places.
    """
    kept: dict[str, Problem] = {}
    beyond: dict[str, Problem] = {}
    seen: dict[str, tuple[str, str]] = {}  # name -> content, where
    rows = 0
    for rows, (where, bare) in enumerate(read, start=1):  # noqa: B007
        problem = replace(bare, tests=with_test_ids(bare.tests))
        content = problem_id_of(problem)
        problem = replace(problem, problem_id=bare.problem_id or content)
        name = bare.problem_id or bare.source_id
        known, first = seen.setdefault(name, (content, where))
        if known != content:
            msg = f"{where}: {name!r} names another problem here than at {first}: names must be unique"
            raise SourceError(msg)
        if content in kept or limit is None or len(kept) < limit:
            kept.setdefault(content, problem)
        else:
            beyond.setdefault(content, replace(problem, tests=()))
    if not rows:
        msg = "the problem source holds no problem: is it the right file?"
        raise SourceError(msg)
    return ProblemSet(
        problems=tuple(sorted(kept.values(), key=lambda p: p.problem_id)),
        by_source_id=MappingProxyType({n: kept[c].problem_id for n, (c, _) in seen.items() if c in kept}),
        rows=rows,
        repeated=rows - len(kept) - len(beyond) if limit is None else 0,
        pin=pin,
        left_out=tuple(beyond.values()),
        left_out_names=frozenset(n for n, (c, _) in seen.items() if c in beyond),
    )
