"""How hard the problems are: a histogram of their pass rates, and pass@k of each model.

In: a connection. Out: a section. Bins are counted in integers; a problem none of whose candidates has a verdict is in
none of them. All fail and all pass are bins of their own: only problems between them give mixed groups.
"""

from typing import Any

from dualset.eval.page.asked import Connection, rows, rows_of
from dualset.eval.page.charts import COLOURS, bars, curves
from dualset.eval.page.parts import Figure, Part, Section, Table
from dualset.eval.page.texts import name

__all__ = ["BINS", "pass_rates"]

_RATES = """
select
    case
        when known = 0 then null
        when correct = 0 then 0
        when correct = known then 11
        else (correct * 10 + known - 1) // known
    end as bin,
    count(*) as problems
from (
    select problem_id, count(correct) as known, count(*) filter (correct) as correct from attempts group by problem_id
)
group by bin
order by bin nulls last
"""
BINS = ("none", *(f"to {percent} %" for percent in range(10, 100, 10)), "below all", "all")
_MIXED = {"mixed": "#1b87a5", "all alike": "#8a8a8a"}


def pass_rates(connection: Connection) -> Section:
    """The section."""
    counted = {row["bin"]: row["problems"] for row in rows(connection, _RATES)}
    shown = [
        {"rate": label, "problems": counted.get(i, 0), "kind": "all alike" if i in (0, 11) else "mixed"}
        for i, label in enumerate(BINS)
    ]
    total, mixed = sum(row["problems"] for row in shown), sum(row["problems"] for row in shown[1:-1])
    unknown = counted.get(None, 0)
    said = f"{mixed:,} of {total:,} problems are solved by some candidates and not by others"
    said += f"; {unknown:,} have no candidate with a verdict." if unknown else "."
    histogram = Figure(
        name="pass-rates",
        title="Problems by pass rate",
        said=f"Histogram of pass rates. {said}",
        note="The share of a problem's labelled candidates that pass. Only between the ends are there mixed groups.",
        chart=bars(
            shown,
            x="rate",
            y="problems",
            x_title="candidates that pass",
            y_title="problems",
            colour="kind",
            colours=_MIXED,
        ),
        numbers=Table(
            title="Problems by pass rate",
            columns=("candidates that pass", "problems"),
            rows=tuple((row["rate"], row["problems"]) for row in shown),
        ),
    )
    return Section(anchor="pass-rates", title="Pass rates", said=said, parts=(histogram, *_pass_at_k(connection)))


def _pass_at_k(connection: Connection) -> tuple[Part, ...]:
    asked = rows_of(connection, "pass_at_k_curve")
    best = sorted((row for row in asked if row["k"] == 1), key=lambda row: (-row["pass_at_k"], _line(row)))
    kept = {_line(row) for row in best[: len(COLOURS)]}
    found = [{**row, "line": _line(row), "step": row["k"], "value": row["pass_at_k"]} for row in asked]
    found = [row for row in found if row["line"] in kept]
    if not found:
        return ()
    table = Table(
        title="pass@k",
        columns=("model", "k", "problems", "pass@k"),
        rows=tuple((row["line"], row["k"], row["problems"], row["value"]) for row in found),
        note="Unbiased estimate, averaged over the problems with at least k labelled candidates of that model.",
    )
    if len({row["k"] for row in found}) < 2:
        return (table,)
    lines = dict.fromkeys(row["line"] for row in found)
    colours = dict(zip(lines, COLOURS, strict=False))
    highest = max(found, key=lambda row: (row["k"], row["value"]))
    said = f"pass@k by k for {len(lines)} models; the highest at k = {highest['k']} is {highest['value']:.3f}."
    chart = curves(found, y_title="pass@k", x_title="k", colours=colours, dots=True, doubling=True)
    return (Figure(name="pass-at-k", title="pass@k", said=said, note=table.note, chart=chart, numbers=table),)


def _line(row: dict[str, Any]) -> str:
    heat = "" if row["temperature"] is None else f" at {row['temperature']:g}"
    return name(row["model"], "unknown model") + heat
