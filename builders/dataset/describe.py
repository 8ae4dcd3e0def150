"""``docs/tables.md``, made from the schema: ``python -m dualset.builders.dataset.describe > docs/tables.md``."""

import sys

from dualset.builders.dataset.card import describe_table
from dualset.builders.dataset.schema import SCHEMA_VERSION, TABLES

__all__ = ["tables_page"]

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


if __name__ == "__main__":
    sys.stdout.write(tables_page())
