"""The seconds that a turn spends on training itself: what is left of TRL's step time.

In: TRL's log events, with ``step_time`` and the seconds of the other parts. Out: ``time/training_s`` beside them. Where
a turn has several optimizer steps, all are means of a turn.
"""

from collections.abc import MutableMapping
from typing import Any

from transformers import TrainerCallback

from dualset.train.coevolve.stopwatch import PARTS

__all__ = ["Clock"]


class Clock(TrainerCallback):  # type: ignore[misc]
    """Adds the figure to what is logged.

    Args:
        steps_a_turn: optimizer steps.
    """

    def __init__(self, steps_a_turn: int) -> None:
        self._steps = steps_a_turn

    def on_log(
        self, args: Any, state: Any, control: Any, logs: MutableMapping[str, Any] | None = None, **more: Any
    ) -> None:
        """Subtract."""
        parts = [f"time/{name}_s" for name in PARTS]
        if logs and "step_time" in logs and parts[0] in logs:
            logs["time/training_s"] = logs["step_time"] * self._steps - sum(logs[name] for name in parts)
            state.log_history[-1]["time/training_s"] = logs["time/training_s"]
