"""MapCoder's result files (arXiv 2405.11403): one file a model and method, one row a problem.

In: rows with id, responses, source_codes and is_solved, which is about the last of them. Out: samples with the code as
it stands. Rows that repeat a problem are further samples of it. The model is named by its file, up to ``-APPS-``.
"""

from collections.abc import Iterator
from pathlib import Path

from dualset.builders.candidates.extract import given_code
from dualset.builders.candidates.imported import ImportedSample, recorded_passed
from dualset.builders.candidates.join import problem_named
from dualset.builders.problems.problem_set import ProblemSet
from dualset.builders.problems.rows import read_rows

__all__ = ["read_mapcoder"]


def read_mapcoder(path: Path, problems: ProblemSet) -> Iterator[ImportedSample]:
    """The samples of one file."""
    for row in read_rows(path):
        problem = problem_named(row.name("id"), problems, row.where)
        if problem is None:
            continue
        answers, codes = row.texts("responses"), row.texts("source_codes")
        if len(answers) != len(codes):
            raise row.error(f"has {len(answers)} responses but {len(codes)} source_codes")
        for number, (answer, code) in enumerate(zip(answers, codes, strict=True), start=1):
            verdict = row.data.get("is_solved") if number == len(codes) else None
            yield ImportedSample(
                where=f"{row.where}, sample {number}",
                problem=problem,
                completion=answer,
                found=given_code(code),
                verdict=verdict,
                passed=recorded_passed(verdict),
                model=path.name.partition("-APPS-")[0],
            )
