"""Whether runs may be compared: trained from the same base on the same rows for as long, by their records.

In: run folders. Out: what each was, and every difference that makes a comparison unfair. Reviewers of DuST asked for
proof that SFT and GRPO saw the same groups, filters and budget: pinned revisions answer it. What a run *is for* (its
kind, reward, targets, learning rate) may differ: that is what is compared. Of a chain (SFT then GRPO, the rounds of a
refresh) the last run is given; its base, rows and first revision are those of the chain's beginning, its steps the sum.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from dualset.builders.errors import TrainingError
from dualset.train.folder import read_record
from dualset.train.lineage import chain, total_steps

__all__ = ["Comparison", "compare"]

_ROWS = {"rank": "groups", "imitate": "groups", "generate": "problems", "coevolve": "problems"}
"""What each kind learns from; kinds of the same are compared by it."""


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
    differences += [said for folder, record in zip(folders, records, strict=True) if (said := _strayed(folder, record))]
    differences += _other_groups(folders, records)
    return Comparison(runs, tuple(differences))


def _finished(folder: Path) -> dict[str, Any]:
    record = read_record(folder)
    if record is None or not record.get("finished"):
        what = "an unfinished run" if record else "no run of dualset"
        msg = f"{folder} holds {what}: compare folders that  dualset train  has finished"
        raise TrainingError(msg)
    return record


_SAME: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "base model": lambda r: "{name}@{revision:.12}".format_map({k: str(v) for k, v in _origin(r).items()}),
    "dataset revision": lambda r: chain(r)[0]["revision"][:12],
    "split": lambda r: ", ".join(sorted({each["split"] for each in chain(r)})),
    "optimizer steps": lambda r: total_steps(chain(r)),
    "groups or problems seen": lambda r: _seen(chain(r)),
    "versions": lambda r: ", ".join(f"{name} {number}" for name, number in r["versions"].items()),
}


def _seen(runs: Sequence[Mapping[str, Any]]) -> int | None:
    """Rows that a chain's steps learnt from, repeats counted; null where an older record does not say."""
    if any(run.get("rows_per_step") is None for run in runs):
        return None
    return sum(int(run["steps"]) * int(run["rows_per_step"]) for run in runs)


def _other_groups(folders: Sequence[Path], records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Of each version that several runs took rows from: whether they took the same ones, before answers are found."""
    taken: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for folder, record in zip(folders, records, strict=True):
        for run in chain(record):
            taken.setdefault((_rows(run), run["revision"]), []).append((folder.name, _which(run)))
    return [
        f"{what} of {revision[:12]}: " + ", ".join(f"{name} {which}" for name, which in told)
        for (what, revision), told in taken.items()
        if len({which for _, which in told}) > 1
    ]


def _rows(run: Mapping[str, Any]) -> str:
    return "problems" if str(run["by"]).startswith("programs") else _ROWS.get(run["kind"], str(run["kind"]))


def _which(run: Mapping[str, Any]) -> str:
    kept = f", {run['keep_silent']:.0%} of the silent ones kept" if run["keep_silent"] != 1 else ""
    return f"{run['groups']} ({run['groups_digest'] or 'unknown which'}; {run['dropped']} too long{kept})"


def _origin(record: Mapping[str, Any]) -> Mapping[str, Any]:
    origin: Mapping[str, Any] = record.get("origin") or record["base_model"]
    return origin


def _strayed(folder: Path, record: Mapping[str, Any]) -> str | None:
    """A chain whose later run is on a version that is neither the one before it nor made from that."""
    runs = chain(record)
    for earlier, later in pairwise(runs):
        if later["revision"] != earlier["revision"] and earlier["revision"] not in later["parents"]:
            came = f"{earlier['revision'][:12]} then {later['revision'][:12]}, which was not made from it"
            return f"versions of one chain: {folder.name} {came}"
    return None


def _told(folder: Path, record: Mapping[str, Any]) -> dict[str, Any]:
    runs = chain(record)
    first = runs[0]
    return {
        "run": folder.name,
        "kind": _joined(each["kind"] for each in runs),
        "by": _joined(each["by"] for each in runs),
        "base": _SAME["base model"](record),
        "revision": first["revision"][:12],
        "versions": len({each["revision"] for each in runs}),
        "split": _SAME["split"](record),
        "rows": first["rows"],
        "left_out": first["dropped"],
        "steps": total_steps(runs),
        "seed": first["seed"],
    }


def _joined(words: Iterable[Any]) -> str:
    """Each change of what a chain does, in order: ``imitate, rank``."""
    return ", ".join(word for word, _ in groupby(map(str, words)))


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
