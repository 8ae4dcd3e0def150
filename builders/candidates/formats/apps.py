"""APPS's samples as CodeRL keeps them: a ``gen_solutions.json`` in the folder of each problem.

In: JSON lists of objects with code and result (true, false, -1: runtime error, -2: compile error). Out: samples with
the code as it stands. The problem is named by the last two parts of the folder, such as ``train/0001``.
"""

from collections.abc import Iterator
from pathlib import Path

from dualset.builders.candidates.extract import given_code
from dualset.builders.candidates.imported import ImportedSample, recorded_passed
from dualset.builders.candidates.join import problem_named
from dualset.builders.problems.apps import folder_name
from dualset.builders.problems.problem_set import ProblemSet
from dualset.builders.problems.rows import read_rows

__all__ = ["APPS_SAMPLES", "read_apps"]

APPS_SAMPLES = "gen_solutions.json"


def read_apps(path: Path, problems: ProblemSet) -> Iterator[ImportedSample]:
    """The samples of one problem."""
    name = folder_name(path.parent)
    problem = problem_named(name, problems, str(path))
    if problem is None:
        return
    for row in read_rows(path):
        code = row.text("code")
        yield ImportedSample(
            where=f"{name}/{row.where}",
            problem=problem,
            completion=code,
            found=given_code(code),
            verdict=row.data.get("result"),
            passed=recorded_passed(row.data.get("result")),
        )
