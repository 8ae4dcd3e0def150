"""Generator and judge apart, places of the list, parts of the problems: what newer evaluations say beyond the metrics.

In: reports of evaluations; each part may be absent. Out: figures and tables. Left out: the metrics themselves
(``models.py``).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dualset.eval.cells import interval
from dualset.eval.names import in_order, is_best_of
from dualset.eval.page.charts import COLOURS, curves, estimates
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
    generator_and_judge({"": report})
    places({"": report})
    by_parts({"": report})


def generator_and_judge(reports: Reports) -> list[Figure]:
    """The best of N of each pair of generator and judge; all three numbers of a pair in the table."""
    rows, cells, chosen = [], [], ""
    for report in reports.values():
        pairs = report.get("decomposition") or []
        for pair in pairs if len(pairs) > 1 else []:
            label = f"{name(str(pair['generator']))} + {name(str(pair['judge']))}"
            chosen = next(metric for metric in pair if is_best_of(metric))
            found = pair[chosen]
            if found["value"] is not None:
                rows.append({"label": label, **{key: found[key] for key in ("value", "low", "high")}, "chance": None})
            estimates_of = (pair["pass@1"], pair["ndcg"], found)
            cells.append((label, *map(interval, estimates_of), interval(pair["against_first"], "+.3f")))
    if not rows:
        return []
    best = chosen.replace("_", " ")
    said = f"{best.capitalize()} by who wrote and who judged. "
    said += "; ".join(f"{row['label']}: {row['value']:.3f}" for row in rows) + "."
    columns = ("generator + judge", "pass@1 of the generator", "NDCG of the judge", f"{best} of the pair", "gain")
    return [
        Figure(
            name="models-generator-and-judge",
            title=f"Generator + judge: {best}",
            said=said,
            note="One wrote the samples, the other chose among them. The gain is on the first model with itself.",
            chart=estimates(rows[:_ROWS], x_title=chosen),
            numbers=Table(title="Generator + judge", columns=columns, rows=tuple(cells[:_ROWS])),
        )
    ]


def places(reports: Reports) -> list[Figure]:
    """Position bias: how often each place is put first, beside how often a right program stands there."""
    figures = []
    biases = [
        (name(str(model["model"])), model["position_bias"])
        for report in reports.values()
        for model in report["models"]
        if model.get("position_bias")
    ]
    for i, (model, bias) in enumerate(biases[:_ROWS]):
        lines = {"put first": bias["first"], "right one stood": bias["right"]}
        rows = [
            {"step": place, "value": float(value), "line": line}
            for line, values in lines.items()
            for place, value in enumerate(values[:_PLACES], 1)
        ]
        least, most = min(bias["first"]), max(bias["first"])
        said = (
            f"{model} puts places first between {least:.3f} and {most:.3f} of the time, in {bias['answers']:,} answers."
        )
        figures.append(
            Figure(
                name=f"models-places-{i + 1}",
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
        )
    return figures


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
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for report in reports.values():
        for by, parts in (report.get("strata") or {}).items():
            found.setdefault(by, []).extend(parts.items())
    return [_part_table(by, parts) for by, parts in list(found.items())[:8]]


def _part_table(by: str, parts: Sequence[tuple[str, Mapping[str, Any]]]) -> Table:
    metrics = in_order(metric for _, entry in parts for scores in entry["models"].values() for metric in scores)
    rows = [
        (name(part), int(entry["problems"]), name(model), *(interval(scores.get(metric)) for metric in metrics))
        for part, entry in parts
        for model, scores in entry["models"].items()
    ]
    columns = (name(by), "problems", "model", *metrics)
    return Table(title=f"By {name(by)}", columns=columns, rows=tuple(rows[: 4 * _ROWS]))
