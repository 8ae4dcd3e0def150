"""An evaluation as text: tables with n, intervals, chance and the rules, plain or in Markdown for a README or a card.

In: the plain data of an evaluation. Out: text. A difference is claimed in words only where its interval leaves
out zero.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dualset.builders.dataset import markdown
from dualset.eval.bootstrap import ENOUGH
from dualset.eval.cells import aligned, cell, chance_of, count_of, differs, interval
from dualset.eval.names import best_of, in_order, meaning
from dualset.eval.parts import bias_rows, decomposition_rows, strata_rows
from dualset.eval.report import NOTEWORTHY, RULES

__all__ = ["table"]

Rows = Sequence[Sequence[str]]


def table(report: Mapping[str, Any], *, as_markdown: bool = False) -> str:
    """The metrics of every model, the differences from the first one, what they show, parts, notes."""
    report = _harmless({name: each for name, each in report.items() if name != "rules"}, as_markdown)
    models = report["models"]
    names = in_order(name for model in models for name in model["metrics"])
    blocks: list[list[str]] = [[_title(report)], _drawn(_metrics(models, names), as_markdown)]
    if len(models) > 1:
        blocks += [_drawn(_differences(models, names), as_markdown), _claims(report)]
    parts = [decomposition_rows(report), *strata_rows(report), bias_rows(report)]
    blocks += [_drawn(rows, as_markdown) for rows in parts if rows]
    blocks.append([f"- {note}" for note in _notes(report, names)] if as_markdown else _notes(report, names))
    return "\n\n".join("\n".join(block) for block in blocks)


def _drawn(rows: Rows, as_markdown: bool) -> list[str]:
    if not as_markdown:
        return aligned(rows)
    head, *lines = [[text.replace("|", "\\|") for text in row] for row in rows]
    return [markdown.table(head, lines)]


def _harmless(report: Mapping[str, Any], as_markdown: bool) -> Mapping[str, Any]:
    """The report with names that others gave made fit for a line: of a terminal, or of Markdown."""
    return {name: _fit(value, as_markdown) for name, value in report.items()}


def _fit(value: Any, as_markdown: bool) -> Any:
    if isinstance(value, Mapping):
        return {_fit(key, as_markdown): _fit(each, as_markdown) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_fit(each, as_markdown) for each in value]
    if not isinstance(value, str):
        return value
    text = "".join(c if c.isprintable() else "�" for c in value)
    return text.replace("<", "&lt;").replace("`", "'") if as_markdown else text


def _metrics(models: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Rows:
    head = ["", "n", "chance", *(model["model"] for model in models)]
    cells = (
        [name, count_of(name, models), chance_of(name, models), *(cell(m["metrics"].get(name)) for m in models)]
        for name in names
    )
    return [head, *cells]


def _differences(models: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Rows:
    first, *others = models
    shown = [name for name in names if any(name in model["against_first"] for model in others)]
    head = [f"minus {first['model']}", "n", *(model["model"] for model in others)]
    return [
        head,
        *(
            [name, _paired(others, name), *(cell(model["against_first"].get(name), signed=True) for model in others)]
            for name in shown
        ),
    ]


def _paired(others: Sequence[Mapping[str, Any]], name: str) -> str:
    """The problems that both have."""
    counts = (str(model["against_first"][name]["n"]) for model in others if name in model["against_first"])
    return "/".join(dict.fromkeys(counts))


def _claims(report: Mapping[str, Any]) -> list[str]:
    """What the differences show: nothing where their intervals hold zero."""
    first, *others = report["models"]
    lines = []
    for model in others:
        gains = model["against_first"]
        shown = {name: found for name, found in gains.items() if differs(found)}
        higher = [f"{name} ({interval(found, '+.3f')})" for name, found in shown.items() if found["low"] > 0]
        lower = [f"{name} ({interval(found, '+.3f')})" for name, found in shown.items() if found["high"] < 0]
        said = [f"{word} in {', '.join(each)}" for word, each in (("higher", higher), ("lower", lower)) if each]
        if said:
            lines.append(f"{model['model']} is {'; '.join(said)} than {first['model']}.")
        elif all(found["n"] < ENOUGH for found in gains.values()):
            lines.append(f"Fewer than {ENOUGH} problems are too few to tell {model['model']} from {first['model']}.")
        else:
            lines.append(f"Nothing here tells {model['model']} from {first['model']}.")
    return lines


def _title(report: Mapping[str, Any]) -> str:
    split = report["settings"]["split"]
    counted = f"{report['problems']} problems, {report['groups']} mixed groups"
    return f"{report['dataset']}@{report['revision'][:12]}, {split} split: {counted}"


def _notes(report: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    settings = report["settings"]
    drawn = f"temperature {settings['temperature']}, top-p {settings['top_p']}, top-k {settings['top_k']}"
    repeats = settings["repeats"] > 1
    units = "problems and, within them, of repeats" if repeats else "problems"
    intervals = f"{settings['level']:.0%} intervals from {settings['resamples']} resamples of {units}"
    often = f" in each of {settings['repeats']} repeats" if repeats else ""
    shown = f" Ranks are means over {settings['orders']} shown orders." if settings["orders"] > 1 else ""
    asked = (
        f"{settings['samples']} samples a problem{often}, {drawn}, {settings['max_tokens']} tokens at most.{shown}"
        if settings["max_tokens"] is not None
        else "Attempts that the version holds: as many samples a problem as there are."
    )
    chosen = any(name.startswith("best_of_") for name in names)
    return [
        asked,
        f"Means over n problems; {intervals}, seed {settings['seed']}.",
        *(
            [f"* where a difference's interval leaves out zero (n {ENOUGH} or more)."]
            if len(report["models"]) > 1
            else []
        ),
        *_power(report),
        *([f"Ties: {RULES['ties']}."] if "ndcg" in names or chosen else []),
        *([f"{RULES['malformed'].capitalize()}."] if "ndcg" in names else []),
        *_tests(report),
        *(f"{name}: {meaning(name)}." for name in names),
    ]


def _tests(report: Mapping[str, Any]) -> list[str]:
    n = report["problems_with_tests_to_choose_by"]
    said = f"{n} of {report['problems']} problems have tests to choose by ({report['settings']['tests']})"
    return [f"{said}; on the others the choice is blind."] if n else []


def _power(report: Mapping[str, Any]) -> list[str]:
    """How many problems it takes, by the differences of the last model."""
    needed = {name: each.get("problems_needed") for name, each in report["models"][-1].get("against_first", {}).items()}
    asked = ("ndcg", "pass@1", best_of(report["settings"]["best_of"]))
    said = ", ".join(f"{needed[name]:,} for {name}" for name in asked if needed.get(name))
    model = report["models"][-1]["model"]
    told = f"Problems that would show a difference of {NOTEWORTHY} in 4 of 5 evaluations, by the spread of {model}"
    return [f"{told}: {said}."] if said else []
