"""The Polars expressions give the rows that the named queries give, and plain Python."""

import inspect
import math
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import plain_answers
import polars as pl
import pytest
from rich_version import Row, Tables, rich_tables, unlabelled
from sample_version import tiny_content

from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.store import Version, commit_version, open_version
from dualset.sql import expressions
from dualset.sql.expressions.terms import Frames
from dualset.sql.frames import frames
from dualset.sql.queries import bind, named_queries, named_query
from dualset.sql.session import ask, connect

OF_JUDGES = {name for name, query in named_queries().items() if query.needs_rankings}  # in test_rankings.py
NAMES = [name for name in expressions.__all__ if name not in OF_JUDGES]
GIVEN: dict[str, dict[str, Any]] = {"limit": {"limit": 2}, "split": {"split": "train"}, "min_wrong": {"min_wrong": 2}}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def rich(home: Path) -> Version:
    return commit_version("rich", rich_tables(), content=tiny_content(), home=home)


@pytest.fixture(scope="module", params=[rich_tables(0), unlabelled(rich_tables())], ids=["empty", "unlabelled"])
def poor(home: Path, request: pytest.FixtureRequest) -> Version:
    return commit_version("poor", request.param, content=tiny_content(), home=home)


@cache
def opened(path: Path) -> tuple[Frames, duckdb.DuckDBPyConnection, Tables]:
    version = open_version(str(path))
    return frames(version), connect(version), {table: list(version.rows(table)) for table in TABLES}


def by_polars(version: Version, name: str, **given: Any) -> list[Row]:
    found = getattr(expressions, name)(opened(version.path)[0], **given)
    assert isinstance(found, pl.LazyFrame)
    return found.collect().to_dicts()


def by_duckdb(version: Version, name: str, **given: Any) -> list[Row]:
    query = named_query(name)
    values = bind(query, {key: str(value) for key, value in given.items()})
    answer = ask(opened(version.path)[1], query.sql, values)
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def by_python(version: Version, name: str, **given: Any) -> list[Row]:
    return list(getattr(plain_answers, name)(opened(version.path)[2], **given))


@pytest.mark.parametrize("name", NAMES)
def test_polars_duckdb_and_python_agree(rich: Version, name: str) -> None:
    parameters = [each.name for each in named_query(name).parameters]
    for given in ({}, *(GIVEN[parameter] for parameter in parameters)):
        found = by_polars(rich, name, **given)
        assert found == by_duckdb(rich, name, **given)
        assert found == by_python(rich, name, **given)
        assert found


@pytest.mark.parametrize("name", NAMES)
def test_a_poor_version_gives_no_nonsense(poor: Version, name: str) -> None:
    found = by_polars(poor, name)
    assert found == by_duckdb(poor, name)
    assert not [v for row in found for v in row.values() if isinstance(v, float) and not math.isfinite(v)]


@pytest.mark.parametrize("name", NAMES)
def test_an_expression_has_the_querys_parameters_and_columns(rich: Version, name: str) -> None:
    parameters = inspect.signature(getattr(expressions, name)).parameters
    defaults = {key: each.default for key, each in parameters.items() if key != "frames"}
    assert defaults == {each.name: each.default for each in named_query(name).parameters}
    tables, connection, _ = opened(rich.path)
    columns = getattr(expressions, name)(tables).collect_schema().names()
    assert tuple(columns) == ask(connection, named_query(name).sql, bind(named_query(name), {})).columns
