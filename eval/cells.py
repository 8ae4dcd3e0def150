"""Numbers as cells of a text table. In: estimates as plain data, or scores by problem. Out: text, in columns."""

from collections.abc import Mapping, Sequence
from typing import Any

from dualset.eval.bootstrap import Estimate

__all__ = ["aligned", "cell", "chance_of", "count_of", "differs", "interval"]


def cell(found: Mapping[str, Any] | None, *, signed: bool = False) -> str:
    """The value with its interval; a star where a difference's interval leaves out zero."""
    text = interval(found, "+.3f" if signed else ".3f")
    if found is None or text is None:
        return "-"
    return f"{text}*" if signed and differs(found) else text


def differs(found: Mapping[str, Any]) -> bool:
    """Whether a difference is one: its interval leaves out zero, and rests on enough problems."""
    return Estimate(found["value"], found["low"], found["high"], found["n"]).covers_zero is False


def interval(found: Mapping[str, Any] | None, shape: str = ".3f") -> str | None:
    """A value with its interval, as far as they are known; None: the value is not."""
    if found is None or found["value"] is None:
        return None
    if found["low"] is None or found["high"] is None:
        return format(found["value"], shape)
    return f"{found['value']:{shape}} [{found['low']:{shape}}, {found['high']:{shape}}]"


def chance_of(name: str, models: Sequence[Mapping[str, Any]]) -> str:
    """What a blind choice gets; several numbers where models differ, as each chooses among its own samples."""
    values = [model["metrics"][name]["chance"] for model in models if name in model["metrics"]]
    return "/".join(dict.fromkeys("-" if value is None else f"{value:.3f}" for value in values)) or "-"


def count_of(name: str, models: Sequence[Mapping[str, Any]]) -> str:
    """The problems that a metric is a mean over; several numbers where models differ."""
    return "/".join(dict.fromkeys(str(model["metrics"][name]["n"]) for model in models if name in model["metrics"]))


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Lines whose cells stand under each other."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
