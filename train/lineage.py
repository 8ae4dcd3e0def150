"""What a base model was trained on before: the runs behind it, oldest first, and the model that the first began with.

In: the record of the run that made the base model, if one did. Out: plain data for the next run's record, so that a
chain (SFT then GRPO, the rounds of a refresh) is compared and told as one whole. Left out: models fetched from the Hub,
whose records are not downloaded.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dualset.train.folder import read_record

__all__ = ["Lineage", "chain", "lineage_of", "total_steps"]


class Lineage(NamedTuple):
    """``origin``: the model that was there before any of our runs; ``before``: those runs, see `chain`."""

    origin: dict[str, Any]
    before: list[dict[str, Any]]


def lineage_of(base: Mapping[str, Any], folder: Path | None) -> Lineage:
    """The lineage of a run whose base model is in a folder (None: a Hub id).

    Args:
        base: name and revision of the base model.
        folder: where it is; one that holds no finished run of ours, or other weights than that run's, has no history.
    """
    record = _record_of(folder, base.get("revision")) if folder else None
    if record is None:
        return Lineage(dict(base), [])
    return Lineage(dict(record.get("origin") or record["base_model"]), chain(record))


def _record_of(folder: Path, digest: Any) -> Mapping[str, Any] | None:
    """The record of the run that left the model in a folder, or a checkpoint of it there."""
    record = read_record(folder)
    if record is not None:
        return record if record.get("finished") and record.get("model_digest", digest) == digest else None
    steps = folder.name.removeprefix("checkpoint-")
    above = read_record(folder.resolve().parent) if steps != folder.name and steps.isdigit() else None
    return None if above is None else {**above, "steps": int(steps)}


def chain(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A finished run and those before it, oldest first: what each learnt from what, and for how many steps."""
    data, targets = record["dataset"], record.get("targets") or {}
    this = {
        "kind": record["kind"],
        "by": record.get("reward") or targets.get("from"),
        "dataset": data.get("name"),
        "revision": data["revision"],
        "parents": data.get("parents", []),
        "split": data["split"],
        "rows": data["rows"],
        "groups": data.get("groups", targets.get("groups", data["rows"])),
        "groups_digest": data.get("groups_digest"),
        "rows_per_step": data.get("rows_per_step"),
        "dropped": data["dropped"],
        "keep_silent": data.get("keep_silent", 1.0),
        "steps": record["steps"],
        "seed": record["settings"].get("seed"),
    }
    return [*record.get("before", []), this]


def total_steps(runs: list[dict[str, Any]]) -> int:
    """The optimizer steps of a chain."""
    return sum(int(each["steps"]) for each in runs)
