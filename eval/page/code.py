"""Programs coloured: Python as HTML spans by Pygments, within a budget.

In: code as data. Out: markup in which every character of the code is escaped. Colouring makes a text several times
longer; once the budget is spent, code is escaped and left plain, so that a page of hostile programs stays small.
"""

from markupsafe import Markup, escape

__all__ = ["Colours"]

BUDGET = 1_200_000
"""Bytes of coloured code on a page."""


class Colours:
    """Colours one page's programs."""

    def __init__(self, budget: int = BUDGET) -> None:
        from pygments.formatters.html import HtmlFormatter
        from pygments.lexers.python import PythonLexer

        self._left = budget
        self._lexer = PythonLexer(stripnl=False, ensurenl=False)
        self._formatter = HtmlFormatter(nowrap=True)

    def __call__(self, code: str) -> Markup:
        """One program."""
        from pygments import highlight

        if self._left <= 0:
            return escape(code)
        text = highlight(code, self._lexer, self._formatter)
        self._left -= len(text.encode())
        return Markup(text) if self._left > 0 else escape(code)
