"""Trackers that a run reports to beside ``metrics.jsonl``: known and installed, or a line before anything starts.

In: ``report_to`` of the TRL config, such as trackio, wandb or tensorboard. Out: nothing. Left out: logging in, which
each tracker does its own way, and what is sent, which transformers decides.
"""

from collections.abc import Sequence

from dualset.builders.errors import RecipeError, did_you_mean

__all__ = ["check_trackers"]


def check_trackers(names: Sequence[str]) -> None:
    """Raise `RecipeError` for a tracker that transformers does not know, or that is not installed."""
    from transformers.integrations.integration_utils import (
        INTEGRATION_TO_CALLBACK,
        get_available_reporting_integrations,
    )

    for name in names:
        if name not in INTEGRATION_TO_CALLBACK:
            msg = f"report_to is {name!r}: {did_you_mean(name, [*INTEGRATION_TO_CALLBACK, 'none'])}"
            raise RecipeError(msg)
        if name not in get_available_reporting_integrations():
            msg = f"report_to is {name!r}, which is not installed: run  pip install {name.replace('_', '-')}"
            raise RecipeError(msg)
