"""An evaluation as plain data: means over problems, intervals, chance beside, differences from the first model.

In: an `Evaluation`. Out: what ``dualset eval -o FILE`` writes, every problem's scores included. Left out: tables made
from it (``table.py``).
"""

from dataclasses import asdict
from datetime import date
from statistics import fmean
from typing import Any

from dualset.eval.bootstrap import difference, estimate
from dualset.eval.choosing.ways import way_name
from dualset.eval.evaluate import Evaluation, ModelScores
from dualset.eval.names import in_order
from dualset.eval.parts import decomposition, strata
from dualset.eval.power import problems_needed
from dualset.eval.scores import Repeats, mean, series
from dualset.eval.settings import EvalSettings

__all__ = ["NOTEWORTHY", "RULES", "report"]

NOTEWORTHY = 0.02
"""The difference that the power line is about."""

RULES = {
    "means": "over problems, each the mean over its samples, sets or groups",
    "intervals": "percentile bootstrap over problems, and within them over repeats",
    "ties": "a ranking has none; pairs with equal labels do not count; of programs that are chosen with equal right, "
    "the share that passes counts",
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
        "problems_with_tests_to_choose_by": evaluation.n_tested,
        "settings": {**_plain(settings), "max_tokens": evaluation.max_tokens, "tests": evaluation.tests},
        "rules": RULES,
        "models": [_model(model, first, evaluation) for model in evaluation.models],
        "decomposition": decomposition(evaluation),
        "strata": strata(evaluation),
    }


def _plain(settings: EvalSettings) -> dict[str, Any]:
    plain = {name: str(value) if isinstance(value, date) else value for name, value in asdict(settings).items()}
    return {**plain, "choose_by": [way_name(way) for way in settings.choose_by]}


def _model(model: ModelScores, first: ModelScores, evaluation: Evaluation) -> dict[str, Any]:
    settings, measured = evaluation.settings, model.measured
    draws: dict[str, Any] = {"seed": settings.seed, "level": settings.level, "resamples": settings.resamples}
    entry: dict[str, Any] = {"model": model.name, "revision": model.revision, "metrics": {}}
    for name in in_order(metric for scores in measured.model.values() for metric in scores):
        values, chance = series(measured.model, name), series(measured.chance, name)
        found = estimate(values, **draws)
        entry["metrics"][name] = {**found._asdict(), "chance": estimate(chance, **{**draws, "resamples": 1}).value}
        if model is not first:
            against = series(first.measured.model, name)
            needed = problems_needed(_gains(values, against), NOTEWORTHY, level=settings.level)
            gain = difference(values, against, **draws)
            entry.setdefault("against_first", {})[name] = {**gain._asdict(), "problems_needed": needed}
    entry["position_bias"] = model.bias._asdict() if model.bias else None
    by_problem = sorted(measured.model.items())
    entry["by_problem"] = {
        problem_id: {metric: value for metric, found in scores.items() if (value := mean(found)) is not None}
        for problem_id, scores in by_problem
    }
    if settings.repeats > 1:
        entry["by_repeat"] = {problem_id: dict(scores) for problem_id, scores in by_problem}
    return entry


def _gains(values: dict[str, Repeats], against: dict[str, Repeats]) -> list[float]:
    """The difference of each problem that both have."""
    gains = []
    for problem_id in values.keys() & against.keys():
        both = zip(values[problem_id], against[problem_id], strict=False)
        known = [mine - theirs for mine, theirs in both if mine is not None and theirs is not None]
        if known:
            gains.append(fmean(known))
    return sorted(gains)
