"""A version made from a few problems and codes, to be compared with another; nothing is executed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from dualset.builders.dataset.records import Candidate, Problem, program_id_of, row
from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.store import Version, VersionContent, commit_version
from dualset.builders.dataset.words import Split, Style


def problem(problem_id: str, statement: str, **more: Any) -> Problem:
    """A problem in the train split, read from a jsonl file unless said otherwise."""
    given: dict[str, Any] = {"source": "jsonl", "source_id": problem_id, "split": Split.TRAIN, "style": Style.STDIO}
    return Problem(problem_id=problem_id, statement=statement, **{**given, **more})


def version_of(
    home: Path, name: str, problems: Iterable[Problem], codes: Mapping[str, Iterable[str]] | None = None
) -> Version:
    """Commit them; ``codes`` are the candidates' by problem id."""
    tables: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
    tables["problems"] = sorted(map(row, problems), key=lambda each: each["problem_id"])
    for problem_id, texts in sorted((codes or {}).items()):
        tables["candidates"] += [row(_candidate(problem_id, n, code)) for n, code in enumerate(texts)]
    content = VersionContent(recipe={"problems": {"source": "jsonl"}}, seeds={}, pins={}, counts={})
    return commit_version(name, tables, content=content, home=home)


def day(text: str) -> datetime:
    """Noon of that day."""
    return datetime.fromisoformat(f"{text}T12:00:00")


def _candidate(problem_id: str, n: int, code: str) -> Candidate:
    return Candidate(
        candidate_id=f"{problem_id}-{n:04d}",
        problem_id=problem_id,
        sample_index=n,
        program_id=program_id_of(problem_id, code),
        completion=code,
        code=code,
        extraction="given",
        sampler="imported",
    )
