"""Stopping a run whose reward and pass rate have parted. In: a watch. Out: TRL's trainer ends after the step."""

import logging
from typing import Any

from transformers import TrainerCallback

from dualset.train.reward_model.watch import Watch

__all__ = ["StopWhenParted"]

_LOG = logging.getLogger(__name__)


class StopWhenParted(TrainerCallback):  # type: ignore[misc]
    """Looks at the watch after each step."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """End the run where they have parted."""
        parted = self._watch.parted
        if parted is None or control.should_training_stop:
            return
        best, now = parted
        control.should_training_stop = True
        if state.is_world_process_zero:
            rose, fell = f"{best.reward:.3f} to {now.reward:.3f}", f"{best.passed:.3f} to {now.passed:.3f}"
            _LOG.warning(
                "stopped at step %d: since step %d the reward rose from %s, and the pass rate fell from %s",
                *(state.global_step, best.step, rose, fell),
            )
