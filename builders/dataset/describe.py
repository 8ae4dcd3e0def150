"""Tables as Markdown, made from the schema: ``python -m dualset.builders.dataset.describe > docs/tables.md``."""

import sys

import pyarrow as pa

from dualset.builders.dataset.schema import SCHEMA_VERSION, TABLES, Table

__all__ = ["describe_table", "tables_page"]

_OPENING = """\
# Tables

Schema version {version}. This page is made from `builders/dataset/schema.py` by
`python -m dualset.builders.dataset.describe > docs/tables.md`.

Times are naive UTC. An absent value is null, never a default. Every key starts with `problem_id`, and every row is in
its problem's split. How to query the tables, with the views `executions` and `attempts`, is in [sql.md](sql.md).
"""


def tables_page() -> str:
    """The page's text."""
    tables = (describe_table(table, level=2) for table in TABLES.values())
    return "\n\n".join([_OPENING.format(version=SCHEMA_VERSION).rstrip(), *tables]) + "\n"


def describe_table(table: Table, level: int) -> str:
    """A table's columns as Markdown, under a heading of that level."""
    rows = "\n".join(f"| `{column.name}` | `{_type(column.type)}` | {column.doc} |" for column in table.columns)
    order = ", ".join(f"`{name}`" for name in table.key)
    head = f"{'#' * level} {table.name}\n\n{table.doc[0].upper()}{table.doc[1:]}. Sorted by {order}."
    return f"{head}\n\n| column | type | meaning |\n|---|---|---|\n{rows}"


def _type(kind: pa.DataType) -> str:
    """The Arrow type as people say it: the width of a text's offsets is nobody's business."""
    return str(kind).replace("large_string", "string").replace("item: ", "").replace("timestamp[us]", "timestamp (us)")


if __name__ == "__main__":
    sys.stdout.write(tables_page())
