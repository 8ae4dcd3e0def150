"""An evaluation as one table or one JSON object: means over problems, intervals, chance beside, models in columns.

In: an `Evaluation`. Out: plain data (`report`), which keeps every problem's scores, and text made from it (`table`).
The first model is what the others are compared with, problem by problem. Where an interval of a difference covers zero
the table says nothing about it but the numbers; where it does not, a star.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from dualset.eval.bootstrap import difference, estimate
from dualset.eval.cells import aligned, cell, chance_of, series
from dualset.eval.evaluate import Evaluation, ModelScores
from dualset.eval.parts import bias_block, decomposition, decomposition_block, strata, strata_blocks
from dualset.eval.power import problems_needed
from dualset.eval.settings import EvalSettings

__all__ = ["METRICS", "report", "table"]

NOTEWORTHY = 0.02
"""The difference that the power line is about."""

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
        "settings": {**_plain(settings), "max_tokens": evaluation.max_tokens},
        "rules": RULES,
        "models": [_model(model, first, evaluation) for model in evaluation.models],
        "decomposition": decomposition(evaluation),
        "strata": strata(evaluation),
    }


def _plain(settings: EvalSettings) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, date) else value for name, value in asdict(settings).items()}


def table(report: Mapping[str, Any]) -> str:
    """The report as text: the metrics of every model, the differences from the first one, parts, notes."""
    models = report["models"]
    names = [name for name in METRICS if any(name in model["metrics"] for model in models)]
    head = ["", "chance", *(model["model"] for model in models)]
    lines = [[name, chance_of(name, models), *(cell(m["metrics"].get(name)) for m in models)] for name in names]
    blocks = [[_title(report)], aligned([head, *lines])]
    if len(models) > 1:
        head = [f"minus {models[0]['model']}", *(model["model"] for model in models[1:])]
        lines = [[name, *(cell(m["against_first"].get(name), signed=True) for m in models[1:])] for name in names]
        blocks.append(aligned([head, *lines]))
    blocks += [decomposition_block(report), *strata_blocks(report), bias_block(report)]
    return "\n\n".join("\n".join(block) for block in [*blocks, _notes(report)] if block)


def _model(model: ModelScores, first: ModelScores, evaluation: Evaluation) -> dict[str, Any]:
    names = [name for name in METRICS if any(name in scores for scores in model.measured.model.values())]
    settings = evaluation.settings
    bootstrap: dict[str, Any] = {"seed": settings.seed, "level": settings.level, "resamples": settings.resamples}
    entry: dict[str, Any] = {"model": model.name, "revision": model.revision, "metrics": {}}
    for name in names:
        values, chance = series(model.measured.model, name), series(model.measured.chance, name)
        found = estimate(values, **bootstrap)
        entry["metrics"][name] = {**found._asdict(), "chance": estimate(chance, **{**bootstrap, "resamples": 1}).value}
        if model is not first:
            against = series(first.measured.model, name)
            gain = difference(values, against, **bootstrap)
            paired = [v - w for p, v in values.items() if v is not None and (w := against.get(p)) is not None]
            needed = problems_needed(paired, NOTEWORTHY, level=settings.level)
            entry.setdefault("against_first", {})[name] = {**gain._asdict(), "problems_needed": needed}
    entry["position_bias"] = model.bias._asdict() if model.bias else None
    entry["by_problem"] = {problem_id: dict(scores) for problem_id, scores in sorted(model.measured.model.items())}
    return entry


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
    often = f" in each of {settings['repeats']} repeats" if settings["repeats"] > 1 else ""
    shown = f" Ranks are means over {settings['orders']} shown orders." if settings["orders"] > 1 else ""
    asked = (
        f"{settings['samples']} samples a problem{often}, {drawn}, {settings['max_tokens']} tokens at most.{shown}"
        if settings["max_tokens"] is not None
        else "Attempts that the version holds: as many samples a problem as there are."
    )
    ranked = any("ndcg" in model["metrics"] for model in report["models"])
    return [
        asked,
        f"Means over problems; {intervals}; * where a difference's interval leaves out zero.",
        *_power(report),
        *([f"Ties: {RULES['ties']}.", f"{RULES['malformed'].capitalize()}."] if ranked else []),
        *(f"{name}: {said}." for name, said in METRICS.items() if any(name in m["metrics"] for m in report["models"])),
    ]


def _power(report: Mapping[str, Any]) -> list[str]:
    """How many problems it takes, by the differences of the last model."""
    needed = {name: each.get("problems_needed") for name, each in report["models"][-1].get("against_first", {}).items()}
    said = ", ".join(f"{needed[name]:,} for {name}" for name in ("ndcg", "pass@1", "best_of_4") if needed.get(name))
    return [f"Problems that would show a difference of {NOTEWORTHY} in 4 of 5 evaluations: {said}."] if said else []
