"""Models measured: what ``dualset eval -o FILE`` wrote, as dots with intervals beside chance.

In: files of evaluations, and the revision that the page is about. Out: a section, in which one panel says how a model
writes (pass@1), one how it judges (NDCG of fixed groups) and one both together (the best of N by its own ranking).
Files of other data, split or settings are shown all the same, and the page says so.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dualset.eval.bootstrap import ENOUGH, Estimate
from dualset.eval.cells import interval
from dualset.eval.names import in_order, is_best_of, meaning
from dualset.eval.page.charts import estimates
from dualset.eval.page.judges import by_parts, check_parts, generator_and_judge, places
from dualset.eval.page.labels import labels
from dualset.eval.page.parts import Figure, Note, Part, Section, Table
from dualset.eval.page.texts import name
from dualset.eval.saved import no_evaluation, read_report

__all__ = ["models", "read_results"]

Report = Mapping[str, Any]
_TITLES = {
    "pass@1": "Writing: pass@1",
    "ndcg": "Judging: NDCG",
    "pairwise_accuracy": "Judging: pairs in order",
    "top1": "Judging: first is right",
}
_MOST = 24
_KEYS = ("value", "low", "high", "chance")
_COMPARED = (
    "dataset",
    "revision",
    "split",
    "problems",
    "since",
    "until",
    "limit",
    "samples",
    "best_of",
    "choose_by",
    "tests",
    "repeats",
    "orders",
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
)


def read_results(path: Path) -> Report:
    """One file.

    Raises:
        SourceError: it is no evaluation.
    """
    report = read_report(path)
    try:
        check_parts(report)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise no_evaluation(path, error) from error
    return report


def models(reports: Mapping[str, Report], revision: str) -> Section:
    """The section.

    Args:
        reports: by the name of their file.
        revision: of the version that the page is about.
    """
    entries = _labelled(reports)[:_MOST]
    metrics = in_order(metric for _, model in entries for metric in model["metrics"] if _known(model, metric))
    figures = [_panel(metric, entries) for metric in metrics if not metric.startswith("valid_")]
    first = next(iter(reports.values()))
    level, split = float(first["settings"]["level"]), name(str(first["settings"]["split"]))
    said = f"Means over the problems of the {split} split with {level:.0%} intervals; the tick is chance."
    parts: tuple[Part, ...] = (
        *_warnings(reports, revision),
        *figures,
        *generator_and_judge(reports),
        *places(reports),
        _table(entries),
        *_differences(reports),
        *by_parts(reports),
    )
    return Section(anchor="models", title="Models measured", said=said, parts=parts)


def _labelled(reports: Mapping[str, Report]) -> list[tuple[str, Mapping[str, Any]]]:
    """Each model by its name, or as it is told apart from others of that name."""
    found = [(str(model["model"]), file, model) for file, report in reports.items() for model in report["models"]]
    told_apart = labels([(model, file) for model, file, _ in found])
    return [(label, model) for label, (_, _, model) in zip(told_apart, found, strict=True)]


def _known(model: Mapping[str, Any], metric: str) -> bool:
    return metric in model["metrics"] and model["metrics"][metric]["value"] is not None


def _panel(metric: str, entries: Sequence[tuple[str, Mapping[str, Any]]]) -> Figure:
    rows = []
    for label, model in entries:
        if _known(model, metric):
            rows.append({"label": label, **{key: model["metrics"][metric].get(key) for key in _KEYS}})
    means, title = meaning(metric), _title(metric)
    said = f"{title}: {means}. " + "; ".join(f"{row['label']}: {row['value']:.3f}" for row in rows) + "."
    return Figure(
        name=f"models-{_slug(metric)}",
        title=title,
        said=said,
        note=f"{means[:1].upper()}{means[1:]}.",
        chart=estimates(rows, x_title=metric),
        numbers=Table(
            title=title,
            columns=("model", "value", "low", "high", "chance"),
            rows=tuple((row["label"], row["value"], row["low"], row["high"], row["chance"]) for row in rows),
        ),
    )


def _slug(metric: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", metric.lower().replace("@", "-at-")).strip("-")


def _title(metric: str) -> str:
    if is_best_of(metric):
        return f"Both: best of {metric.removeprefix('best_of_')}"
    if metric.startswith("best_of_"):
        return f"Best of {metric.removeprefix('best_of_').replace('_by_', ', chosen by ')}"
    return _TITLES.get(metric) or f"Best possible of {metric.removeprefix('pass@')}"


def _table(entries: Sequence[tuple[str, Mapping[str, Any]]]) -> Table:
    metrics = in_order(metric for _, model in entries for metric in model["metrics"])
    rows = tuple(
        (label, _revision(model), *(interval(model["metrics"].get(metric)) for metric in metrics))
        for label, model in entries
    )
    return Table(title="All metrics", columns=("model", "revision", *metrics), rows=rows)


def _revision(model: Mapping[str, Any]) -> str:
    return "unknown" if model["revision"] is None else name(str(model["revision"])[:12])


def _differences(reports: Mapping[str, Report]) -> list[Table]:
    """Against the first model of the same file, problem by problem."""
    tables = []
    for stem, report in list(reports.items())[:_MOST]:
        first, *others = report["models"]
        rows = [
            (name(str(model["model"])), metric, interval(found, "+.3f"), _sure(found))
            for model in others
            for metric, found in model.get("against_first", {}).items()
        ]
        if rows:
            title = f"{name(stem)}: minus {name(str(first['model']))}, problem by problem"
            columns = ("model", "metric", "difference", "interval leaves out zero")
            note = f"Unknown below {ENOUGH} problems: so few have no interval to trust."
            tables.append(Table(title=title, columns=columns, rows=tuple(rows[:200]), note=note))
    return tables


def _warnings(reports: Mapping[str, Report], revision: str) -> list[Note]:
    notes = []
    for stem, report in reports.items():
        if report["revision"] != revision:
            other = f"{name(str(report['dataset']))}@{str(report['revision'])[:12]}"
            notes.append(Note(text=f"{name(stem)} was measured on {other}, which is not the version of this page."))
    seen = {key: {str({**report["settings"], **report}.get(key)) for report in reports.values()} for key in _COMPARED}
    differing = [key for key, values in seen.items() if len(values) > 1]
    if differing:
        notes.append(Note(text=f"These files differ in {', '.join(differing)}: they are no fair comparison."))
    return notes[:_MOST]


def _sure(found: Mapping[str, Any]) -> str:
    covers_zero = Estimate(found["value"], found["low"], found["high"], found.get("n") or 0).covers_zero
    return {None: "unknown", True: "no", False: "yes"}[covers_zero]
