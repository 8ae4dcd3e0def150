"""The first half of both training commands: settings, config, pinned version and base model, each checked in turn.

In: settings and the TRL config class. Out: `Start`. The cheap checks come first: a misspelt key is told before a file
is hashed or a model is loaded. Left out: the rows, whose checks differ between ranking and imitating.
"""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from dualset.builders.candidates.generate import Policy, load_policy
from dualset.builders.candidates.policy import folder_here
from dualset.builders.dataset.store import Version, open_version
from dualset.builders.errors import MissingExtra, ModelError, RecipeError, TrainingError
from dualset.builders.recorded import recorded
from dualset.train.folder import check_folder
from dualset.train.presets import make_config, make_lora
from dualset.train.settings import TrainSettings
from dualset.train.trackers import check_trackers

__all__ = ["Start", "base_of", "context_of", "needs_train_extra", "start"]


_LOADED = ("transformers", "vllm")
"""Engines that load the model they name; a server may call it what it likes."""


class Start(NamedTuple):
    """What is known before the rows are read: fields of `Prepared`, under the same names."""

    folder: Path
    config: Any
    version: Version
    base: Policy
    source: str
    lora: Any


def needs_train_extra() -> None:
    """Raise `MissingExtra` where a library of the train extra is missing."""
    for library in ("torch", "transformers", "trl"):
        _needs(library, "train")


def _needs(library: str, extra: str) -> None:
    if importlib.util.find_spec(library) is None:
        raise MissingExtra(library, extra)


def _language_model(name: str, revision: str | None, config: Any) -> Policy:
    # on the CPU: TRL moves it
    return load_policy(name, revision=revision, device="cpu")


def start(
    kind: str,
    config_class: type[Any],
    given: dict[str, Any],
    settings: TrainSettings,
    home: Path | None,
    load: Callable[[str, str | None, Any], Policy] = _language_model,
) -> Start:
    """Resolve the reference to a verified, immutable version and load the base model.

    ``given`` (preset and overrides) is completed in place: the options of the command, the precision of this machine.
    ``load`` gets the model's name, its revision and TRL's config.
    """
    _check_silent(kind, settings.keep_silent)
    for name, value in (("max_steps", settings.max_steps), ("seed", settings.seed)):
        if value is not None:
            given[name] = value
    _precision(given)
    folder = _folder(kind, settings)
    plain = dict(given)
    lora = make_lora(plain)
    if plain.get("report_to") not in (None, "none", ["none"]):
        plain.setdefault("run_name", folder.name)
    config = make_config(config_class, plain, folder)
    check_trackers(config.report_to)
    if getattr(config, "use_vllm", False):
        _needs("vllm", "vllm")
    if not settings.resume:
        check_folder(folder, overwrite=settings.overwrite)
    version = open_version(settings.ref, home=home)
    name, revision = base_of(settings.model, settings.model_revision, version)
    _spare_the_base(folder, name)
    return Start(folder, config, version, load(name, revision, config), name, lora)


def _spare_the_base(folder: Path, model: str) -> None:
    """A run's folder is emptied before the run, and filled after it."""
    base = folder_here(model)
    if base is not None and folder.resolve() in (base.resolve(), *base.resolve().parents):
        msg = f"the base model is in {base}, which a run in {folder} would write over: give --output another folder"
        raise TrainingError(msg)


def _check_silent(kind: str, share: float) -> None:
    if not 0 <= share <= 1:
        msg = f"keep-silent is {share}: expected the share of silent groups that stays, from 0 to 1"
        raise RecipeError(msg)
    if share != 1 and kind != "rank":
        msg = f"keep-silent is {share}, but only ranking knows silent groups: leave it out"
        raise RecipeError(msg)


def context_of(model: Any) -> int | None:
    """The tokens that a model was made for, or None where its configuration does not say."""
    context = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return int(context) if context else None


def _precision(given: dict[str, Any]) -> None:
    """bfloat16 where the accelerator has it: TRL's own default is bfloat16 even on a CPU, where it is slow."""
    from transformers.utils import is_torch_bf16_gpu_available

    if "bf16" not in given and "fp16" not in given:
        given["bf16"] = bool(is_torch_bf16_gpu_available())


def _folder(kind: str, settings: TrainSettings) -> Path:
    name = Path(settings.ref.partition("@")[0]).name or "dataset"
    return settings.output or Path("models") / f"{name}-{kind}"


def base_of(model: str | None, revision: str | None, version: Version) -> tuple[str, str | None]:
    """The model asked for, or the very one whose samples these are, and its revision as far as that is said.

    Raises:
        ModelError: none is asked for, and the version names none that can be loaded.
    """
    if model:
        return model, revision
    built = recorded(version)
    if built.candidates is None or built.candidates.source not in _LOADED or not built.candidates.model:
        msg = f"{version.name} does not name a model that can be loaded from here: give one with --model"
        raise ModelError(msg)
    return built.candidates.model, built.model_revision
