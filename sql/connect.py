"""``dualset.sql.connect("demo@v1")``: a version in a notebook, as DuckDB.

In: a reference or a version. Out: the locked connection of ``session.py``. ``sql/`` has no ``__init__.py``, so
``dualset.sql.connect`` is this module. It is callable, so that these all work::

    from dualset.sql import connect
    connect("demo@v1").sql("from attempts limit 5")

    import dualset.sql.connect
    dualset.sql.connect("demo@v2", other="demo@v1").sql("select count(*) from other.labels")

    from dualset.sql.session import connect  # the one that type checkers understand
"""

import sys
from types import ModuleType
from typing import Any

import duckdb

from dualset.sql.session import connect

__all__ = ["connect"]


class _CallableModule(ModuleType):
    def __call__(self, *args: Any, **keywords: Any) -> duckdb.DuckDBPyConnection:
        return connect(*args, **keywords)


sys.modules[__name__].__class__ = _CallableModule
