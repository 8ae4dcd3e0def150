"""A table of two versions, row by row: added, removed, changed.

In: a connection with the views ``a_TABLE`` and ``b_TABLE``. Out: counts, the columns that changed, and the first keys.
Rows meet by the table's key and are compared by eight bytes of each column, so that no text enters the join.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import duckdb
import pyarrow as pa

from dualset.builders.dataset.schema import Column, Table
from dualset.builders.dataset.version import Version

__all__ = ["TableDiff", "compare_table", "unchanged"]

ROWS_A_JOIN = 250_000
"""Rows of each side joined at a time: a full join holds one of its sides."""
Keys = tuple[tuple[str, ...], ...]
"""Keys of rows, in key order: (problem_id,) or (problem_id, id)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TableDiff:
    """What became of a table's rows.

    Attributes:
        table: its name.
        measured: it is no part of the revision.
        rows_a, rows_b: rows before and after.
        added, removed, changed: rows by key.
        columns: column -> rows in both whose value of it differs; only columns where there are any.
        first_added, first_removed, first_changed: keys, as many as were asked for.
    """

    table: str
    measured: bool
    rows_a: int
    rows_b: int
    added: int = 0
    removed: int = 0
    changed: int = 0
    columns: dict[str, int] = field(default_factory=dict)
    first_added: Keys = ()
    first_removed: Keys = ()
    first_changed: Keys = ()


def unchanged(a: Version, b: Version, table: str) -> bool:
    """Whether a table is known to be the same without reading it: by its digest, or by its files."""
    digests = [version.manifest["content"]["tables"].get(table) for version in (a, b)]
    if all(digests):
        return digests[0] == digests[1]
    files = [
        [file["sha256"] for file in version.manifest["files"]["parquet"] if file["table"] == table]
        for version in (a, b)
    ]
    return files[0] == files[1]


def compare_table(connection: duckdb.DuckDBPyConnection, table: Table, a: Version, b: Version, rows: int) -> TableDiff:
    """Compare a table of two versions; at most ``rows`` keys of each kind are listed."""
    rows_a, rows_b = (sum(version.splits[table.name].values()) for version in (a, b))
    whole = TableDiff(table=table.name, measured=table.measured, rows_a=rows_a, rows_b=rows_b)
    if unchanged(a, b, table.name):
        return whole
    columns = [column for column in table.columns if column.name not in table.key]
    for side in ("a", "b"):
        connection.execute(_hashed(table, columns, side))
    parts = 1 + max(rows_a, rows_b) // ROWS_A_JOIN
    query = _joined(table, len(columns), max(1, rows))
    found = [connection.execute(query, {"parts": parts, "part": i}).fetchall()[0] for i in range(parts)]
    for side in ("a", "b"):
        connection.execute(f"drop table {side}_hashes")
    counts = [sum(column) for column in zip(*(part[3:] for part in found), strict=True)]
    first = [_keys((part[i] for part in found), rows) for i in range(3)]
    return replace(
        whole,
        added=counts[0],
        removed=counts[1],
        changed=counts[2],
        columns={column.name: n for column, n in zip(columns, counts[3:], strict=True) if n},
        first_added=first[0],
        first_removed=first[1],
        first_changed=first[2],
    )


def _hashed(table: Table, columns: list[Column], side: str) -> str:
    """A table of keys and hashes: small, and spilled where it does not fit, so the join needs no text and no file."""
    hashes = ", ".join(f"{_short(column)} as h{i}" for i, column in enumerate(columns))
    part = "hash(problem_id) as part"
    return (
        f"create temp table {side}_hashes as select {part}, {', '.join(table.key)}, {hashes} from {side}_{table.name}"
    )


def _joined(table: Table, n_columns: int, rows: int) -> str:
    """First keys and counts of added, removed and changed rows, then the counts of the columns, of some problems."""
    first = table.key[0]
    both = f"a.{first} = b.{first}"
    differ = [f"a.h{i} is distinct from b.h{i}" for i in range(n_columns)]
    kinds = [f"a.{first} is null", f"b.{first} is null", f"{both} and ({' or '.join(differ) or 'false'})"]
    either = "struct_pack(" + ", ".join(f"{name} := coalesce(a.{name}, b.{name})" for name in table.key) + ")"
    answers = [f"min({either}, {rows}) filter ({kind})" for kind in kinds]
    answers += [f"count(*) filter ({kind})" for kind in kinds]
    answers += [f"count(*) filter ({both} and {each})" for each in differ]
    sides = (f"(from {side}_hashes where part % $parts = $part) {side}" for side in ("a", "b"))
    met = " and ".join(f"a.{name} = b.{name}" for name in table.key)
    return f"select {', '.join(answers)} from {' full join '.join(sides)} on {met}"


def _short(column: Column) -> str:
    """A value in eight bytes.

    DuckDB's own ``hash`` will not do: it takes many repetitive texts for the same one, and null, an empty list and a
    list of null as well.
    """
    name, kind = f'"{column.name}"', column.type
    if pa.types.is_nested(kind) or pa.types.is_floating(kind):
        return f"md5_number_lower(to_json({name})::varchar)"
    return f"md5_number_lower({name})" if kind in (pa.string(), pa.large_string()) else name


def _keys(found: Iterable[list[dict[str, str]] | None], rows: int) -> Keys:
    keys = sorted(tuple(key.values()) for part in found for key in part or ())
    return tuple(keys[:rows])
