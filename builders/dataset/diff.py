"""Two versions compared: rows, labels, rates and groups, settings.

In: two versions, of any schemas that are read. Out: a `Diff`, the same for the same pair on every machine. Tables are
compared by DuckDB within its memory limit, and those with the same digest are not read at all, so a million candidates
against a million take seconds to a minute and less than 2 GB. Left out: what the text of a changed row was; ask both
versions in SQL for that.
"""

from dataclasses import dataclass
from typing import Any

import duckdb

from dualset.builders.dataset.diff_labels import LabelDiff, compare_labels
from dualset.builders.dataset.diff_tables import TableDiff, compare_table, unchanged
from dualset.builders.dataset.figures import Figures, count_version
from dualset.builders.dataset.relations import bounded, select_table
from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.version import Version

__all__ = ["Diff", "Setting", "compare"]

_COUNTED = ("candidates", "labels", "groups", "problems")


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """A setting that differs: ``key`` is dotted (``recipe.groups.size``); absent and null are the same."""

    key: str
    before: Any
    after: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Diff:
    """What changed from version ``a`` to version ``b``.

    Attributes:
        a, b: the versions.
        identical: they have the same revision. Measured tables may differ nevertheless.
        tables: each table's rows.
        labels: the verdicts on programs that are in both.
        figures_a, figures_b: rates and groups.
        settings: recipe, pins, seeds, parents and schema version, where they differ.
    """

    a: Version
    b: Version
    identical: bool
    tables: tuple[TableDiff, ...]
    labels: LabelDiff
    figures_a: Figures
    figures_b: Figures
    settings: tuple[Setting, ...]


def compare(a: Version, b: Version, *, rows: int = 10) -> Diff:
    """Compare two versions.

    Args:
        a: the one before.
        b: the one after.
        rows: how many keys and flipped labels are listed of each kind; they are counted in full.

    Raises:
        VersionError: their tables cannot be read.
    """
    with bounded() as connection:
        for table in TABLES:
            _create_views(connection, table, a, b)
        tables = tuple(compare_table(connection, TABLES[table], a, b, rows) for table in TABLES)
        labels = compare_labels(connection, a, b, rows)
    figures = count_version(a)
    same = all(unchanged(a, b, table) for table in _COUNTED)
    return Diff(
        a=a,
        b=b,
        identical=a.revision == b.revision,
        tables=tables,
        labels=labels,
        figures_a=figures,
        figures_b=figures if same else count_version(b),
        settings=tuple(_settings(a, b)),
    )


def _create_views(connection: duckdb.DuckDBPyConnection, table: str, a: Version, b: Version) -> None:
    for side, version in (("a", a), ("b", b)):
        connection.execute(f"create view {side}_{table} as {select_table(version, table)}")


def _settings(a: Version, b: Version) -> list[Setting]:
    before, after = _said(a), _said(b)
    keys = sorted(before.keys() | after.keys())
    return [
        Setting(key=key, before=before.get(key), after=after.get(key))
        for key in keys
        if before.get(key) != after.get(key)
    ]


def _said(version: Version) -> dict[str, Any]:
    """What a version says about itself, by dotted keys."""
    content = version.manifest["content"]
    parts = {key: content[key] for key in ("recipe", "pins", "seeds", "parents", "schema_version")}
    return dict(_flat("", parts))


def _flat(prefix: str, value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        return [(prefix, value)]
    dot = f"{prefix}." if prefix else ""
    return [pair for key, each in value.items() for pair in _flat(f"{dot}{key}", each)]
