"""A page as HTML: one file that loads nothing, runs no script and shows hostile text as text.

In: a `Page`. Out: its HTML, the same bytes for the same page. Everything is escaped by the template but what is made
here: the style sheet, Vega's pictures and Pygments' spans. The page forbids its own scripts and requests
(Content-Security-Policy), should any of that ever be wrong.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dualset.eval.page.code import Colours
from dualset.eval.page.draw import svg
from dualset.eval.page.parts import NARROW, WIDE, Cell, Figure, Page

__all__ = ["GENERATOR", "html"]

GENERATOR = "dualset report"
"""What the page says made it: a page of ours may be written over."""
_FOLDER = Path(__file__).parent


def html(page: Page) -> str:
    """The page's text."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"coloured": Colours(), "cell": _cell, "is_number": _is_number}
    style = Markup((_FOLDER / "page.css").read_text("utf-8"))
    template = environment.get_template("page.html.j2")
    return template.render(page=page, style=style, drawn=_drawn, generator=GENERATOR)


def _drawn(figure: Figure) -> list[tuple[str, Markup]]:
    """The figure's pictures: (the class that says on which screens, the element)."""
    kinds = {"wide": WIDE, "narrow": NARROW}
    return [(kind, Markup(svg(figure.chart(width), tooltips=True))) for kind, width in kinds.items()]


def _is_number(value: Cell) -> bool:
    return isinstance(value, int | float)


def _cell(value: Cell) -> str:
    """A value of a table; unknown is a dash."""
    match value:
        case None:
            return "–"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}" if abs(value) < 0.001 else f"{value:.3f}"
    return value
