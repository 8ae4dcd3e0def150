"""The four kinds of charts: bars, stacked shares, curves, and estimates with intervals. Altair, one view each.

In: rows of plain values, the words for the axes. Out: a function from a width in pixels to an Altair chart, so that the
same chart is drawn for a phone and for a paper. Colours are told apart on white and on black; the page's style sheet
turns `INK`, `AXIS` and `GRID` for dark screens.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dualset.builders.dataset.words import Outcome

__all__ = ["AXIS", "COLOURS", "GRID", "INK", "OUTCOMES", "RANDOM", "bars", "curves", "estimates", "stacked"]

INK, AXIS, GRID = "#30363d", "#868e96", "#dee2e6"
COLOURS = ("#1b87a5", "#d95f02", "#7570b3", "#1b9e77", "#e7298a", "#b8860b", "#8a8a8a", "#3a86c8")
"""Of things without a colour of their own."""
RANDOM = "random orders"
UNKNOWN = "unknown"
OUTCOMES = {
    Outcome.PASS.value: "#1b9e77",
    Outcome.WRONG_ANSWER.value: "#d95f02",
    Outcome.RUNTIME_ERROR.value: "#7570b3",
    Outcome.TIME_LIMIT.value: "#b8860b",
    Outcome.MEMORY_LIMIT.value: "#3a86c8",
    Outcome.OUTPUT_LIMIT.value: "#a6567a",
    Outcome.SYNTAX_ERROR.value: "#e7298a",
    Outcome.NO_CODE.value: "#8a8a8a",
    Outcome.INFRA_ERROR.value: "#5f8292",
    UNKNOWN: "#a08070",
}
"""One colour an outcome, the same in every chart."""

Draw = Callable[[int], Any]
Rows = Sequence[Mapping[str, Any]]
_NARROW = 400
_PADDING = {"left": 14, "right": 10, "top": 4, "bottom": 4}
"""Room for browsers whose letters are wider than those that the chart was measured with."""


def bars(
    rows: Rows,
    *,
    x: str,
    y: str,
    x_title: str,
    y_title: str,
    colour: str | None = None,
    colours: Mapping[str, str] | None = None,
) -> Draw:
    """A bar a row (stacked where rows share their ``x``), in the order of the rows."""
    order = list(dict.fromkeys(str(row[x]) for row in rows))

    def draw(width: int) -> Any:
        import altair as alt

        angle = -45 if len(order) * 64 > width else 0
        chart = alt.Chart(_data(rows)).mark_bar(color=COLOURS[0])
        chart = chart.encode(
            x=alt.X(x, type="ordinal", sort=order, title=x_title, axis=alt.Axis(labelAngle=angle, labelOverlap=False)),
            y=alt.Y(y, type="quantitative", title=y_title, axis=alt.Axis(tickMinStep=1, format="~s")),
        )
        if colour is not None:
            chart = chart.encode(color=_colour(colour, rows, colours, width))
        return _dressed(chart, width, 220)

    return draw


def stacked(rows: Rows, *, y: str, x: str, colour: str, colours: Mapping[str, str]) -> Draw:
    """A row a ``y``, in the order given, filled by the shares of each colour in the order of ``colours``."""
    order = list(dict.fromkeys(str(row[y]) for row in rows))
    places = {word: place for place, word in enumerate(colours)}
    placed = [{**row, "place": places[row[colour]]} for row in rows]

    def draw(width: int) -> Any:
        import altair as alt

        chart = alt.Chart(_data(placed)).mark_bar()
        chart = chart.encode(
            x=alt.X(x, type="quantitative", stack="normalize", title="share", axis=alt.Axis(format="%", tickCount=4)),
            y=alt.Y(y, type="nominal", sort=order, title=None, axis=alt.Axis(labelLimit=110)),
            color=_colour(colour, rows, colours, width),
            order=alt.Order("place", type="quantitative"),
        )
        return _dressed(chart, width, max(60, 24 * len(order)))

    return draw


def curves(
    rows: Rows,
    *,
    y_title: str,
    colours: Mapping[str, str],
    x_title: str = "step",
    faint: str | None = None,
    dots: bool = False,
    doubling: bool = False,
) -> Draw:
    """Lines of rows (``step``, ``value``, ``line``).

    Args:
        rows: of all lines; the line `RANDOM` is dashed.
        y_title: of the values.
        colours: of each line, in the order of the legend.
        x_title: of the steps.
        faint: the line that lies behind, thin.
        dots: whether each step has a dot.
        doubling: whether the steps are 1, 2, 4, ..., at equal distances.
    """

    def draw(width: int) -> Any:
        import altair as alt

        x = alt.X("step", type="quantitative", title=x_title, axis=alt.Axis(tickMinStep=1, format="~s"))
        if dots:
            steps = sorted({row["step"] for row in rows})
            scale = alt.Scale(type="log", base=2) if doubling else alt.Scale(zero=False, padding=12)
            x = alt.X("step", type="quantitative", title=x_title, scale=scale, axis=alt.Axis(values=steps, format="d"))
        y = alt.Y("value", type="quantitative", title=y_title, scale=alt.Scale(zero=False, nice=True))
        lines = alt.Chart(_data([row for row in rows if row["line"] != faint])).mark_line(strokeWidth=2, point=dots)
        dashes = alt.condition(f"datum.line == '{RANDOM}'", alt.value([4, 4]), alt.value([1, 0]))
        lines = lines.encode(x=x, y=y, color=_colour("line", rows, colours, width), strokeDash=dashes)
        layers = [lines]
        behind = [row for row in rows if row["line"] == faint]
        if behind:
            under = alt.Chart(_data(behind)).mark_line(strokeWidth=1, opacity=0.35, color=next(iter(colours.values())))
            layers.insert(0, under.encode(x=x, y=y))
        return _dressed(alt.layer(*layers), width, 180)

    return draw


def estimates(rows: Rows, *, x_title: str) -> Draw:
    """A dot a row (``label``, ``value``, ``low``, ``high``, ``chance``) with its interval; a tick where chance is."""
    order = [str(row["label"]) for row in rows]

    def draw(width: int) -> Any:
        import altair as alt

        base = alt.Chart(_data(rows)).encode(
            y=alt.Y("label", type="nominal", sort=order, title=None, axis=alt.Axis(labelLimit=120))
        )
        scale, axis = alt.Scale(zero=False, nice=True, padding=8), alt.Axis(tickCount=width // 90)
        interval = base.transform_filter("datum.low != null").mark_rule(strokeWidth=3, color=COLOURS[0], opacity=0.55)
        layers = [
            interval.encode(x=alt.X("low", type="quantitative", scale=scale, title=x_title, axis=axis), x2="high"),
            base.mark_point(filled=True, size=60, color=COLOURS[0], opacity=1).encode(
                x=alt.X("value", type="quantitative")
            ),
        ]
        if any(row["chance"] is not None for row in rows):
            ticks = base.transform_filter("datum.chance != null").mark_tick(thickness=2, size=16, color=COLOURS[1])
            layers.append(ticks.encode(x=alt.X("chance", type="quantitative")))
        return _dressed(alt.layer(*layers), width, max(70, 26 * len(order)))

    return draw


def _data(rows: Rows) -> Any:
    import altair as alt

    return alt.InlineData(values=[dict(row) for row in rows])


def _colour(field: str, rows: Rows, colours: Mapping[str, str] | None, width: int) -> Any:
    """The scale and its legend above the chart; only what is there is in the legend."""
    import altair as alt

    words = list(dict.fromkeys(str(row[field]) for row in rows))
    chosen = colours or {word: COLOURS[i % len(COLOURS)] for i, word in enumerate(words)}
    there = [word for word in chosen if word in words]
    legend = None
    if len(there) > 1:
        legend = alt.Legend(orient="top", title=None, columns=2 if width < _NARROW else 4, labelLimit=140)
    scale = alt.Scale(domain=there, range=[chosen[word] for word in there])
    return alt.Color(field, type="nominal", scale=scale, legend=legend)


def _dressed(chart: Any, width: int, height: int) -> Any:
    """The chart at this width, labels included; plain, with nothing behind it."""
    fit = {"type": "fit-x", "contains": "padding"}
    chart = chart.properties(width=width, height=height, background="transparent", autosize=fit, padding=_PADDING)
    words = {
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titlePadding": 12,
        "titleFontWeight": "normal",
    }
    chart = chart.configure_axis(**words, gridColor=GRID, domainColor=AXIS, tickColor=AXIS)
    return chart.configure_legend(
        labelColor=INK, labelFontSize=11, symbolType="square", columnPadding=24
    ).configure_view(stroke=None)
