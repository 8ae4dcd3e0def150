"""The seconds that training itself takes: what the other parts leave of TRL's step time.

In: TRL's log events, with ``step_time`` and the seconds of the other parts. Out: ``time/training_s`` beside them. The
parts are means of a turn, this is a mean of an optimizer step; a turn may have several.
"""

from collections.abc import MutableMapping
from typing import Any

from transformers import TrainerCallback

from dualset.train.coevolve.stopwatch import PARTS, Stopwatch

__all__ = ["Clock"]


class Clock(TrainerCallback):  # type: ignore[misc]
    """Adds the figure to what is logged; to be the first callback, so that all others see it.

    Args:
        stopwatch: counts the turns.
    """

    def __init__(self, stopwatch: Stopwatch) -> None:
        self._stopwatch = stopwatch
        self._turns = 0
        self._step = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """A resumed run begins later."""
        self._step = state.global_step

    def on_log(
        self, args: Any, state: Any, control: Any, logs: MutableMapping[str, Any] | None = None, **more: Any
    ) -> None:
        """Subtract."""
        if not logs or "step_time" not in logs:
            return
        turns, steps = self._stopwatch.turns - self._turns, state.global_step - self._step
        self._turns, self._step = self._stopwatch.turns, state.global_step
        others = sum(logs.get(f"time/{name}_s", 0.0) for name in PARTS)
        logs["time/training_s"] = logs["step_time"] - others * turns / max(1, steps)
        state.log_history[-1]["time/training_s"] = logs["time/training_s"]
