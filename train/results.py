"""What an evaluation found of a model, for its card: read from the file that ``dualset eval -o`` writes.

In: the file and the model's digest. Out: `Results`: its metrics with intervals, chance, the differences from the first
model measured beside it, and what they were measured on. Left out: the measuring (``eval/``).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dualset.builders.dataset.markdown import word
from dualset.builders.errors import TrainingError
from dualset.eval.cells import interval
from dualset.eval.saved import read_report

__all__ = ["Results", "model_index", "read_results", "results_table"]


class Results(NamedTuple):
    """By metric: value, low and high, as ``eval/report.py`` says them.

    ``against`` is what is compared with the model ``first`` (empty if this is it); ``report`` the rest of the
    evaluation (``eval/saved.py``).
    """

    metrics: Mapping[str, Mapping[str, Any]]
    against: Mapping[str, Mapping[str, Any]]
    first: str
    report: Mapping[str, Any]


def read_results(path: Path, digest: str) -> Results:
    """What a file says of the model of that digest.

    Raises:
        SourceError: the file is no evaluation.
        TrainingError: it measures other models only.
    """
    report = read_report(path)
    models = [(str(each["model"]), str(each["revision"]), each) for each in report["models"]]
    for _, revision, entry in models:
        if revision == digest:
            return Results(entry["metrics"], entry.get("against_first", {}), models[0][0], report)
    seen = ", ".join(f"{name} ({revision[:12]})" for name, revision, _ in models)
    msg = f"{path} measures {seen}, and none is this model ({digest[:12]}): evaluate it"
    raise TrainingError(msg)


def results_table(results: Results) -> list[str]:
    """The section of a card, as lines of Markdown."""
    report, compared = results.report, bool(results.against)
    where = f"{report['dataset']}@{report['revision'][:12]}, {report['settings']['split']} split"
    head = ["", "n", "this model", *([f"minus {word(results.first)}"] if compared else []), "chance"]
    rows = []
    for name, found in results.metrics.items():
        gain = [interval(results.against.get(name), "+.3f") or ""] if compared else []
        chance = "" if found.get("chance") is None else f"{found['chance']:.3f}"
        rows.append([word(name), str(found.get("n", "")), interval(found) or "", *gain, chance])
    units = "problems and, within them, repeats" if report["settings"].get("repeats", 1) > 1 else "problems"
    drawn = ", ".join(f"{key} {report['settings'][key]}" for key in ("temperature", "top_p", "top_k", "seed"))
    return [
        "## Results",
        "",
        f"Measured on {where}: {report['problems']} problems, {report['groups']} mixed groups; {drawn}. "
        f"Means over n problems with {report['settings']['level']:.0%} intervals from resampling {units}.",
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
            dataset_type=report.get("hub_repo") or report["dataset"],
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
