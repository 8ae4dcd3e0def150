"""What a page is made of: a head, tiles, and sections of figures, tables, programs and groups. Data only.

In: plain values from the gatherers. Out: what `page.html.j2` walks through. All text is as it was gathered, cut and
made visible (`texts.py`), and is escaped by the template.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

__all__ = ["Cell", "Example", "Figure", "Group", "Member", "Note", "Page", "Part", "Section", "Table"]

Cell = str | int | float | None
NARROW, WIDE = 320, 500
"""Pixels of a chart on a phone, and on anything wider."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Columns and rows; null is unknown. ``note`` says how to read it; a ``folded`` one is behind its title."""

    kind: ClassVar[str] = "table"
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    folded: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A chart with its numbers.

    Attributes:
        name: the stem of its file.
        title: what it is of.
        said: what it shows, for those who do not see it.
        note: how to read it.
        chart: width in pixels -> an Altair chart.
        numbers: what the chart is made from.
    """

    kind: ClassVar[str] = "figure"
    name: str
    title: str
    said: str
    chart: Callable[[int], Any]
    numbers: Table
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """A wrong program and the first test that it fails; null: there is none, or it is unknown."""

    kind: ClassVar[str] = "example"
    title: str
    heading: str
    statement: str
    code: str | None
    test: str
    input: str | None
    expected: str | None
    test_code: str | None
    actual: str | None
    message: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """A candidate as the group shows it; ``correct`` is the group's own label, ``judged`` the places judges gave it."""

    place: int
    correct: bool
    outcome: str
    code: str
    judged: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """A group in the order shown; ``left_out`` members are not on the page, ``judged`` says what judges put first."""

    kind: ClassVar[str] = "group"
    title: str
    heading: str
    statement: str
    members: tuple[Member, ...]
    left_out: int = 0
    judged: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """A paragraph; with a title, text to be kept as it is laid out, behind that title."""

    kind: ClassVar[str] = "note"
    text: str
    title: str = ""


Part = Figure | Table | Example | Group | Note


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A heading with an anchor, a line on what it shows, and its parts in order."""

    anchor: str
    title: str
    said: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Everything.

    Attributes:
        title: the name of what it is about.
        subtitle: its revision or folder.
        said: it in one sentence.
        tiles: (value, what it is), the numbers seen first.
        sections: in order.
    """

    title: str
    subtitle: str
    said: str
    tiles: tuple[tuple[str, str], ...] = ()
    sections: tuple[Section, ...] = field(default=())

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All charts, in order."""
        return tuple(part for section in self.sections for part in section.parts if isinstance(part, Figure))
