"""Exactly which model a recipe means, found without loading it: a rebuild of finished work needs no GPU and no server.

In: the ``candidates:`` section. Out: the model's name and its commit, or the digest of its files. A branch or tag of
the Hub is resolved to the commit it is at now. A server does not say which commit it serves: without ``model_revision``
that is unknown, and null.
"""

import re
from pathlib import Path
from typing import NamedTuple

from dualset.builders.candidates.policy import OUR_POLICIES, locate_model
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.errors import ModelError

__all__ = ["Identity", "identify"]

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")  # of the Hub, or the digest of a folder


class Identity(NamedTuple):
    """The candidates' ``model`` and ``model_revision``."""

    model: str
    revision: str | None


def identify(settings: CandidateSettings) -> Identity:
    """The model of a sampled source.

    Raises:
        ModelError: there is no such model or revision.
    """
    model, revision = str(settings.model), settings.model_revision
    if settings.source == "openai":
        name = Path(model).name if Path(model).is_absolute() else model
        return Identity(name, revision if revision is None else _commit(model, revision))
    if model in OUR_POLICIES or Path(model).expanduser().exists():
        place = locate_model(model, revision)
        return Identity(place.name, place.revision)
    return Identity(model, _commit(model, revision))


def _commit(model: str, revision: str | None) -> str:
    """The commit that a branch or tag (None: the main one) of a Hub model is at."""
    if revision and _COMMIT.fullmatch(revision):
        return revision
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    try:
        found = HfApi().model_info(model, revision=revision).sha
    except OfflineModeIsEnabled:
        return locate_model(model, revision).revision
    except (HfHubHTTPError, HFValidationError, OSError, ValueError) as error:
        said = " ".join(str(error).split())[:200]
        msg = f"cannot find the commit of {model}@{revision or 'main'} on the Hub ({said}): is the name right?"
        raise ModelError(msg) from error
    if found is None:
        msg = f"the Hub does not say which commit {model}@{revision or 'main'} is"
        raise ModelError(msg)
    return found
