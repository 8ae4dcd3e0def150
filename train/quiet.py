"""Libraries that print, kept off stdout: stdout carries our data only, and telemetry stays off.

In: nothing. Out: a context in which whatever TRL, transformers and datasets print goes to stderr, their progress bars
are off and their notes of deprecation are silent. Errors are not touched.
"""

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

__all__ = ["quiet"]

_LOUD = ("accelerate", "datasets", "huggingface_hub", "torch", "transformers", "trl")


@contextmanager
def quiet() -> Iterator[None]:
    """Import and use the training libraries inside."""
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    import datasets
    from huggingface_hub import constants
    from transformers.utils import logging as transformers_logging

    constants.HF_HUB_DISABLE_TELEMETRY = True  # read from the environment once, perhaps before we set it
    datasets.disable_progress_bars()
    transformers_logging.disable_progress_bar()
    levels = {name: logging.getLogger(name).level for name in _LOUD}
    with redirect_stdout(sys.stderr), warnings.catch_warnings():
        for category in (FutureWarning, DeprecationWarning, UserWarning):
            warnings.simplefilter("ignore", category)
        for name in _LOUD:
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            yield
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
