"""The labels of two versions: which programs changed their verdict, and from what to what.

In: a connection with the views ``a_labels`` and ``b_labels``. Out: counts by verdict and outcome, and the first flips.
Only programs that are in both are compared; a program is its code and its problem, so the others are other code.
"""

from dataclasses import dataclass

import duckdb

from dualset.builders.dataset.diff_tables import unchanged
from dualset.builders.dataset.version import Version

__all__ = ["Flip", "LabelDiff", "Transition", "compare_labels"]

_SAME = "a.problem_id = b.problem_id and a.program_id = b.program_id"
_FLIPPED = "a.passed is distinct from b.passed"
_COMPARED = f"select count(*) from a_labels a join b_labels b on {_SAME}"
_TRANSITIONS = f"""
select a.passed, a.outcome, b.passed, b.outcome, count(*)
from a_labels a join b_labels b on {_SAME}
where {_FLIPPED} or a.outcome is distinct from b.outcome
group by 1, 2, 3, 4
order by a.passed is not distinct from b.passed, 5 desc, 1 nulls last, 2 nulls last, 3 nulls last, 4 nulls last
"""
_FLIPS = f"""
select
    a.problem_id, source_id, a.program_id,
    a.passed, a.outcome, a.tests_passed, a.tests_total,
    b.passed, b.outcome, b.tests_passed, b.tests_total
from a_labels a join b_labels b on {_SAME}
left join b_problems p on a.problem_id = p.problem_id
where {_FLIPPED}
order by a.problem_id, a.program_id
limit $rows
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Transition:
    """So many programs went from one verdict and outcome to another; ``flipped``: the verdict itself changed."""

    passed_before: bool | None
    outcome_before: str | None
    passed_after: bool | None
    outcome_after: str | None
    flipped: bool
    programs: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Flip:
    """One program whose verdict changed, with the tests that it passed before and after."""

    problem_id: str
    source_id: str | None
    program_id: str
    passed_before: bool | None
    outcome_before: str | None
    tests_passed_before: int
    tests_total_before: int
    passed_after: bool | None
    outcome_after: str | None
    tests_passed_after: int
    tests_total_after: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelDiff:
    """The verdicts on programs that are in both versions.

    Attributes:
        compared: programs in both.
        flipped: those whose verdict changed: pass, fail or unknown became another of these.
        transitions: all changes of verdict or outcome, flips first, the most frequent first.
        first_flips: flipped programs by problem and id, as many as were asked for.
    """

    compared: int
    flipped: int
    transitions: tuple[Transition, ...] = ()
    first_flips: tuple[Flip, ...] = ()


def compare_labels(connection: duckdb.DuckDBPyConnection, a: Version, b: Version, rows: int) -> LabelDiff:
    """Compare the verdicts of two versions; at most ``rows`` flips are listed."""
    if unchanged(a, b, "labels"):
        return LabelDiff(compared=sum(a.splits["labels"].values()), flipped=0)
    compared = connection.execute(_COMPARED).fetchall()[0][0]
    changes = tuple(
        Transition(
            passed_before=before[0],
            outcome_before=before[1],
            passed_after=after[0],
            outcome_after=after[1],
            flipped=before[0] is not after[0],
            programs=n,
        )
        for *both, n in connection.execute(_TRANSITIONS).fetchall()
        for before, after in [(both[:2], both[2:])]
    )
    flips = connection.execute(_FLIPS, {"rows": rows}).fetchall()
    return LabelDiff(
        compared=compared,
        flipped=sum(each.programs for each in changes if each.flipped),
        transitions=changes,
        first_flips=tuple(Flip(**dict(zip(Flip.__slots__, row, strict=True))) for row in flips),
    )
