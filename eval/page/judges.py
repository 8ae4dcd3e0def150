"""Generator and judge apart, places of the list, parts of the problems: what newer evaluations say beyond the metrics.

In: reports of evaluations; each part may be absent. Out: figures and tables. Left out: the metrics themselves
(``models.py``).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dualset.eval.cells import interval
from dualset.eval.names import in_order, is_best_of
from dualset.eval.page.charts import COLOURS, curves, estimates
from dualset.eval.page.labels import labels
from dualset.eval.page.parts import Cell, Figure, Table
from dualset.eval.page.texts import name

__all__ = ["by_parts", "check_parts", "generator_and_judge", "places"]

Reports = Mapping[str, Mapping[str, Any]]
_ROWS, _PLACES = 24, 64


def check_parts(report: Mapping[str, Any]) -> None:
    """Read every part once.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: a part is there and has another shape.
    """
    for pair in report.get("decomposition") or []:
        _pairs(_chosen(pair), [("", pair)], "")
    places({"": report})
    by_parts({"": report})


def generator_and_judge(reports: Reports) -> list[Figure]:
    """The best of N of each pair of generator and judge, a figure an N; all three numbers of a pair in the table."""
    by_metric: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for file, report in reports.items():
        pairs = report.get("decomposition") or []
        for pair in pairs if len(pairs) > 1 else []:
            by_metric.setdefault(_chosen(pair), []).append((file, pair))
    known = {metric: pairs for metric, pairs in by_metric.items() if any(_value(pair[metric]) for _, pair in pairs)}
    names = {metric: f"-{metric.replace('_', '-')}" if len(known) > 1 else "" for metric in known}
    return [_pairs(metric, known[metric], f"models-generator-and-judge{names[metric]}") for metric in in_order(known)]


def _chosen(pair: Mapping[str, Any]) -> str:
    """The pair's metric of choosing.

    Raises:
        KeyError: it has none.
    """
    for metric in pair:
        if is_best_of(metric):
            return metric
    msg = "best_of_N of a pair of generator and judge"
    raise KeyError(msg)


def _value(found: Mapping[str, Any]) -> bool:
    return found["value"] is not None


def _pairs(metric: str, pairs: Sequence[tuple[str, Mapping[str, Any]]], figure: str) -> Figure:
    written = [f"{name(str(pair['generator']))} + {name(str(pair['judge']))}" for _, pair in pairs]
    told_apart = labels([(each, file) for each, (file, _) in zip(written, pairs, strict=True)])
    rows, cells = [], []
    for label, (_, pair) in zip(told_apart, pairs, strict=True):
        found = pair[metric]
        if _value(found):
            rows.append({"label": label, **{key: found[key] for key in ("value", "low", "high")}, "chance": None})
        estimates_of = (pair["pass@1"], pair["ndcg"], found)
        cells.append((label, *map(interval, estimates_of), interval(pair["against_first"], "+.3f")))
    best = metric.replace("_", " ")
    said = f"{best.capitalize()} by who wrote and who judged. "
    said += "; ".join(f"{row['label']}: {row['value']:.3f}" for row in rows) + "."
    columns = ("generator + judge", "pass@1 of the generator", "NDCG of the judge", f"{best} of the pair", "gain")
    return Figure(
        name=figure,
        title=f"Generator + judge: {best}",
        said=said,
        note="One wrote the samples, the other chose among them. The gain is on the first model with itself.",
        chart=estimates(rows[:_ROWS], x_title=metric),
        numbers=Table(title=f"Generator + judge: {best}", columns=columns, rows=tuple(cells[:_ROWS])),
    )


def places(reports: Reports) -> list[Figure]:
    """Position bias: how often each place is put first, beside how often a right program stands there."""
    found = [
        (str(model["model"]), file, model["position_bias"])
        for file, report in reports.items()
        for model in report["models"]
        if model.get("position_bias")
    ]
    told_apart = labels([(model, file) for model, file, _ in found])
    biases = [(label, bias) for label, (_, _, bias) in zip(told_apart, found, strict=True)]
    return [_bias(f"models-places-{i}", model, bias) for i, (model, bias) in enumerate(biases[:_ROWS], 1)]


def _bias(figure: str, model: str, bias: Mapping[str, Any]) -> Figure:
    lines = {"put first": bias["first"], "right one stood": bias["right"]}
    rows = [
        {"step": place, "value": float(value), "line": line}
        for line, values in lines.items()
        for place, value in enumerate(values[:_PLACES], 1)
    ]
    least, most = min(bias["first"]), max(bias["first"])
    said = f"{model} puts places first between {least:.3f} and {most:.3f} of the time, in {bias['answers']:,} answers."
    return Figure(
        name=figure,
        title=f"Places: {model}",
        said=said,
        note=f"{said} A judge without bias follows where right programs stood.",
        chart=curves(
            rows,
            y_title="share of answers",
            x_title="place in the list",
            colours=dict(zip(lines, COLOURS, strict=False)),
            dots=True,
        ),
        numbers=_place_table(model, bias),
    )


def _place_table(model: str, bias: Mapping[str, Any]) -> Table:
    keys = ("first", "right", "pair_accuracy")
    values: list[tuple[Cell, ...]] = [
        (place, *(None if value is None else float(value) for value in found))
        for place, found in enumerate(zip(*(bias[key] for key in keys), strict=True), 1)
    ]
    columns = ("place", "put first", "right one stood", "its pairs in order")
    return Table(title=f"Places: {model}", columns=columns, rows=tuple(values[:_PLACES]))


def by_parts(reports: Reports) -> list[Table]:
    """A table a division of the problems."""
    found: dict[str, list[_Row]] = {}
    for file, report in reports.items():
        for by, parts in (report.get("strata") or {}).items():
            rows = [
                _Row(part, int(entry["problems"]), model, file, scores)
                for part, entry in parts.items()
                for model, scores in entry["models"].items()
            ]
            found.setdefault(by, []).extend(rows)
    return [_part_table(by, rows) for by, rows in list(found.items())[:8]]


class _Row(NamedTuple):
    """A model's scores on a part of the problems, as one file has them."""

    part: str
    problems: int
    model: str
    file: str
    scores: Mapping[str, Any]


def _part_table(by: str, found: Sequence[_Row]) -> Table:
    metrics = in_order(metric for row in found for metric in row.scores)
    models = list(dict.fromkeys((row.model, row.file) for row in found))
    labelled = dict(zip(models, labels(models), strict=True))
    rows = [
        (
            name(row.part),
            row.problems,
            labelled[row.model, row.file],
            *(interval(row.scores.get(metric)) for metric in metrics),
        )
        for row in found
    ]
    columns = (name(by), "problems", "model", *metrics)
    return Table(title=f"By {name(by)}", columns=columns, rows=tuple(rows[: 4 * _ROWS]))
