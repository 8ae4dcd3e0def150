"""How often the samples of a problem are the same program.

In: a connection. Out: a section.
"""

from dualset.eval.page.asked import Connection, rows, rows_of
from dualset.eval.page.charts import bars
from dualset.eval.page.parts import Figure, Section, Table
from dualset.eval.page.texts import name, percent

__all__ = ["duplicates"]

_SHARES = """
select (repeated * 10) // candidates as bin, count(*) as problems, sum(candidates)::bigint as candidates,
    sum(repeated)::bigint as repeated
from (
    select problem_id, count(*) as candidates, count(*) - count(distinct program_id) as repeated
    from candidates
    where program_id is not null
    group by problem_id
)
group by bin
order by bin
"""


def duplicates(connection: Connection) -> Section:
    """The section."""
    found = rows(connection, _SHARES)
    candidates, repeated = sum(row["candidates"] for row in found), sum(row["repeated"] for row in found)
    if not candidates:
        return Section(anchor="duplicates", title="Duplicates", said="No candidate has code.")
    said = f"{repeated:,} of {candidates:,} candidates with code ({percent(repeated, candidates)}) repeat a program."
    counted = {row["bin"]: row["problems"] for row in found}
    shown = [{"share": f"{i * 10}–{i * 10 + 10} %", "problems": counted.get(i, 0)} for i in range(10)]
    numbers = Table(
        title="Problems by repeated share",
        columns=("repeated", "problems"),
        rows=tuple((row["share"], row["problems"]) for row in shown),
    )
    chart = bars(
        shown,
        x="share",
        y="problems",
        x_title="candidates that repeat another",
        y_title="problems",
    )
    note = "Candidates with code less distinct programs, as a share of the problem's candidates with code."
    figure = Figure(
        name="duplicates",
        title="Problems by repeated share",
        said=f"Histogram of the share of repeated candidates a problem. {said}",
        note=note,
        chart=chart,
        numbers=numbers,
    )
    most = Table(
        title="Problems repeated most",
        columns=("problem", "candidates", "programs", "most common", "repeated"),
        rows=tuple(
            (
                name(row["source_id"], name(row["problem_id"])),
                row["candidates"],
                row["programs"],
                row["most_common"],
                row["repeated_share"],
            )
            for row in rows_of(connection, "duplicates", limit=8)
        ),
    )
    return Section(anchor="duplicates", title="Duplicates", said=said, parts=(figure, most))
