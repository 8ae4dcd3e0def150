"""What became of the candidates, by the difficulty of their problems.

In: a connection. Out: a section. Difficulties beyond the most frequent are one row, so that the page stays small.
"""

from collections import Counter
from typing import Any

from dualset.eval.page.asked import Connection, rows_of
from dualset.eval.page.charts import OUTCOMES, UNKNOWN, stacked
from dualset.eval.page.parts import Figure, Section, Table
from dualset.eval.page.texts import name

__all__ = ["outcomes"]

_MOST = 24
_WORDS = ("introductory", "easy", "interview", "medium", "competition", "hard", "insane")


def outcomes(connection: Connection) -> Section:
    """The section."""
    counts: Counter[tuple[str, str]] = Counter()
    candidates: Counter[str] = Counter()
    for row in rows_of(connection, "outcomes_by_difficulty"):
        candidates[name(row["difficulty"], "not said")] += row["candidates"]
        counts[name(row["difficulty"], "not said"), row["outcome"] or UNKNOWN] += row["candidates"]
    kept = {word for word, _ in sorted(candidates.items(), key=lambda each: (-each[1], each[0]))[:_MOST]}
    totals: Counter[tuple[str, str]] = Counter()
    for (difficulty, outcome), n in counts.items():
        totals[difficulty if difficulty in kept else "others", outcome] += n
    difficulties = sorted({difficulty for difficulty, _ in totals}, key=_hardness)
    shown: list[dict[str, Any]] = [
        {"difficulty": each, "outcome": outcome, "candidates": totals[each, outcome]}
        for each in difficulties
        for outcome in OUTCOMES
        if totals[each, outcome]
    ]
    there = [outcome for outcome in OUTCOMES if any(row["outcome"] == outcome for row in shown)]
    table = Table(
        title="Candidates by difficulty and outcome",
        columns=("difficulty", *(outcome.replace("_", " ") for outcome in there), "all"),
        rows=tuple(
            (each, *(totals[each, outcome] for outcome in there), sum(totals[each, outcome] for outcome in there))
            for each in difficulties
        ),
    )
    said = "A wrong candidate's outcome is that of the first test it fails."
    passed = sum(n for (_, outcome), n in totals.items() if outcome == "pass")
    chart = stacked(
        [{**row, "outcome": row["outcome"].replace("_", " ")} for row in shown],
        y="difficulty",
        x="candidates",
        colour="outcome",
        colours={outcome.replace("_", " "): colour for outcome, colour in OUTCOMES.items()},
    )
    figure = Figure(
        name="outcomes",
        title="Outcomes by difficulty",
        said=f"Shares of outcomes by difficulty. {passed:,} of {sum(totals.values()):,} candidates pass.",
        note="The difficulty is the source's own word.",
        chart=chart,
        numbers=table,
    )
    return Section(anchor="outcomes", title="Outcomes", said=said, parts=(figure,) if shown else ())


def _hardness(word: str) -> tuple[int, float, str]:
    """Numbers as numbers, known words by what they mean, what is not said last."""
    if word.replace(".", "", 1).isdecimal():
        return 0, float(word), word
    if word.lower() in _WORDS:
        return 1, _WORDS.index(word.lower()), word
    return (3 if word == "others" else 4 if word == "not said" else 2), 0.0, word
