"""A version in numbers: what its card, ``dualset show`` and ``dualset diff`` print.

In: a version. Out: `Figures`. Everything is counted in integers by DuckDB, within its memory limit; a mean is an exact
fraction rounded once, so the same version gives the same figures everywhere. Left out: what the manifest says already
(rows of each table and split).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import duckdb

from dualset.builders.dataset.relations import bounded, select_table
from dualset.builders.dataset.version import Version
from dualset.builders.dataset.words import Split

__all__ = ["Figures", "GroupCount", "Rates", "Sampler", "Source", "count_version"]

_COUNTED = ("problems", "candidates", "labels", "groups")
_ATTEMPTS = """
create view attempts as
select
    c.split,
    c.problem_id,
    case when c.program_id is null then false else l.passed end as correct,
from candidates c
left join labels l on c.problem_id = l.problem_id and c.program_id = l.program_id
"""
# problems with the same numbers are one row: the answer is small, however many problems there are
_RATES = """
with per_problem as (
    select split, problem_id, count(*) as n, count(correct) as known, count(*) filter (correct) as correct
    from attempts
    group by split, problem_id
)
select split, known, correct, sum(n)::bigint, count(*) from per_problem group by split, known, correct
"""
_OUTCOMES = "select coalesce(outcome, ''), count(*) from labels group by 1 order by 2 desc, 1"
_VERDICTS = (
    "select count(*) filter (passed), count(*) filter (not passed), count(*) filter (passed is null) from labels"
)
_REPEATED = "select count(*) filter (runs > 1), count(*) filter (runs > 1 and flaky) from labels"
_TESTS = "select quantile_disc(n, [0, 0.5, 1]) from (select max(tests_total) as n from labels group by problem_id)"
_GROUPS = "select split, len(correct), n_correct, count(*) from groups group by 1, 2, 3 order by 1, 2, 3"
_GROUPED = "select count(*), coalesce(max(n), 0) from (select count(*) as n from groups group by problem_id)"
_SOURCES = """
select source, source_revision, license, count(*)
from problems
group by 1, 2, 3
order by 4 desc, 1, 2 nulls last, 3 nulls last
"""
_SAMPLERS = """
select model, model_revision, sampler, temperature, top_p, top_k, count(*)
from candidates
group by 1, 2, 3, 4, 5, 6
order by 7 desc, 1, 2, 3, 4, 5, 6
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """How often the candidates of some problems are right. Unknown ones are in neither rate.

    Attributes:
        problems: with a candidate.
        candidates: in all.
        labelled: with a verdict; an answer without code is a wrong one.
        correct: right ones.
        pass_rate: correct / labelled; null without labels.
        mean_pass_rate: the mean over problems of the problem's own rate: pass@1; null without labels.
    """

    problems: int
    candidates: int
    labelled: int
    correct: int
    pass_rate: float | None
    mean_pass_rate: float | None


class GroupCount(NamedTuple):
    """So many groups of one size have so many right candidates."""

    split: str
    size: int
    n_correct: int
    groups: int


class Source(NamedTuple):
    """So many problems come from there; ``license`` is null where unknown."""

    source: str
    revision: str | None
    license: str | None
    problems: int


class Sampler(NamedTuple):
    """So many candidates were sampled so; null: unknown."""

    model: str | None
    model_revision: str | None
    sampler: str
    temperature: float | None
    top_p: float | None
    top_k: int | None
    candidates: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What a version holds.

    Attributes:
        rates: over all splits.
        rates_by_split: split -> rates, where it has candidates.
        programs_passed, programs_failed, programs_unknown: labels by verdict.
        programs_by_outcome: outcome -> programs, the most frequent first; "" where there is none.
        programs_repeated: run twice or more.
        programs_flaky: of these, those whose runs differ.
        tests_a_problem: the least, the median and the most, over problems with a program; null without any.
        groups: counted by split, size and right candidates.
        problems_with_groups: how many problems have a group.
        groups_of_largest: the groups of the problem that has most.
        sources: where the problems come from.
        samplers: where the candidates come from.
    """

    rates: Rates
    rates_by_split: dict[str, Rates]
    programs_passed: int
    programs_failed: int
    programs_unknown: int
    programs_by_outcome: dict[str, int]
    programs_repeated: int
    programs_flaky: int
    tests_a_problem: tuple[int, int, int] | None
    groups: tuple[GroupCount, ...]
    problems_with_groups: int
    groups_of_largest: int
    sources: tuple[Source, ...]
    samplers: tuple[Sampler, ...]

    @property
    def groups_by_n_correct(self) -> dict[int, int]:
        """Groups with so many right candidates, over all splits and sizes."""
        found: dict[int, int] = {}
        for each in sorted(self.groups, key=lambda each: each.n_correct):
            found[each.n_correct] = found.get(each.n_correct, 0) + each.groups
        return found

    @property
    def mean_n_correct(self) -> float | None:
        """Right candidates a group; null without groups."""
        groups = sum(each.groups for each in self.groups)
        return sum(each.n_correct * each.groups for each in self.groups) / groups if groups else None

    @property
    def flake_rate(self) -> float | None:
        """Flaky programs among those run twice or more; null where none was."""
        return self.programs_flaky / self.programs_repeated if self.programs_repeated else None


def count_version(version: Version) -> Figures:
    """Count a version.

    Raises:
        VersionError: its tables cannot be read.
    """
    with bounded() as connection:
        for table in _COUNTED:
            connection.execute(f"create view {table} as {select_table(version, table)}")
        connection.execute(_ATTEMPTS)
        return _count(connection)


def _count(connection: duckdb.DuckDBPyConnection) -> Figures:
    def rows(query: str) -> list[tuple[Any, ...]]:
        return connection.execute(query).fetchall()

    problems = rows(_RATES)
    splits = sorted({row[0] for row in problems}, key=list(Split).index)
    passed, failed, unknown = rows(_VERDICTS)[0]
    repeated, flaky = rows(_REPEATED)[0]
    tests = rows(_TESTS)[0][0]
    with_groups, largest = rows(_GROUPED)[0]
    return Figures(
        rates=_rates(problems),
        rates_by_split={split: _rates([row for row in problems if row[0] == split]) for split in splits},
        programs_passed=passed,
        programs_failed=failed,
        programs_unknown=unknown,
        programs_by_outcome=dict(rows(_OUTCOMES)),
        programs_repeated=repeated,
        programs_flaky=flaky,
        tests_a_problem=tuple(tests) if tests else None,
        groups=tuple(GroupCount(*row) for row in rows(_GROUPS)),
        problems_with_groups=with_groups,
        groups_of_largest=largest,
        sources=tuple(Source(*row) for row in rows(_SOURCES)),
        samplers=tuple(Sampler(*row) for row in rows(_SAMPLERS)),
    )


def _rates(rows: Sequence[tuple[str, int, int, int, int]]) -> Rates:
    """Of rows (split, labelled a problem, correct a problem, candidates, problems)."""
    labelled = sum(known * problems for _, known, _, _, problems in rows)
    correct = sum(right * problems for _, _, right, _, problems in rows)
    counted = sum(problems for _, known, _, _, problems in rows if known)
    total = sum((Fraction(right, known) * n for _, known, right, _, n in rows if known), Fraction())
    return Rates(
        problems=sum(row[4] for row in rows),
        candidates=sum(row[3] for row in rows),
        labelled=labelled,
        correct=correct,
        pass_rate=correct / labelled if labelled else None,
        mean_pass_rate=float(total / counted) if counted else None,
    )
