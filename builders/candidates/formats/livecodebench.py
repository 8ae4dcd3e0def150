"""LiveCodeBench's output files: one file a model, with the official harness's verdicts on the hidden tests.

In: a JSON list of problems, each with question_id, output_list (answers), code_list (the code that was graded) and
graded_list; metadata says why one failed. Out: samples with the graded code as it stands, because the verdicts are
about that. The model is named by its file, or by the folder of a file that the harness itself named, whose name ends
in the number of samples and the temperature: ``Scenario.codegeneration_10_0.2_eval_all.json``.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dualset.builders.candidates.extract import extract_code, given_code
from dualset.builders.candidates.imported import ImportedSample, recorded_passed, recorded_verdict
from dualset.builders.candidates.join import problem_named
from dualset.builders.problems.problem_set import ProblemSet
from dualset.builders.problems.rows import Row, read_rows

__all__ = ["model_of_file", "read_livecodebench", "temperature_of_file"]


def read_livecodebench(path: Path, problems: ProblemSet) -> Iterator[ImportedSample]:
    """The samples of one model's file."""
    model, temperature = model_of_file(path), temperature_of_file(path)
    for row in read_rows(path):
        problem = problem_named(row.name("question_id"), problems, row.where)
        if problem is None:
            continue
        answers = row.texts("output_list")
        for number, answer in enumerate(answers):
            code = _at(row, "code_list", number, len(answers))
            verdict = _verdict(row, number, len(answers))
            yield ImportedSample(
                where=f"{row.where}, sample {number}",
                problem=problem,
                completion=answer,
                found=extract_code(answer) if code is None else given_code(str(code)),
                verdict=verdict,
                passed=recorded_passed(_at(row, "graded_list", number, len(answers))),
                sample_index=number,
                model=model,
                temperature=temperature,
            )


def model_of_file(path: Path) -> str:
    """``Qwen-3-8B`` of ``Qwen-3-8B.codegeneration.v6_1055.n1.eval_all.json``."""
    if path.name.startswith("Scenario."):
        return path.parent.name
    return re.sub(r"(\.codegeneration)?(\.v\d+(_\d+)?)?(\.n\d+)?(\.eval_all|\.eval)?\.json(\.gz)?$", "", path.name)


def temperature_of_file(path: Path) -> float | None:
    """0.2 of ``Scenario.codegeneration_10_0.2_eval_all.json``; None where the name does not say."""
    found = re.fullmatch(r"Scenario\.[a-z]+_\d+_(\d+(?:\.\d+)?)(?:_eval_all|_eval)?\.json(?:\.gz)?", path.name)
    return float(found[1]) if found else None


def _at(row: Row, key: str, number: int, count: int) -> Any:
    """The sample's item of a list that runs beside the answers, or None where the file has no such list."""
    if row.data.get(key) is None:
        return None
    items = row.items(key)
    if len(items) != count:
        raise row.error(f"'output_list' has {count} answers but {key!r} has {len(items)}")
    return items[number]


def _verdict(row: Row, number: int, count: int) -> str | None:
    """``true``, or ``false: Time Limit Exceeded`` as far as the metadata says why (it quotes hidden tests: cut)."""
    graded = recorded_verdict(_at(row, "graded_list", number, count))
    metadata = _at(row, "metadata", number, count)
    if graded is None:
        return None
    try:
        told = json.loads(metadata) if isinstance(metadata, str) else metadata
    except (ValueError, RecursionError):
        return graded
    why = told.get("error_message") if isinstance(told, dict) else None
    return f"{graded}: {why[:80]}" if isinstance(why, str) else graded
