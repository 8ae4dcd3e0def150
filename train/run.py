"""From checked rows and a config to a model folder: the part that ranking and imitating share.

In: what ``prepare`` checked, and a TRL trainer. Out: a folder that plain transformers loads, with ``run.json``,
``metrics.jsonl`` and a card. Before training ``run.json`` says what is being done, after it that it is finished; the
card comes last. Left out: the trainer itself, which is TRL's as it stands.
"""

import hashlib
import json
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Any

import dualset
from dualset.builders.candidates.policy import Policy, digest_of_model, folder_here, load_policy, one_thread
from dualset.builders.dataset.hub.log import hub_pin
from dualset.builders.dataset.ids import content_id
from dualset.builders.dataset.store import Version
from dualset.builders.progress import Progress
from dualset.train.card import model_card
from dualset.train.folder import FORMAT, now, open_folder, write_record
from dualset.train.lineage import Lineage, lineage_of
from dualset.train.processes import first_decides
from dualset.train.resume import resume_folder
from dualset.train.rows import Fitting
from dualset.train.settings import TrainResult, TrainSettings
from dualset.train.told import file_told, settings_told

__all__ = ["Prepared", "dry_result", "open_run", "run"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A run that passed every check.

    ``source`` is the base model's folder or Hub id, ``given`` what preset and overrides set, ``config`` TRL's whole
    config, ``lora`` peft's, ``more`` what else the record shall say, ``reload`` a fresh copy of the base where it is no
    language model.
    """

    kind: str
    settings: TrainSettings
    folder: Path
    version: Version
    base: Policy
    source: str
    given: dict[str, Any]
    config: Any
    fitting: Fitting
    reward: str | None
    lora: Any = None
    more: Mapping[str, Any] = field(default_factory=dict)
    reload: Callable[[], Policy] | None = None
    lineage: Lineage = field(init=False)

    def __post_init__(self) -> None:
        """What is known of the base before the run writes anything."""
        object.__setattr__(self, "lineage", lineage_of(self.named, folder_here(self.source)))

    @property
    def named(self) -> dict[str, Any]:
        """The base model as a record names it."""
        return {"name": self.base.name, "revision": self.base.revision, "hub": "/" in self.base.name}

    @property
    def model(self) -> Any:
        """The base model in float32, as TRL loads it: a small learning rate is lost on half-precision weights."""
        return self.base.model.float()


def open_run(prepared: Prepared) -> Path | None:
    """Make the folder of a run; the checkpoint that it goes on from, if it does.

    Of several processes (``accelerate launch``) the first does it, and tells the others.

    Raises:
        TrainingError: the folder is taken.
    """

    def opened() -> Path | None:
        if prepared.settings.resume:
            return resume_folder(prepared.folder, _record(prepared))
        open_folder(prepared.folder, overwrite=prepared.settings.overwrite)
        return None

    return first_decides(prepared.config, opened)


def run(
    trainer: Any,
    prepared: Prepared,
    progress: Progress,
    checkpoint: Path | None = None,
    measure: Callable[[], Mapping[str, Any]] | None = None,
) -> TrainResult:
    """Train, save, and write the record and the card; what ``measure`` finds in the saved folder is in both."""
    from dualset.train.journal import Journal, summary

    record = _record(prepared)
    folder = prepared.folder
    _listen(trainer, Journal(folder, prepared.kind, progress))
    main = trainer.is_world_process_zero()
    if main:
        write_record(folder, record)
    with one_thread(prepared.base.model):
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    _save(trainer, prepared)
    if main:
        (folder / "training_args.bin").unlink(missing_ok=True)  # a pickle; run.json says what it says
        record |= {"steps": trainer.state.global_step, "metrics": summary(trainer.state.log_history), "finished": now()}
        record["model_digest"] = digest_of_model(folder)
        record |= measure() if measure else {}
        card = model_card(folder.name, record).encode()
        write_record(folder, record | {"card_digest": hashlib.sha256(card).hexdigest()})
        (folder / "README.md").write_bytes(card)
    last = {name: values["last"] for name, values in summary(trainer.state.log_history).items()}
    return _result(prepared, trainer.state.global_step, last)


def _save(trainer: Any, prepared: Prepared) -> None:
    """The whole model, so that plain transformers loads it; of a LoRA run also the adapter, in ``adapter/``."""
    folder = prepared.folder
    if prepared.lora is None:
        trainer.save_model(str(folder))
        return
    trainer.save_model(str(folder / "adapter"))
    if trainer.is_world_process_zero():
        (folder / "adapter" / "training_args.bin").unlink(missing_ok=True)
        (folder / "adapter" / "README.md").unlink(missing_ok=True)  # a template of peft's
        _merge(prepared)


def _merge(prepared: Prepared) -> None:
    """From a fresh copy of the base: the one in training may be in pieces on several devices."""
    from peft import PeftModel

    fresh = prepared.reload or (lambda: load_policy(prepared.source, revision=prepared.base.revision, device="cpu"))
    base = fresh().model.float()
    adapter = prepared.folder / "adapter"
    PeftModel.from_pretrained(base, adapter).merge_and_unload().save_pretrained(prepared.folder)
    told = json.loads((adapter / "adapter_config.json").read_text())
    told |= {"base_model_name_or_path": prepared.base.name}  # not where it lies on this machine
    if prepared.named["hub"]:
        told["revision"] = prepared.base.revision
    (adapter / "adapter_config.json").write_text(json.dumps(told, indent=2, sort_keys=True) + "\n")
    prepared.base.tokenizer.save_pretrained(prepared.folder)


def dry_result(prepared: Prepared) -> TrainResult:
    """What a run that is not started answers."""
    return _result(prepared, 0, {})


def _listen(trainer: Any, journal: Any) -> None:
    """Our journal in the place of the callbacks that print."""
    from transformers.trainer_callback import PrinterCallback, ProgressCallback

    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    trainer.add_callback(journal)


def _record(prepared: Prepared) -> dict[str, Any]:
    version, settings = prepared.version, prepared.settings
    pin = hub_pin(version)
    return {
        "format": FORMAT,
        "kind": prepared.kind,
        "base_model": prepared.named,
        **prepared.lineage._asdict(),
        "dataset": {
            "name": version.name,
            "revision": version.revision,
            "hub_repo": pin.repo if pin else None,
            "hub_sha": pin.sha if pin else None,
            "groups": len(prepared.fitting.ids),
            "groups_digest": content_id(list(prepared.fitting.ids)),
            "rows_per_step": _rows_per_step(prepared.config),
            "parents": list(version.manifest["content"]["parents"]),
            "split": settings.split,
            "rows": len(prepared.fitting.rows),
            "dropped": prepared.fitting.n_dropped,
            "longest_tokens": prepared.fitting.longest,
            "silent": prepared.fitting.n_silent,
            "keep_silent": settings.keep_silent,
        },
        "preset": file_told(settings.preset),
        "reward": prepared.reward,
        **prepared.more,
        "processes": prepared.config.world_size,
        "settings": settings_told({**prepared.given, "seed": prepared.config.seed}),
        "versions": {
            "dualset": dualset.__version__,
            **{name: library_version(name) for name in ("trl", "transformers", "torch", "datasets")},
            "python": platform.python_version(),
        },
        "started": now(),
        "finished": None,
    }


def _rows_per_step(config: Any) -> int:
    """Groups (or problems) that one optimizer step learns from, over all processes."""
    completions = config.train_batch_size * config.gradient_accumulation_steps * config.world_size
    return int(completions // getattr(config, "num_generations", 1))


def _result(prepared: Prepared, steps: int, metrics: dict[str, float]) -> TrainResult:
    return TrainResult(
        path=prepared.folder,
        base_model=prepared.base.name,
        dataset=prepared.version.name,
        revision=prepared.version.revision,
        steps=steps,
        metrics=metrics,
    )
