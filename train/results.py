"""What an evaluation found of a model, for its card: read from the file that ``dualset eval -o`` writes.

In: the file and the model's digest. Out: `Results`: its metrics with intervals, chance, the differences from the first
model measured beside it, and what they were measured on. Left out: the measuring (``eval/``).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dualset.builders.errors import TrainingError

__all__ = ["Results", "model_index", "read_results", "results_table"]


class Results(NamedTuple):
    """By metric: value, low and high, as ``eval/report.py`` says them.

    ``against`` is what is compared with the model ``first`` (empty if this is it); ``report`` the rest of the
    evaluation: dataset, revision, settings.
    """

    metrics: Mapping[str, Mapping[str, Any]]
    against: Mapping[str, Mapping[str, Any]]
    first: str
    report: Mapping[str, Any]


def read_results(path: Path, digest: str) -> Results:
    """What a file says of the model of that digest.

    Raises:
        TrainingError: the file is no evaluation, or measures other models only.
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        models = [(str(each["model"]), str(each["revision"]), each) for each in report["models"]]
        described = {name: report[name] for name in _DESCRIBED}
        whole = isinstance(described["revision"], str) and described["settings"].keys() >= _SHOWN
        if not whole or not all(_is_measured(each) for _, _, each in models):
            raise ValueError("figures or settings are missing")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"{path} is no evaluation as  dualset eval -o FILE  writes it ({error!r})"
        raise TrainingError(msg) from error
    for _, revision, entry in models:
        if revision == digest:
            return Results(entry["metrics"], entry.get("against_first", {}), models[0][0], described)
    seen = ", ".join(f"{name} ({revision[:12]})" for name, revision, _ in models)
    msg = f"{path} measures {seen}, and none is this model ({digest[:12]}): evaluate it"
    raise TrainingError(msg)


_DESCRIBED = ("dataset", "revision", "problems", "groups", "settings", "hub_repo")
_SHOWN = {"split", "temperature", "top_p", "top_k", "seed", "level"}


def _is_measured(model: Mapping[str, Any]) -> bool:
    """Whether each metric has a value and an interval, numbers or null."""
    found = (*model["metrics"].values(), *model.get("against_first", {}).values())
    return all(isinstance(each[name], int | float | None) for each in found for name in ("value", "low", "high"))


def results_table(results: Results) -> list[str]:
    """The section of a card, as lines of Markdown."""
    report, compared = results.report, bool(results.against)
    where = f"{report['dataset']}@{report['revision'][:12]}, {report['settings']['split']} split"
    head = ["", "this model", *([f"minus {results.first}"] if compared else []), "chance"]
    rows = []
    for name, found in results.metrics.items():
        gain = [_interval(results.against.get(name), "+.3f")] if compared else []
        chance = "" if found.get("chance") is None else f"{found['chance']:.3f}"
        rows.append([name, _interval(found, ".3f"), *gain, chance])
    drawn = ", ".join(f"{key} {report['settings'][key]}" for key in ("temperature", "top_p", "top_k", "seed"))
    return [
        "## Results",
        "",
        f"Measured on {where}: {report['problems']} problems, {report['groups']} mixed groups; {drawn}. "
        f"Means over problems with {report['settings']['level']:.0%} intervals from resampling problems.",
        "",
        *("| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)),
        "",
    ]


def model_index(title: str, results: Results) -> list[dict[str, Any]]:
    """The same for the Hub: ``model-index`` of the card's metadata."""
    from huggingface_hub import EvalResult
    from huggingface_hub.repocard_data import eval_results_to_model_index

    report = results.report
    found = [
        EvalResult(
            task_type="text-generation",
            dataset_type=report["hub_repo"] or report["dataset"],
            dataset_name=report["dataset"],
            dataset_split=report["settings"]["split"],
            dataset_revision=report["revision"],
            metric_type=name,
            metric_value=round(each["value"], 4),
        )
        for name, each in results.metrics.items()
        if each["value"] is not None
    ]
    index: list[dict[str, Any]] = eval_results_to_model_index(title, found)
    return index


def _interval(found: Mapping[str, Any] | None, shape: str) -> str:
    if found is None or found["value"] is None:
        return ""
    if found["low"] is None:
        return format(found["value"], shape)
    return f"{found['value']:{shape}} [{found['low']:{shape}}, {found['high']:{shape}}]"
