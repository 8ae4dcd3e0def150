"""Parts of an evaluation: who wrote and who judged, parts of the problems, places of the list.

In: an `Evaluation`. Out: plain data for the report, and the rows of its tables. Left out: the whole (``report.py``).
"""

from collections.abc import Mapping
from typing import Any

from dualset.eval.bootstrap import difference, estimate
from dualset.eval.cells import cell
from dualset.eval.evaluate import Evaluation, ModelScores
from dualset.eval.names import best_of, in_order
from dualset.eval.scores import Repeats, series
from dualset.eval.settings import EvalSettings

__all__ = ["bias_rows", "decomposition", "decomposition_rows", "strata", "strata_rows"]

_WRITTEN, _JUDGED = "pass@1", "ndcg"


def decomposition(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Generator and judge apart (DuST): the first with itself, and for each other model, first + it, it + it.

    pass@1 is the generator's, NDCG the judge's on the fixed pool, Best-of-N the pair's; ``against_first`` is what the
    pair's Best-of-N gains on the first model with itself. Empty where nothing was chosen among samples.
    """
    first, *others = evaluation.models
    if not series(first.measured.model, best_of(evaluation.settings.best_of)):
        return []
    rows = [_pair(first, first, first.measured.model, evaluation)]
    for model in others:
        if model.judged_first is not None:
            rows.append(_pair(first, model, model.judged_first.model, evaluation))
        rows.append(_pair(model, model, model.measured.model, evaluation))
    return rows


def _pair(
    generator: ModelScores, judge: ModelScores, chosen: Mapping[str, Mapping[str, Repeats]], evaluation: Evaluation
) -> dict[str, Any]:
    first, draws = evaluation.models[0], _draws(evaluation.settings)
    metric = best_of(evaluation.settings.best_of)
    best = series(chosen, metric)
    gain = difference(best, series(first.measured.model, metric), **draws)
    return {
        "generator": generator.name,
        "judge": judge.name,
        _WRITTEN: estimate(series(generator.measured.model, _WRITTEN), **draws)._asdict(),
        _JUDGED: estimate(series(judge.measured.model, _JUDGED), **draws)._asdict(),
        metric: estimate(best, **draws)._asdict(),
        "against_first": gain._asdict(),
    }


def strata(evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    """By division and part: how many problems, and each model's metrics on them."""
    draws = _draws(evaluation.settings)
    metrics = (_WRITTEN, _JUDGED, best_of(evaluation.settings.best_of))
    found: dict[str, dict[str, Any]] = {}
    for by, parts in evaluation.strata.items():
        found[by] = {
            name: {
                "problems": len(ids),
                "models": {
                    model.name: {
                        metric: estimate({p: v for p, v in known.items() if p in ids}, **draws)._asdict()
                        for metric in metrics
                        if (known := series(model.measured.model, metric))
                    }
                    for model in evaluation.models
                },
            }
            for name, ids in parts.items()
        }
    return found


def decomposition_rows(report: Mapping[str, Any]) -> list[list[str]]:
    """Nothing for one model: its only line would repeat the table."""
    rows = report["decomposition"]
    if len(rows) < 2:
        return []
    chosen = best_of(report["settings"]["best_of"])
    head = ["generator", "judge", _WRITTEN, f"{_JUDGED} of the judge", chosen, "gain"]
    lines = [
        [row["generator"], row["judge"], *(cell(row[name]) for name in (_WRITTEN, _JUDGED, chosen))] for row in rows
    ]
    gains = ["", *(cell(row["against_first"], signed=True) for row in rows[1:])]
    return [head, *([*line, gain] for line, gain in zip(lines, gains, strict=True))]


def strata_rows(report: Mapping[str, Any]) -> list[list[list[str]]]:
    """A table a division."""
    blocks = []
    for by, parts in report["strata"].items():
        metrics = in_order(m for part in parts.values() for scores in part["models"].values() for m in scores)
        lines = [
            [name, str(part["problems"]), model, *(_of(scores.get(metric), part["problems"]) for metric in metrics)]
            for name, part in parts.items()
            for model, scores in part["models"].items()
        ]
        blocks.append([[by, "problems", "model", *metrics], *lines])
    return blocks


def _of(found: Mapping[str, Any] | None, problems: int) -> str:
    """The cell, with the problems that it is a mean over where these are not all of the part."""
    return cell(found) if found is None or found["n"] == problems else f"{cell(found)} (n {found['n']})"


def bias_rows(report: Mapping[str, Any]) -> list[list[str]]:
    """Each judge's places, best read beside where the right ones stood."""
    told = [(model["model"], model["position_bias"]) for model in report["models"] if model.get("position_bias")]
    if not told:
        return []
    size = max(len(bias["first"]) for _, bias in told)
    lines = [["place in the list", "", *(str(place) for place in range(1, size + 1))]]
    for name, bias in told:
        for what, key in (
            ("put first", "first"),
            ("right one stood", "right"),
            ("its pairs in order", "pair_accuracy"),
        ):
            values = ["-" if value is None else f"{value:.3f}" for value in bias[key]]
            lines.append([name, what, *values, *([""] * (size - len(values)))])
    return lines


def _draws(settings: EvalSettings) -> dict[str, Any]:
    return {"seed": settings.seed, "level": settings.level, "resamples": settings.resamples}
