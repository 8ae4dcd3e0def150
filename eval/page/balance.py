"""Group balance: how many right candidates the groups have, and whether right ones are shown at every place alike.

In: a connection. Out: a section. A group whose number of right ones can be guessed pays a constant answer; a place that
is right more often than others pays looking at the place.
"""

from collections import Counter
from math import sqrt

from dualset.builders.dataset.words import Split
from dualset.eval.page.asked import Connection, rows, rows_of
from dualset.eval.page.charts import COLOURS, bars, estimates
from dualset.eval.page.parts import Figure, Section, Table

__all__ = ["balance"]

_PLACES = """
with shown as (select unnest(correct) as correct, generate_subscripts(correct, 1) as place from groups)
select place, count(*) as groups, count(*) filter (correct) as right
from shown
where place <= 32
group by place
order by place
"""
_MOST = 40


def balance(connection: Connection) -> Section:
    """The section."""
    counted = rows_of(connection, "group_balance")
    total = sum(row["groups"] for row in counted)
    if not total:
        said = "No group: no problem has enough right and wrong programs."
        return Section(anchor="groups", title="Groups", said=said)
    said = f"{total:,} groups of one problem's candidates, each with right and wrong ones."
    return Section(anchor="groups", title="Groups", said=said, parts=(_balance(counted), _places(connection)))


def _balance(counted: list[dict[str, int | str]]) -> Figure:
    """The kinds of groups, the most frequent where there are many sizes."""
    totals: Counter[tuple[int, int]] = Counter()
    splits: Counter[tuple[int, int, str]] = Counter()
    for row in counted:
        size, right, groups = int(row["size"]), int(row["n_correct"]), int(row["groups"])
        totals[size, right] += groups
        splits[size, right, str(row["split"])] += groups
    kept = sorted(key for key, _ in sorted(totals.items(), key=lambda each: (-each[1], each[0]))[:_MOST])
    shown = [
        {"right": f"{right} of {size}", "groups": splits[size, right, split.value], "split": split.value}
        for size, right in kept
        for split in Split
        if splits[size, right, split.value]
    ]
    total = sum(totals.values())
    table = Table(
        title="Groups by right candidates",
        columns=("right", *(split.value for split in Split), "all", "share"),
        rows=tuple(
            (
                f"{right} of {size}",
                *(splits[size, right, split.value] for split in Split),
                totals[size, right],
                totals[size, right] / total,
            )
            for size, right in kept
        ),
    )
    most, n = max(totals.items(), key=lambda each: (each[1], each[0]))
    chart = bars(
        shown,
        x="right",
        y="groups",
        x_title="right candidates in the group",
        y_title="groups",
        colour="split",
        colours={split.value: COLOURS[i] for i, split in enumerate(Split)},
    )
    note = "The more uneven, the more a constant guess pays (groups.balance in recipes evens it)."
    said = f"Groups by their number of right candidates; {n:,} of {total:,} have {most[1]} right of {most[0]}."
    title = "Right candidates a group"
    return Figure(name="group-balance", title=title, said=said, note=note, chart=chart, numbers=table)


def _places(connection: Connection) -> Figure:
    found = rows(connection, _PLACES)
    mean = sum(row["right"] for row in found) / sum(row["groups"] for row in found)
    shown = [
        {
            "label": str(row["place"]),
            "value": row["right"] / row["groups"],
            "chance": mean,
            **_luck(mean, row["groups"]),
        }
        for row in found
    ]
    least, most = min(row["value"] for row in shown), max(row["value"] for row in shown)
    return Figure(
        name="places",
        title="Right candidates by the place they are shown at",
        said=f"Share of right candidates by place shown, from {least:.3f} to {most:.3f}; {mean:.3f} over all.",
        note="The tick is the mean over all places; the bar is where luck alone leaves 95 % of so many groups. "
        "A place outside would be worth guessing.",
        chart=estimates(
            shown,
            x_title="share that is right",
        ),
        numbers=Table(
            title="Right candidates by place",
            columns=("place", "groups", "right", "share"),
            rows=tuple((row["place"], row["groups"], row["right"], row["right"] / row["groups"]) for row in found),
        ),
    )


def _luck(mean: float, n: int) -> dict[str, float]:
    """Where the share of ``n`` draws lies 95 times in 100, by the normal approximation."""
    half = 1.96 * sqrt(mean * (1 - mean) / n)
    return {"low": mean - half, "high": mean + half}
