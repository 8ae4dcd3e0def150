"""Numbers as cells of a text table. In: estimates as plain data, or scores by problem. Out: text, in columns."""

from collections.abc import Mapping, Sequence
from typing import Any

from dualset.eval.bootstrap import Estimate

__all__ = ["aligned", "cell", "chance_of", "series"]


def series(scores: Mapping[str, Mapping[str, float]], name: str) -> dict[str, float | None]:
    """One metric of every problem; null where the problem does not have it."""
    return {problem_id: each.get(name) for problem_id, each in scores.items()}


def cell(found: Mapping[str, Any] | None, *, signed: bool = False) -> str:
    """The value with its interval; a star where a difference's interval leaves out zero."""
    if found is None or found["value"] is None:
        return "-"
    shape = "+.3f" if signed else ".3f"
    if found["low"] is None:
        return format(found["value"], shape)
    interval = f"[{found['low']:{shape}}, {found['high']:{shape}}]"
    estimated = Estimate(found["value"], found["low"], found["high"], found["n"])
    star = "*" if signed and estimated.covers_zero is False else ""
    return f"{found['value']:{shape}} {interval}{star}"


def chance_of(name: str, models: Sequence[Mapping[str, Any]]) -> str:
    """One number where all models share it; choosing blindly is each model's own pass@1."""
    if name == "best_of_4":
        return "pass@1"
    values = {model["metrics"][name]["chance"] for model in models if name in model["metrics"]}
    value = next(iter(values)) if len(values) == 1 else None
    return "-" if value is None else f"{value:.3f}"


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Lines whose cells stand under each other."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
