"""Time limits as data: a file that says how long each problem's programs may take, and its writing.

In: lines of ``{"problem_id": ..., "time_limit_s": ...}``, which ``dualset check --write-limits`` makes from the time
that the reference programs took. Out: the problems with these limits. The file, and not a clock, decides a build.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dualset.builders.errors import SourceError, did_you_mean
from dualset.builders.problems.problem_set import ProblemSet
from dualset.builders.problems.rows import Row, read_rows

__all__ = ["with_limits", "write_limits"]

_COLUMNS = ("problem_id", "time_limit_s")


def with_limits(problems: ProblemSet, path: Path) -> ProblemSet:
    """The problems with the file's limits in place of their own; those that it does not name stay as they are.

    Raises:
        SourceError: the file is missing or torn, names a problem that is not there, or no positive number of seconds.
    """
    limits = _read(path, {p.problem_id for p in (*problems.problems, *problems.left_out)})
    return replace(
        problems,
        problems=tuple(replace(p, time_limit_s=limits.get(p.problem_id, p.time_limit_s)) for p in problems.problems),
    )


def _read(path: Path, known: set[str]) -> dict[str, float]:
    if not path.is_file():
        msg = f"problems.limits: no file {path}: write it with  dualset check RECIPE --write-limits FILE"
        raise SourceError(msg)
    limits: dict[str, float] = {}
    for row in read_rows(path):
        problem_id, limit_s = _limit(row)
        if problem_id not in known:
            raise row.error(f"no problem {problem_id!r}: were the limits written for another source?")
        if limits.setdefault(problem_id, limit_s) != limit_s:
            raise row.error(f"a second limit for {problem_id!r}")
    return limits


def _limit(row: Row) -> tuple[str, float]:
    for name in row.data:
        if name not in _COLUMNS:
            raise row.error(f"unknown column {name!r}: {did_you_mean(name, _COLUMNS)}")
    limit_s = row.maybe_float("time_limit_s")
    if limit_s is None or limit_s <= 0:
        raise row.error(f"'time_limit_s' must be seconds above 0, not {limit_s!r}")
    return row.text("problem_id"), limit_s


def write_limits(limits: Mapping[str, float], path: Path) -> None:
    """Write seconds by problem_id, in order of the id; the file is there whole or not at all.

    Raises:
        SourceError: it cannot be written.
    """
    lines = [json.dumps(dict(zip(_COLUMNS, item, strict=True))) + "\n" for item in sorted(limits.items())]
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        msg = f"cannot write the limits to {path}: {error.strerror}"
        raise SourceError(msg) from error
