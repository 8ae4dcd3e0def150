"""An evaluation as one table or one JSON object: means over problems, intervals, chance beside, models in columns.

In: an `Evaluation`. Out: plain data (`report`), which keeps every problem's scores, and text made from it (`table`).
The first model is what the others are compared with, problem by problem. Where an interval of a difference covers zero
the table says nothing about it but the numbers; where it does not, a star.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from dualset.eval.bootstrap import Estimate, difference, estimate
from dualset.eval.evaluate import Evaluation, ModelScores

__all__ = ["METRICS", "report", "table"]

METRICS = {
    "pass@1": "a sample passes all tests",
    "pass@4": "one of four samples passes: the most that choosing can reach",
    "best_of_4": "the one of four samples that the model itself ranks first passes",
    "valid_choices": "rankings of its own samples that are well formed",
    "ndcg": "NDCG of ranking the version's mixed groups",
    "pairwise_accuracy": "(right, wrong) pairs of a group in the right order",
    "top1": "the first of a group is right",
    "valid_rankings": "rankings of the groups that are well formed",
}
"""Each metric and what it says, in the order shown."""

RULES = {
    "means": "over problems, each the mean over its samples, sets or groups",
    "intervals": "percentile bootstrap over problems",
    "ties": "a ranking has none; pairs with equal labels do not count, and their order changes no metric",
    "malformed": "a malformed ranking counts as a random order, by its expected value",
    "groups": "mixed groups only, one fixed pool for all models",
}


def report(evaluation: Evaluation) -> dict[str, Any]:
    """Everything as plain data."""
    settings = evaluation.settings
    first = evaluation.models[0]
    return {
        "dataset": evaluation.dataset,
        "revision": evaluation.revision,
        "hub_repo": evaluation.hub.repo if evaluation.hub else None,
        "hub_sha": evaluation.hub.sha if evaluation.hub else None,
        "problems": evaluation.n_problems,
        "groups": evaluation.n_groups,
        "settings": {**asdict(settings), "max_tokens": evaluation.max_tokens},
        "rules": RULES,
        "models": [_model(model, first, evaluation) for model in evaluation.models],
    }


def table(report: Mapping[str, Any]) -> str:
    """The report as text: the metrics of every model, the differences from the first one, notes."""
    models = report["models"]
    names = [name for name in METRICS if any(name in model["metrics"] for model in models)]
    head = ["", "chance", *(model["model"] for model in models)]
    lines = [[name, _chance(name, models), *(_cell(m["metrics"].get(name)) for m in models)] for name in names]
    blocks = [[_title(report)], _aligned([head, *lines])]
    if len(models) > 1:
        head = [f"minus {models[0]['model']}", *(model["model"] for model in models[1:])]
        lines = [[name, *(_cell(m["against_first"].get(name), signed=True) for m in models[1:])] for name in names]
        blocks.append(_aligned([head, *lines]))
    return "\n\n".join("\n".join(block) for block in [*blocks, _notes(report)])


def _model(model: ModelScores, first: ModelScores, evaluation: Evaluation) -> dict[str, Any]:
    names = [name for name in METRICS if any(name in scores for scores in model.measured.model.values())]
    settings = evaluation.settings
    bootstrap: dict[str, Any] = {"seed": settings.seed, "level": settings.level, "resamples": settings.resamples}
    entry: dict[str, Any] = {"model": model.name, "revision": model.revision, "metrics": {}}
    for name in names:
        values, chance = _series(model.measured.model, name), _series(model.measured.chance, name)
        found = estimate(values, **bootstrap)
        entry["metrics"][name] = {**found._asdict(), "chance": estimate(chance, **{**bootstrap, "resamples": 1}).value}
        if model is not first:
            gain = difference(values, _series(first.measured.model, name), **bootstrap)
            entry.setdefault("against_first", {})[name] = gain._asdict()
    entry["by_problem"] = {problem_id: dict(scores) for problem_id, scores in sorted(model.measured.model.items())}
    return entry


def _series(scores: Mapping[str, Mapping[str, float]], name: str) -> dict[str, float | None]:
    return {problem_id: each.get(name) for problem_id, each in scores.items()}


def _cell(found: Mapping[str, Any] | None, *, signed: bool = False) -> str:
    if found is None or found["value"] is None:
        return "-"
    shape = "+.3f" if signed else ".3f"
    if found["low"] is None:
        return format(found["value"], shape)
    interval = f"[{found['low']:{shape}}, {found['high']:{shape}}]"
    estimated = Estimate(found["value"], found["low"], found["high"], found["n"])
    star = "*" if signed and estimated.covers_zero is False else ""
    return f"{found['value']:{shape}} {interval}{star}"


def _chance(name: str, models: Sequence[Mapping[str, Any]]) -> str:
    """One number where all models share it; choosing blindly is each model's own pass@1."""
    if name == "best_of_4":
        return "pass@1"
    values = {model["metrics"][name]["chance"] for model in models if name in model["metrics"]}
    value = next(iter(values)) if len(values) == 1 else None
    return "-" if value is None else f"{value:.3f}"


def _title(report: Mapping[str, Any]) -> str:
    split = report["settings"]["split"]
    counted = f"{report['problems']} problems, {report['groups']} mixed groups"
    return f"{report['dataset']}@{report['revision'][:12]}, {split} split: {counted}"


def _notes(report: Mapping[str, Any]) -> list[str]:
    settings = report["settings"]
    drawn = f"temperature {settings['temperature']}, top-p {settings['top_p']}, top-k {settings['top_k']}"
    intervals = (
        f"{settings['level']:.0%} intervals from {settings['resamples']} resamples of problems, seed {settings['seed']}"
    )
    return [
        f"{settings['samples']} samples a problem, {drawn}, {settings['max_tokens']} tokens at most.",
        f"Means over problems; {intervals}; * where a difference's interval leaves out zero.",
        f"Ties: {RULES['ties']}.",
        f"{RULES['malformed'].capitalize()}.",
        *(f"{name}: {said}." for name, said in METRICS.items() if any(name in m["metrics"] for m in report["models"])),
    ]


def _aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
