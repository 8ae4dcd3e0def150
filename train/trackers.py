"""Trackers that a run reports to beside ``metrics.jsonl``: known and installed, or a line before anything starts.

In: ``report_to`` of the TRL config, such as trackio, wandb or tensorboard. Out: nothing. Left out: logging in, which
each tracker does its own way, and what is sent, which transformers decides.
"""

from collections.abc import Sequence

from dualset.builders.errors import RecipeError, did_you_mean

__all__ = ["check_trackers"]

_PACKAGES = {"clearml", "codecarbon", "dvclive", "mlflow", "swanlab", "tensorboard", "trackio", "wandb"}
"""Trackers whose package has their name."""


def check_trackers(names: Sequence[str]) -> None:
    """Raise `RecipeError` for a tracker that transformers does not know, or that is not installed."""
    from transformers.integrations.integration_utils import (
        INTEGRATION_TO_CALLBACK,
        get_available_reporting_integrations,
    )

    for name in names:
        if name not in INTEGRATION_TO_CALLBACK:
            several = "; several are given as [a, b]" if "," in name else ""
            msg = f"report_to is {name!r}: {did_you_mean(name, [*INTEGRATION_TO_CALLBACK, 'none'])}{several}"
            raise RecipeError(msg)
        if name not in get_available_reporting_integrations():
            how = f"run  pip install {name}" if name in _PACKAGES else "see its documentation for the package"
            msg = f"report_to is {name!r}, which is not installed: {how}"
            raise RecipeError(msg)
