"""The folder of a run: who may write there, ``run.json`` with what the run was, ``metrics.jsonl`` with how it went.

In: a path and the run's record. Out: the files. A folder that holds a finished run, or anything that is not a run of
ours, is never written over unless asked; nothing but a run of ours is ever removed.
"""

import json
import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dualset.builders.errors import TrainingError

__all__ = ["FORMAT", "METRICS", "RECORD", "check_folder", "now", "open_folder", "read_record", "write_record"]

RECORD = "run.json"
METRICS = "metrics.jsonl"
FORMAT = "dualset-run-1"
"""What ``run.json`` says it is."""


def check_folder(folder: Path, *, overwrite: bool) -> None:
    """Whether a run may be written there.

    Raises:
        TrainingError: it holds a finished run and ``overwrite`` was not asked for, or something that is no run.
    """
    if folder.is_file():
        msg = f"{folder} is a file: give --output a new folder"
        raise TrainingError(msg)
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    record = read_record(folder)
    if record is None:
        msg = f"{folder} is not empty and holds no run of dualset: give --output a new folder"
        raise TrainingError(msg)
    if record.get("finished") and not overwrite:
        msg = f"{folder} holds a run finished on {record['finished']}: add --overwrite, or give --output a new folder"
        raise TrainingError(msg)


def open_folder(folder: Path, *, overwrite: bool) -> None:
    """Make it, empty; what an earlier run left there is removed."""
    check_folder(folder, overwrite=overwrite)
    if folder.is_dir():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


def read_record(folder: Path) -> dict[str, Any] | None:
    """The record of the run in a folder, or None where there is none."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return record if isinstance(record, dict) and _is_record(record) else None


def _is_record(record: Mapping[str, Any]) -> bool:
    """Whether it has what is read of a record everywhere; a finished one also steps and metrics."""
    base, data, before = record.get("base_model"), record.get("dataset"), record.get("before", [])
    return (
        record.get("format") == FORMAT
        and isinstance(record.get("kind"), str)
        and isinstance(record.get("settings"), dict)
        and isinstance(base, dict)
        and {"name", "revision"} <= base.keys()
        and isinstance(data, dict)
        and {"revision", "split", "rows", "dropped"} <= data.keys()
        and isinstance(before, list)
        and all(isinstance(run, dict) and run.keys() >= _STAGE for run in before)
        and (not record.get("finished") or (isinstance(record.get("steps"), int) and "metrics" in record))
    )


_STAGE = {"kind", "by", "revision", "parents", "split", "rows", "steps"}
"""What is read of a run before (``lineage.py``)."""


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Write ``run.json`` whole or not at all."""
    temporary = folder / f".{RECORD}.tmp"
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=1, ensure_ascii=False, default=str)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / RECORD)


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
