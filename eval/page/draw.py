"""Charts drawn: Altair charts as SVG for the page, and as SVG and PNG files for papers.

In: an Altair chart. Out: the picture that Vega draws of it, in this process and offline. The page holds pictures, not
Vega: it needs no script at all, so that nothing a program says can ever run. A mark's values are its native tooltip.
"""

import re
from typing import Any

from dualset.builders.errors import MissingExtra

__all__ = ["check_libraries", "png", "svg"]

_MARK = re.compile(r'<path (aria-label="([^"]*)" role="graphics-symbol"[^>]*)/>')
_SCALE = 3.0


def check_libraries() -> None:
    """Whether charts can be drawn and programs coloured.

    Raises:
        MissingExtra: a library is not installed.
    """
    import importlib.util

    for module, library in {"altair": "altair", "vl_convert": "vl-convert-python", "pygments": "pygments"}.items():
        if importlib.util.find_spec(module) is None:
            raise MissingExtra(library, "report")


def svg(chart: Any, *, tooltips: bool = False) -> str:
    """The picture as an ``<svg>`` element; with tooltips, each mark says its values when pointed at."""
    import vl_convert

    text: str = vl_convert.vegalite_to_svg(chart.to_dict())
    return _MARK.sub(r"<path \1><title>\2</title></path>", text) if tooltips else text


def png(chart: Any) -> bytes:
    """The picture at three times its size."""
    import vl_convert

    picture: bytes = vl_convert.vegalite_to_png(chart.to_dict(), scale=_SCALE)
    return picture
