"""What a trainer logs, kept: one JSON line a step in ``metrics.jsonl``, the progress bar, and a summary at the end.

In: TRL's log events. Out: the file, and the mean of each figure over the first and the last tenth of the steps, since
one step's figure is noise. Left out: trackers such as trackio; ``--set report_to=trackio`` adds one.
"""

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from statistics import fmean
from typing import Any

from transformers import TrainerCallback

from dualset.builders.progress import Progress
from dualset.train.folder import METRICS

__all__ = ["Journal", "summary"]


class Journal(TrainerCallback):  # type: ignore[misc]
    """Follows one run."""

    def __init__(self, folder: Path, stage: str, progress: Progress) -> None:
        self._path = folder / METRICS
        self._stage = stage
        self._progress = progress

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Move the bar."""
        self._progress(self._stage, state.global_step, state.max_steps)

    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **more: Any) -> None:
        """Append a line; a figure that is no number (NaN) is null."""
        if not state.is_world_process_zero:
            return
        line = {"step": state.global_step, **{name: _plain(value) for name, value in (logs or {}).items()}}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def summary(history: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Each figure's mean over the first and the last tenth of its logs (at least one), as ``first`` and ``last``."""
    series: dict[str, list[float]] = {}
    for line in history:
        for name, value in line.items():
            if isinstance(value, int | float) and isfinite(value):
                series.setdefault(name, []).append(float(value))
    found = {}
    for name, values in series.items():
        tenth = max(1, len(values) // 10)
        found[name] = {"first": fmean(values[:tenth]), "last": fmean(values[-tenth:])}
    return found


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not isfinite(value) else value
