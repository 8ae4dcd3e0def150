"""A run's folder as data: ``run.json`` and ``metrics.jsonl``, read as what they are, plain JSON.

In: a folder. Out: `Run`. A run that was killed may end in a torn line, which is left out; a step logged twice (a run
that was resumed) counts as it was logged last. Left out: everything that needs the training libraries (``train/``).
"""

import json
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from dualset.builders.errors import SourceError

__all__ = ["Run", "is_run", "read_run"]

_RECORD, _METRICS, _FORMAT = "run.json", "metrics.jsonl", "dualset-run-1"


class Run(NamedTuple):
    """A run.

    ``series`` is metric -> step -> value, with null where the trainer logged no number.
    """

    name: str
    record: Mapping[str, Any]
    series: Mapping[str, Mapping[int, float | None]]


def is_run(folder: Path) -> bool:
    """Whether the folder has a run's record.

    Raises:
        SourceError: it has none, but folders in it have: it holds the rounds or stages of a training.
    """
    inside = sorted(path.parent.name for path in folder.glob(f"*/{_RECORD}"))
    if inside and not (folder / _RECORD).is_file():
        msg = f"{folder} holds several runs: give one of them, {' or '.join(str(folder / name) for name in inside)}"
        raise SourceError(msg)
    return (folder / _RECORD).is_file()


def read_run(folder: Path) -> Run:
    """Read a run.

    Raises:
        SourceError: a file is not what a run of ours writes.
    """
    path = folder / _RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        known = record["format"] == _FORMAT and record["dataset"]["revision"] and record["base_model"]["name"]
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        msg = f"{path} is no record of a run as  dualset train  writes it"
        raise SourceError(msg)
    return Run(folder.resolve().name, record, _series(folder / _METRICS))


def _series(path: Path) -> dict[str, dict[int, float | None]]:
    lines = path.read_text(encoding="utf-8").split("\n") if path.is_file() else []
    series: dict[str, dict[int, float | None]] = {}
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            logged = json.loads(line)
            step = int(logged.pop("step"))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if number == len(lines):
                break  # torn by a kill: complete lines end in a newline
            msg = f"{path}, line {number} is no step of a run ({error!r})"
            raise SourceError(msg) from error
        for name, value in logged.items():
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if value is None or is_number:
                known = is_number and isfinite(value)
                series.setdefault(name, {})[step] = float(value) if known else None
    return {name: dict(sorted(values.items())) for name, values in series.items()}
