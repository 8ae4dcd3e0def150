"""What a version holds, in numbers: pass rates, groups by how many are right, splits.

In: a version. Out: a `Summary`. Everything is counted in integers; the one mean is a correctly rounded sum, so the same
version gives the same figures everywhere.
"""

import math
from dataclasses import dataclass

from dualset.builders.dataset.version import Version
from dualset.sql.session import ask, connect

__all__ = ["Summary", "summarize"]

_PER_PROBLEM = """
select problem_id, count(*), count(correct), count(*) filter (correct) from attempts group by problem_id
"""
_GROUPS = "select n_correct, count(*) from groups group by n_correct order by n_correct"


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """Candidates by verdict; unknown ones are in neither rate.

    Attributes:
        candidates: in all.
        labelled: with a verdict.
        correct: right ones.
        pass_rate: correct / labelled; null without labels.
        mean_pass_rate: the mean over problems of the problem's own rate: pass@1; null without labels.
        groups_by_n_correct: number of groups with so many right candidates.
        splits: table -> split -> rows.
    """

    candidates: int
    labelled: int
    correct: int
    pass_rate: float | None
    mean_pass_rate: float | None
    groups_by_n_correct: dict[int, int]
    splits: dict[str, dict[str, int]]


def summarize(version: Version) -> Summary:
    """Count a version."""
    connection = connect(version)
    problems = list(ask(connection, _PER_PROBLEM).rows)
    candidates, labelled, correct = (sum(row[i] for row in problems) for i in (1, 2, 3))
    rates = [right / known for _, _, known, right in problems if known]
    splits: dict[str, dict[str, int]] = {}
    for file in version.manifest["files"]["parquet"]:
        rows = splits.setdefault(file["table"], {})
        rows[file["split"]] = rows.get(file["split"], 0) + file["rows"]
    return Summary(
        candidates=candidates,
        labelled=labelled,
        correct=correct,
        pass_rate=correct / labelled if labelled else None,
        mean_pass_rate=math.fsum(rates) / len(rates) if rates else None,
        groups_by_n_correct=dict(ask(connection, _GROUPS).rows),
        splits=splits,
    )
