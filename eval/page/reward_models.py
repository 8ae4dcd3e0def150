"""What reward models see: right programs against wrong ones by outcome, near misses, and whether sure means right.

In: a connection with the view ``scores`` (``dualset report --scores FILE``). Out: a section, a figure and two tables a
model. It asks the named queries ``score_auc``, ``score_near_misses`` and ``score_calibration`` of the split asked for.
Left out: training one, and its runs (``curves.py``).
"""

from typing import Any

from dualset.eval.page.asked import Connection, rows_of
from dualset.eval.page.charts import COLOURS, curves, estimates
from dualset.eval.page.parts import Figure, Part, Section, Table
from dualset.eval.page.texts import name

__all__ = ["reward_models"]

_MODELS = 6
Row = dict[str, Any]


def reward_models(connection: Connection) -> Section:
    """The section; models beyond the first six are counted."""
    auc = _by_model(rows_of(connection, "score_auc"))
    near = _by_model(rows_of(connection, "score_near_misses"))
    sure = _by_model(rows_of(connection, "score_calibration"))
    parts: list[Part] = []
    for number, model in enumerate(list(auc)[:_MODELS], 1):
        parts.append(_auc(f"reward-auc-{number}", model, auc[model]))
        parts.append(_near_misses(model, near.get(model, [])))
        if model in sure:
            parts.append(_calibration(f"reward-calibration-{number}", model, sure[model]))
    said = "All splits: what a model was trained on flatters it." if auc else "No right and wrong programs to compare."
    if len(auc) > _MODELS:
        said += f" {len(auc) - _MODELS} more models are not on this page."
    return Section(anchor="reward-models", title="Reward models", said=said, parts=tuple(parts))


def _by_model(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(f"{name(row['model'])}@{str(row['model_revision'])[:12]}", []).append(row)
    return found


def _auc(figure: str, model: str, rows: list[Row]) -> Figure:
    """All wrong programs first, then by what they fail with."""
    shown = [{**row, "outcome": "all" if row["outcome"] is None else row["outcome"].replace("_", " ")} for row in rows]
    said = f"{model}: the chance that a right program scores above a wrong one of its problem. "
    said += "; ".join(f"{row['outcome']}: {row['auc']:.3f}" for row in shown) + "."
    drawn = [{"label": row["outcome"], "value": row["auc"], "low": None, "high": None, "chance": 0.5} for row in shown]
    return Figure(
        name=figure,
        title=f"Right above wrong, by outcome: {model}",
        said=said,
        note="AUC, a mean over problems; the tick at 0.5 is chance. A low one says what the model does not see.",
        chart=estimates(drawn, x_title="AUC"),
        numbers=Table(
            title=f"AUC by outcome: {model}",
            columns=("wrong program's outcome", "problems", "pairs", "AUC"),
            rows=tuple((row["outcome"], row["problems"], row["pairs"], row["auc"]) for row in shown),
        ),
    )


def _near_misses(model: str, rows: list[Row]) -> Table:
    return Table(
        title=f"Near misses: {model}",
        columns=("the wrong program fails", "problems", "pairs", "right order", "mean difference of scores"),
        rows=tuple((row["fails"], row["problems"], row["pairs"], row["accuracy"], row["mean_gap"]) for row in rows),
        note="Tests that it fails. A model that looks at style falls to 0.5 where it is one.",
    )


def _calibration(figure: str, model: str, rows: list[Row]) -> Figure:
    lines = {"as sure as it is": "predicted", "as right as it is": "actual"}
    drawn = [
        {"step": float(row["predicted"]), "value": float(row[key]), "line": line}
        for line, key in lines.items()
        for row in rows
    ]
    last = rows[-1]
    said = f"{model}: where it is {last['predicted']:.2f} sure of a pair, it is right in {last['actual']:.2f} of them."
    columns = ("sure from", "pairs", "problems", "sure", "right")
    keys = ("sure_from", "pairs", "problems", "predicted", "actual")
    return Figure(
        name=figure,
        title=f"Is sure right? {model}",
        said=said,
        note=f"{said} Below the line it is too sure, above it too shy.",
        chart=curves(
            drawn,
            y_title="share of pairs in the right order",
            x_title="sigmoid of the difference of two scores",
            colours=dict(zip(lines, (COLOURS[6], COLOURS[0]), strict=True)),
        ),
        numbers=Table(
            title=f"Calibration: {model}", columns=columns, rows=tuple(tuple(row[key] for key in keys) for row in rows)
        ),
    )
