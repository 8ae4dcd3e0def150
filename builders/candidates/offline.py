"""What is kept of a recipe's sampling already, found without the network and without loading the model.

In: the ``candidates:`` section, its template, the folder of completions. Out: `Kept`. A branch on the Hub is not asked
for its commit: completions of the same way of sampling are found by what they say of themselves. Nothing is written.
"""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from dualset.builders.candidates.identity import Identity
from dualset.builders.candidates.policy import folder_here, locate_model, name_here
from dualset.builders.candidates.prompts import Template
from dualset.builders.candidates.sample import Sampled, way_of
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.errors import ModelError

__all__ = ["Kept", "kept_completions", "model_folder"]


class Kept(NamedTuple):
    """Completions on disk.

    Attributes:
        sampled: to be read only; None: there are none.
        revision: of the model; None: not known.
        certain: whether a build would take exactly these; not where it would ask the Hub where a branch is by now.
    """

    sampled: Sampled | None
    revision: str | None
    certain: bool


def kept_completions(folder: Path, settings: CandidateSettings, template: Template) -> Kept:
    """Those of this way of sampling. Of several commits of a branch: the one in the Hub's cache, or the last begun.

    Args:
        folder: where completions of every way lie.
        settings: checked, of a sampled source.
        template: how a problem is asked.

    Raises:
        ModelError: there is no such model in a folder, and its name is none of the Hub's.
    """
    model, pinned, served = str(settings.model), settings.model_revision, settings.source == "openai"
    here = None if served else folder_here(model)
    name = name_here(model, here) if here else Path(model).name if Path(model).is_absolute() else model
    revisions = _revisions(folder, settings, name)
    certain = True
    if here:
        # the digest reads every file of the model, so only where something depends on it
        revision = locate_model(model, pinned).revision if revisions or pinned else None
    elif _is_commit(pinned) or (served and pinned is None):
        revision = pinned
    else:
        certain = not revisions
        cached = hub_snapshot(model, pinned) if revisions else None
        revision = cached.name if cached and cached.name in revisions else next(iter(revisions), None)
    found = revision in revisions
    identity = Identity(name, revision)
    return Kept(Sampled.at(folder, settings, identity, template, read_only=True) if found else None, revision, certain)


def model_folder(settings: CandidateSettings, revision: str | None) -> Path | None:
    """Where the model's files lie on this machine, in a folder or the Hub's cache; None: nowhere."""
    model = str(settings.model)
    try:
        return folder_here(model) or hub_snapshot(model, revision or settings.model_revision)
    except ModelError:
        if settings.source == "openai":  # a server's own word
            return None
        raise


def hub_snapshot(model: str, revision: str | None) -> Path | None:
    """The folder of a Hub model in the cache; None: it is not there."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model, revision=revision, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        return None


def _revisions(folder: Path, settings: CandidateSettings, name: str) -> dict[str | None, None]:
    """The revisions of this model of which there are completions of this way, the last begun first."""
    wanted = _but_revision(json.loads(json.dumps(way_of(settings, Identity(name, None)))))
    told = sorted(folder.glob("*/way.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    ways = [_way(path) for path in told]
    return {way["revision"]: None for way in ways if _but_revision(way) == wanted}


def _way(path: Path) -> dict[str, Any]:
    """What a folder of completions says of itself; nothing where that is damaged: a build writes it anew."""
    try:
        way: dict[str, Any] = json.loads(path.read_text())
    except ValueError:
        return {}
    return way


def _but_revision(way: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in way.items() if name != "revision"}


def _is_commit(revision: str | None) -> bool:
    return revision is not None and re.fullmatch(r"[0-9a-f]{40}", revision) is not None
