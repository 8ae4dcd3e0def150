"""The result files of human-eval: one row a completion, with its recorded verdict.

In: rows with task_id, completion and, where it was graded, passed and result. Out: samples whose program is the
problem's prompt and the completion, nothing cut: that is what human-eval runs, and so what the verdict is about.
"""

from collections.abc import Iterator
from pathlib import Path

from dualset.builders.candidates.extract import Extracted
from dualset.builders.candidates.imported import ImportedSample, recorded_passed
from dualset.builders.candidates.join import problem_named
from dualset.builders.problems.problem_set import ProblemSet
from dualset.builders.problems.rows import read_rows

__all__ = ["read_humaneval"]


def read_humaneval(path: Path, problems: ProblemSet) -> Iterator[ImportedSample]:
    """The samples of one file, in its order."""
    for row in read_rows(path):
        problem = problem_named(row.name("task_id"), problems, row.where)
        if problem is None:
            continue
        text = row.text("completion")
        passed = row.data.get("passed")
        code = (problem.starter_code or "") + text
        yield ImportedSample(
            where=row.where,
            problem=problem,
            completion=text,
            found=Extracted(code, "continuation") if text.strip() else Extracted(None, "no_code"),
            verdict=row.data.get("result", passed),
            passed=recorded_passed(row.data.get("result") if passed is None else passed),
        )
