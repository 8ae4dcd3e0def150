"""Whether runs may be compared: trained from the same base on the same rows for as long, by their records.

In: run folders. Out: what each was, and every difference that makes a comparison unfair. Reviewers of DuST asked for
proof that SFT and GRPO saw the same groups, filters and budget (FACTS: pinned revisions answer it). What a run *is for*
(its kind, reward, targets, learning rate) may differ: that is what is compared.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dualset.builders.errors import TrainingError
from dualset.train.folder import read_record

__all__ = ["Comparison", "compare"]

_ON_GROUPS = ("rank", "imitate")


class Comparison(NamedTuple):
    """Runs side by side: a row a run, and what is not the same though it should be (empty: a clean comparison)."""

    runs: tuple[dict[str, Any], ...]
    differences: tuple[str, ...]


def compare(folders: Sequence[Path]) -> Comparison:
    """Read the records of finished runs.

    Raises:
        TrainingError: a folder holds no finished run of ours, or fewer than two were given.
    """
    if len(folders) < 2:
        msg = f"{len(folders)} run given: a comparison needs two or more"
        raise TrainingError(msg)
    records = [_finished(folder) for folder in folders]
    runs = tuple(_told(folder, record) for folder, record in zip(folders, records, strict=True))
    differences = [said for name, get in _SAME.items() if (said := _difference(name, get, runs, records))]
    ranked = [(run, record) for run, record in zip(runs, records, strict=True) if record["kind"] in _ON_GROUPS]
    for name, get in _SAME_GROUPS.items():
        if said := _difference(name, get, [run for run, _ in ranked], [record for _, record in ranked]):
            differences.append(said)
    return Comparison(runs, tuple(differences))


def _finished(folder: Path) -> dict[str, Any]:
    record = read_record(folder)
    if record is None or not record.get("finished"):
        what = "an unfinished run" if record else "no run of dualset"
        msg = f"{folder} holds {what}: compare folders that  dualset train  has finished"
        raise TrainingError(msg)
    return record


_SAME: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "base model": lambda r: f"{r['base_model']['name']}@{str(r['base_model']['revision'])[:12]}",
    "dataset revision": lambda r: r["dataset"]["revision"][:12],
    "split": lambda r: r["dataset"]["split"],
    "optimizer steps": lambda r: r["steps"],
    "versions": lambda r: ", ".join(f"{name} {number}" for name, number in r["versions"].items()),
}
_SAME_GROUPS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "groups before the run's own targets": lambda r: (r.get("targets") or {}).get("groups", r["dataset"]["rows"]),
    "rows left out as too long": lambda r: r["dataset"]["dropped"],
}


def _told(folder: Path, record: Mapping[str, Any]) -> dict[str, Any]:
    data, targets = record["dataset"], record.get("targets") or {}
    return {
        "run": folder.name,
        "kind": record["kind"],
        "by": record.get("reward") or targets.get("from"),
        "base": _SAME["base model"](record),
        "revision": data["revision"][:12],
        "split": data["split"],
        "rows": data["rows"],
        "left_out": data["dropped"],
        "steps": record["steps"],
        "seed": record["settings"].get("seed"),
    }


def _difference(
    name: str,
    get: Callable[[Mapping[str, Any]], Any],
    runs: Sequence[Mapping[str, Any]],
    records: Sequence[Mapping[str, Any]],
) -> str | None:
    """What is not the same, run by run; None where it is."""
    values = [get(record) for record in records]
    if len(set(values)) <= 1:
        return None
    return f"{name}: " + ", ".join(f"{run['run']} {value}" for run, value in zip(runs, values, strict=True))
