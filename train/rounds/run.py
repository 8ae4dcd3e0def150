"""Candidate refresh and iterative training: sample the current model, label, group, train on, and again.

Run:  dualset train refresh NAME@REVISION --model micro --preset micro --rounds 3 --steps 30 --output models/refresh

In: a version and a base model. Out: a version a round (the parent of each is the one before), a model a trainer and
round, and the ledger. A stage that the ledger names is not done again; the stage that was cut off goes on where its own
files are. The first round's version is the one given: its candidates are the base model's (DuST's fixed pool is one
round; refreshing it is our extension, to be compared at equal optimizer steps).
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dualset.builders.candidates.policy import digest_of_model
from dualset.builders.candidates.settings import CandidateSettings, with_preset
from dualset.builders.dataset.store import Version, open_version
from dualset.builders.errors import RecipeError, TrainingError
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.next_round import next_round
from dualset.builders.progress import Progress, silent
from dualset.builders.recorded import recorded
from dualset.builders.settings import parse_settings, set_overrides
from dualset.train.folder import read_record
from dualset.train.generate import generate
from dualset.train.rank import rank
from dualset.train.rounds.ledger import Ledger
from dualset.train.rounds.settings import ITERATE, RoundSettings
from dualset.train.settings import TrainResult, TrainSettings
from dualset.train.start import base_of

__all__ = ["RoundsResult", "run_rounds"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundsResult:
    """What a run left: the last model, the revision of the last version, and the rounds as the ledger says them."""

    path: Path
    dataset: str
    revision: str
    rounds: list[dict[str, Any]]


def run_rounds(
    settings: RoundSettings, *, home: Path | None = None, sandbox: Sandbox = ONE, progress: Progress = silent
) -> RoundsResult:
    """Train in rounds, from where an earlier run of the same was stopped.

    Raises:
        DualsetError: see ``builders/errors.py``; what was finished stays finished.
    """
    settings.check()
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        msg = "rounds are run by one process: start them without accelerate launch or torchrun"
        raise RecipeError(msg)
    version = open_version(settings.ref, home=home)
    model, revision = base_of(settings.model, settings.model_revision, version)
    begin = {
        "settings": settings.told,
        "dataset": {"name": version.name, "revision": version.revision},
        "base_model": {"name": Path(model).name if Path(model).is_absolute() else model, "revision": revision},
    }
    ledger = Ledger(settings.output, begin, {"keep_silent": 1.0})
    stages: list[tuple[str, Callable[..., TrainResult]]] = [("rank", rank)]
    if settings.kind == ITERATE:
        stages.insert(0, ("generate", lambda *args, **more: generate(*args, sandbox=sandbox, **more)))
    for number in range(1, settings.rounds + 1):
        for kind, train in stages:
            if kind == "rank" and (number > 1 or settings.kind == ITERATE):
                version = _sampled(ledger, number, version, model, settings, home, sandbox, progress)
            elif kind == "rank":
                ledger.add(number, "dataset", {"name": version.name, "revision": version.revision})
            folder = settings.output / f"round-{number}-{kind}"
            if ledger.done(number, kind) is None:
                done = _train(train, folder, version, model, revision, number, settings, home, progress)
                ledger.add(number, kind, {"model": folder.name, **done})
            model, revision = str(folder), _checked(ledger, number, kind, folder)
    return RoundsResult(path=Path(model), dataset=version.name, revision=version.revision, rounds=ledger.rounds)


def _sampled(
    ledger: Ledger,
    number: int,
    parent: Version,
    model: str,
    settings: RoundSettings,
    home: Path | None,
    sandbox: Sandbox,
    progress: Progress,
) -> Version:
    """The round's version: the parent's problems as the current model solves them."""
    made = ledger.done(number, "dataset")
    if made is None:
        built = next_round(
            parent,
            _sampling(parent, model, settings),
            number - 1 if settings.kind != ITERATE else number,
            pool=settings.pool,
            home=home,
            sandbox=sandbox,
            progress=progress,
        )
        made = {
            "name": built.version.name,
            "revision": built.version.revision,
            "parent": parent.revision,
            "mixed_groups": built.counts["mixed_groups"],
        }
        ledger.add(number, "dataset", made)
    return open_version(f"{made['name']}@{made['revision']}", home=home)


def _sampling(parent: Version, model: str, settings: RoundSettings) -> CandidateSettings:
    """As the parent's candidates were sampled, but from the model in a folder of ours."""
    before = recorded(parent).candidates
    tree: dict[str, Any] = {"source": "transformers", "n": 8, "max_tokens": 1024}
    if before is not None and before.source != "samples":
        tree = {name: value for name, value in before.content.items() if value not in (None, {}, [], ())}
        if before.source == "openai":
            msg = "the version was sampled by a server, which does not load a model of ours: set  source=transformers"
            if not any(each.startswith("source=") for each in settings.sampling):
                raise RecipeError(f"{msg}  or vllm with --sample")
            tree = {name: value for name, value in tree.items() if name != "server"}
    set_overrides(tree, settings.sampling)
    tree = {**with_preset(tree), "model": model}
    tree.pop("model_revision", None)
    return parse_settings(CandidateSettings, tree, "--sample")


def _train(
    train: Callable[..., TrainResult],
    folder: Path,
    version: Version,
    model: str,
    revision: str | None,
    number: int,
    settings: RoundSettings,
    home: Path | None,
    progress: Progress,
) -> dict[str, Any]:
    """One trainer of one round; what the ledger shall say of it."""
    record = read_record(folder)
    if record is None or not record.get("finished"):
        asked = TrainSettings(
            ref=str(version.path),
            model=model,
            model_revision=revision,
            output=folder,
            preset=settings.preset,
            overrides=settings.overrides,
            max_steps=settings.steps,
            seed=settings.seed + number - 1,
            split=settings.split,
            drop_long=settings.drop_long,
            keep_silent=settings.keep_silent if train is rank else 1.0,
            resume=True,
        )
        train(asked, home=home, progress=progress)
        record = read_record(folder)
    assert record is not None
    return {
        "digest": digest_of_model(folder),
        "from": record["base_model"]["revision"],
        "trained_on": record["dataset"]["revision"],
        "steps": record["steps"],
    }


def _checked(ledger: Ledger, number: int, kind: str, folder: Path) -> str:
    """The digest of a finished stage's model, which must still be the one in the ledger."""
    made = ledger.done(number, kind)
    digest = digest_of_model(folder) if folder.is_dir() else "it is gone"
    if made is None or digest != made["digest"]:
        msg = f"{folder} is not the model that the ledger names ({digest}): put it back, or start anew"
        raise TrainingError(msg)
    return digest
