"""What it took: tokens sampled, and CPU time of running the programs.

In: a connection. Out: a section. Times are counted in whole microseconds, so that sums are the same whatever the order;
they differ between machines, and are no part of a version's revision.
"""

from typing import Any

from dualset.eval.page.asked import Connection, rows
from dualset.eval.page.charts import bars
from dualset.eval.page.parts import Figure, Part, Section, Table
from dualset.eval.page.texts import name, percent

__all__ = ["cost"]

_TOKENS = """
select
    model,
    sampler,
    temperature,
    count(*) as candidates,
    count(n_tokens) as counted,
    sum(n_tokens)::bigint as tokens,
    quantile_disc(n_tokens, 0.5) as median,
    max(n_tokens) as most,
    count(finish_reason) as ended,
    count(*) filter (finish_reason = 'length') as cut_off
from candidates
group by model, sampler, temperature
order by candidates desc, model, sampler, temperature
limit 10
"""
_TIMES = """
with timed as (
    select labels.passed, (round(list_sum(observations.durations_ms) * 1000))::bigint as micros
    from observations
    join labels using (problem_id, program_id)
    where len(observations.durations_ms) > 0
)
select
    case when passed then 'right' when not passed then 'wrong' else 'unknown' end as verdict,
    least(5, greatest(0, floor(log10(greatest(micros, 1)))::int - 2)) as bin,
    count(*) as programs,
    sum(micros)::bigint as micros
from timed
group by verdict, bin
order by verdict, bin
"""
_SLOWEST = """
select
    problem_id,
    any_value(problems.source_id) as source_id,
    count(*) as programs,
    sum((round(list_sum(durations_ms) * 1000))::bigint)::bigint as micros,
    max((round(list_max(durations_ms) * 1000))::bigint) as most
from observations
join problems using (problem_id)
where len(durations_ms) > 0
group by problem_id
order by micros desc, problem_id
limit 8
"""
_MACHINE = """
select
    isolation,
    count(*) as programs,
    quantile_disc(peak_memory_mb, 0.5) as median_mb,
    max(peak_memory_mb) as most_mb
from observations
group by isolation
order by programs desc, isolation
limit 8
"""
_BINS = ("< 1 ms", "1–10 ms", "10–100 ms", "0.1–1 s", "1–10 s", "≥ 10 s")
_VERDICTS = {"right": "#1b9e77", "wrong": "#d95f02", "unknown": "#8a8a8a"}


def cost(connection: Connection) -> Section:
    """The section."""
    timed = rows(connection, _TIMES)
    seconds = sum(row["micros"] for row in timed) / 1e6
    said = (
        f"Running the programs took {_time(seconds)} of CPU time, on the tests that they ended."
        if timed
        else "No times were measured."
    )
    return Section(
        anchor="cost",
        title="Cost and time",
        said=said,
        parts=(*_times(timed), _slowest(connection), _tokens(connection), _machine(connection)),
    )


def _times(timed: list[dict[str, Any]]) -> tuple[Part, ...]:
    if not timed:
        return ()
    programs = {(row["verdict"], row["bin"]): row["programs"] for row in timed}
    shown = [
        {"time": label, "verdict": verdict, "programs": programs.get((verdict, i), 0)}
        for i, label in enumerate(_BINS)
        for verdict in _VERDICTS
    ]
    numbers = Table(
        title="Programs by CPU time",
        columns=("CPU time", *_VERDICTS),
        rows=tuple((label, *(programs.get((word, i), 0) for word in _VERDICTS)) for i, label in enumerate(_BINS)),
    )
    chart = bars(
        [row for row in shown if row["programs"] or row["verdict"] == "right"],
        x="time",
        y="programs",
        x_title="CPU time on all tests run",
        y_title="programs",
        colour="verdict",
        colours=_VERDICTS,
    )
    note = "A test that was stopped at a limit has no time. Times are this build's: another machine has others."
    said = "Histogram of the CPU time of programs on all tests that they were run on, by verdict."
    title = "Programs by CPU time"
    return (Figure(name="cpu-time", title=title, said=said, note=note, chart=chart, numbers=numbers),)


def _slowest(connection: Connection) -> Table:
    return Table(
        title="Problems that took longest",
        columns=("problem", "programs", "CPU time", "longest test"),
        rows=tuple(
            (
                name(row["source_id"], name(row["problem_id"])),
                row["programs"],
                _time(row["micros"] / 1000000.0),
                _time(row["most"] / 1000000.0),
            )
            for row in rows(connection, _SLOWEST)
        ),
    )


def _tokens(connection: Connection) -> Table:
    return Table(
        title="Sampling",
        columns=("model", "sampler", "temperature", "candidates", "tokens", "median", "longest", "cut off"),
        rows=tuple(
            (
                name(row["model"]),
                name(row["sampler"]),
                row["temperature"],
                row["candidates"],
                row["tokens"],
                row["median"],
                row["most"],
                percent(row["cut_off"], row["ended"]) if row["ended"] else None,
            )
            for row in rows(connection, _TOKENS)
        ),
        note="Cut off: answers that ended at the limit of tokens. Imported samples often do not say how long they are.",
    )


def _machine(connection: Connection) -> Table:
    return Table(
        title="Sandbox",
        columns=("isolation", "programs", "median MiB", "largest MiB"),
        rows=tuple(
            (name(row["isolation"]), row["programs"], row["median_mb"], row["most_mb"])
            for row in rows(connection, _MACHINE)
        ),
    )


def _time(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:,.1f} ms"
    if seconds < 120:
        return f"{seconds:,.1f} s"
    return f"{seconds / 60:,.1f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"
