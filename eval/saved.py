"""Evaluations on disk: what ``dualset eval -o FILE`` wrote, read back and checked as far as everybody reads it.

In: a file. Out: the report as plain data (``report.py`` says what is in it). Left out: parts that only some read.
"""

import json
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from dualset.builders.errors import SourceError

__all__ = ["no_evaluation", "read_report"]

_SETTINGS = {"split", "temperature", "top_p", "top_k", "seed", "level"}
_NONE_OF_OURS = (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
_WHOLE = ("dataset", "problems", "groups")


def read_report(path: Path) -> dict[str, Any]:
    """One file.

    Raises:
        SourceError: it cannot be read, or is no evaluation.
    """
    try:
        report: dict[str, Any] = json.loads(
            path.read_text(encoding="utf-8"), parse_constant=_finite, parse_float=_finite
        )
        if not report["models"]:
            msg = "no model was measured"
            raise ValueError(msg)
        for model in report["models"]:
            _check(model)
        described = report["settings"].keys() >= _SETTINGS and all(name in report for name in _WHOLE)
        if not described or not isinstance(report["revision"], str):
            msg = "its data or settings are missing"
            raise ValueError(msg)
        if not 0 < _number(report["settings"]["level"]) < 1:
            msg = f"its level is {report['settings']['level']}"
            raise ValueError(msg)
    except _NONE_OF_OURS as error:
        raise no_evaluation(path, error) from error
    return report


def no_evaluation(path: Path, error: Exception) -> SourceError:
    """What to say of a file that cannot be read so."""
    return SourceError(f"{path} is no evaluation as  dualset eval -o FILE  writes it ({error!r})")


def _check(model: Mapping[str, Any]) -> None:
    """A model has a name, a revision, and metrics that are numbers or null."""
    _ = model["model"], model["revision"]
    for found in (*model["metrics"].values(), *model.get("against_first", {}).values()):
        for value in (*(found[key] for key in ("value", "low", "high")), found.get("chance"), found.get("n")):
            _ = None if value is None else _number(value)


def _number(value: Any) -> float:
    """A number of JSON; text that could be one is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        msg = f"{value!r} is no number"
        raise TypeError(msg)
    return float(value)


def _finite(text: str) -> float:
    """``NaN``, ``Infinity`` and 1e999 are no numbers."""
    if not isfinite(number := float(text)):
        msg = f"{text} is no number"
        raise ValueError(msg)
    return number
