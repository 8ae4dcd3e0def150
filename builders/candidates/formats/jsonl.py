"""Our own sample format: problem_id, ``completion`` or ``code``, and any other column of the candidates table.

In: rows of JSON; ``verdict`` is a recorded verdict in any coding. Out: samples. Code that is given is taken as it
stands; otherwise it is extracted from the completion by the one rule. Ids and ``extraction`` are made anew.
"""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from dualset.builders.candidates.extract import extract_code, given_code
from dualset.builders.candidates.imported import ImportedSample, recorded_passed
from dualset.builders.candidates.join import problem_named
from dualset.builders.dataset.records import Candidate, Problem
from dualset.builders.errors import did_you_mean
from dualset.builders.problems.problem_set import ProblemSet
from dualset.builders.problems.rows import Row, read_rows

__all__ = ["read_jsonl"]

_COLUMNS = {field.name for field in fields(Candidate)} | {"verdict"}


def read_jsonl(path: Path, problems: ProblemSet) -> Iterator[ImportedSample]:
    """The samples of one file."""
    for row in read_rows(path):
        for name in row.data:
            if name not in _COLUMNS:
                raise row.error(f"unknown column {name!r}: {did_you_mean(name, _COLUMNS)}")
        problem = problem_named(row.name("problem_id"), problems, row.where)
        if problem is not None:
            yield _sample(row, problem)


def _sample(row: Row, problem: Problem) -> ImportedSample:
    completion, code = row.maybe_text("completion"), row.maybe_text("code")
    text = code if completion is None else completion
    if text is None:
        raise row.error("needs 'completion' (the model's answer) or 'code' (the program)")
    verdict = row.data.get("verdict", row.data.get("recorded_verdict"))
    passed = row.data.get("recorded_passed")
    return ImportedSample(
        where=row.where,
        problem=problem,
        completion=text,
        found=extract_code(text) if code is None else given_code(code),
        verdict=verdict,
        passed=passed if isinstance(passed, bool) else recorded_passed(verdict),
        sample_index=row.maybe_int("sample_index"),
        round=row.maybe_int("round") or 0,
        model=row.maybe_text("model"),
        model_revision=row.maybe_text("model_revision"),
        temperature=row.maybe_float("temperature"),
        top_p=row.maybe_float("top_p"),
        top_k=row.maybe_int("top_k"),
        seed=row.maybe_int("seed", bits=64),
        finish_reason=row.maybe_text("finish_reason"),
        n_tokens=row.maybe_int("n_tokens"),
        mean_logprob=row.maybe_float("mean_logprob"),
    )
