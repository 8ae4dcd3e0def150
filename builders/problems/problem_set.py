"""`ProblemSet`: the distinct problems of a source, and which of the source's names mean which.

In: parsed problems in the order of the source. Out: the set, sorted by problem id. Repeated problems are one problem:
the first is kept, and the names of all lead to it. What is not complete about it is counted and told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from dualset.builders.dataset.records import Problem, problem_id_of, with_test_ids
from dualset.builders.errors import SourceError, did_you_mean
from dualset.builders.problems.window import Window

__all__ = ["INCOMPLETE_TESTS", "UNREADABLE_TESTS", "ProblemSet", "collect"]

INCOMPLETE_TESTS = "incomplete-tests"
"""The tag of a problem whose source lacks some of the tests that its judge had."""
UNREADABLE_TESTS = "unreadable-tests"
"""The tag of a problem without tests because its source's cannot be run here, such as an interactive one's."""

_ANYTIME = Window()


@dataclass(frozen=True, kw_only=True, slots=True)
class ProblemSet:
    """Distinct problems.

    Attributes:
        problems: sorted by problem_id.
        by_source_id: every name in the source, of repeated ones too, to its problem_id.
        rows: rows read.
        repeated: rows that repeat an earlier problem.
        pin: the Hub commit, or a sha256 over the files read.
        left_out: problems beyond the recipe's ``limit`` or outside its window, without their tests, so that samples of
            theirs are known.
        left_out_names: their names in the source.
        outside: problems released outside the window.
        undated: problems that are left out because nobody knows when they were released.
        window: the window, if there is one.
    """

    problems: tuple[Problem, ...]
    by_source_id: Mapping[str, str]
    rows: int
    repeated: int
    pin: str
    left_out: tuple[Problem, ...] = ()
    left_out_names: frozenset[str] = frozenset()
    outside: int = 0
    undated: int = 0
    window: Window = _ANYTIME
    _by_id: Mapping[str, Problem] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", MappingProxyType({p.problem_id: p for p in self.problems}))

    def __len__(self) -> int:
        return len(self.problems)

    def __contains__(self, problem_id: object) -> bool:
        return problem_id in self._by_id

    @property
    def counts(self) -> dict[str, int]:
        """What a version says of its source; of a window only where there is one, of tests only where some lack."""
        told = {"problem_rows_repeated": self.repeated}
        if self.window:
            told |= {"problems_outside_window": self.outside, "problems_undated": self.undated}
        lacking = {
            "problems_with_incomplete_tests": self._tagged(INCOMPLETE_TESTS),
            "problems_with_unreadable_tests": self._tagged(UNREADABLE_TESTS),
        }
        return told | {name: count for name, count in lacking.items() if count}

    @property
    def remarks(self) -> tuple[str, ...]:
        """The same in words, a line each; none where nothing is lacking."""
        incomplete, unreadable = self._tagged(INCOMPLETE_TESTS), self._tagged(UNREADABLE_TESTS)
        lines = (
            (self.outside, f"{self.outside} problems were not released {self.window} and are left out"),
            (self.undated, f"{self.undated} problems have no release day and are left out"),
            (incomplete, f"{incomplete} problems lack some of their judge's tests (tag {INCOMPLETE_TESTS})"),
            (unreadable, f"{unreadable} problems have tests that cannot be run here (tag {UNREADABLE_TESTS})"),
        )
        return tuple(line for count, line in lines if count)

    def _tagged(self, tag: str) -> int:
        return sum(tag in problem.tags for problem in self.problems)

    def get(self, problem_id: str) -> Problem:
        """The problem of this id; `SourceError` where there is none."""
        if problem_id not in self._by_id:
            msg = f"no problem {problem_id!r}: {did_you_mean(problem_id, list(self._by_id)[:5])}"
            raise SourceError(msg)
        return self._by_id[problem_id]

    def named(self, name: str) -> Problem | None:
        """The problem of this id or source name, or None."""
        return self._by_id.get(self.by_source_id.get(name, name))


def collect(
    read: Iterable[tuple[str, Problem]], pin: str, limit: int | None = None, window: Window = _ANYTIME
) -> ProblemSet:
    """Gather ``(where, problem)`` pairs into a set; only the first ``limit`` distinct problems of the window get in.

    Problems get their ids here: the hash of their content, unless they came with one. One name for two contents is an
    error that names both places.
    """
    kept: dict[str, Problem] = {}
    beyond: dict[str, Problem] = {}
    held: dict[str, bool | None] = {}  # content -> whether the window holds it
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
        inside = held.setdefault(content, window.holds(problem))
        if content in kept or (inside and (limit is None or len(kept) < limit)):
            kept.setdefault(content, problem)
        else:
            beyond.setdefault(content, replace(problem, tests=()))
    if not rows:
        msg = "the problem source holds no problem: is it the right file?"
        raise SourceError(msg)
    outside, undated = (sum(value is what for value in held.values()) for what in (False, None))
    if not kept:
        msg = (
            f"no problem was released {window}: {outside} were at other times, {undated} have no day: widen the window"
        )
        raise SourceError(msg)
    return ProblemSet(
        problems=tuple(sorted(kept.values(), key=lambda p: p.problem_id)),
        by_source_id=MappingProxyType({n: kept[c].problem_id for n, (c, _) in seen.items() if c in kept}),
        rows=rows,
        repeated=rows - len(kept) - len(beyond) if limit is None else 0,
        pin=pin,
        left_out=tuple(beyond.values()),
        left_out_names=frozenset(n for n, (c, _) in seen.items() if c in beyond),
        outside=outside,
        undated=undated,
        window=window,
    )
