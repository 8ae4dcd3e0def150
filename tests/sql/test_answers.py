"""Named queries against plain Python (``plain_answers.py``) on a version with every case, and on poor ones."""

import inspect
import math
import re
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import plain_answers
import pytest
from rich_version import Row, Tables, flipped, rich_tables, unlabelled
from sample_version import tiny_content

from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.store import Version, commit_version, open_version
from dualset.sql.queries import bind, named_queries, named_query
from dualset.sql.session import ask, connect

ROOT = Path(__file__).parents[2]
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("cost_by_model", {}),
    ("diversity", {"limit": None}),
    ("diversity", {"split": "test", "limit": 2}),
    ("doubtful_tests", {"limit": None}),
    ("doubtful_tests", {"min_programs": 4, "limit": 2}),
    ("exception_lines", {"limit": None}),
    ("exception_lines", {"exception": "NameError"}),
    ("extraction_failures", {"limit": None}),
    ("extraction_failures", {"model": "org/small"}),
    ("finish_reasons", {}),
    ("first_failures", {}),
    ("first_failures", {"split": "train"}),
    ("flaky_programs", {"limit": None}),
    ("group_yield", {}),
    ("group_yield", {"split": "validation"}),
    ("hardest_solved", {"limit": None}),
    ("hardest_solved", {"split": "train", "limit": 3}),
    ("label_conflicts", {}),
    ("label_conflicts", {"blanks": "ignored"}),
    ("length_by_outcome", {}),
    ("length_by_outcome", {"unit": "tokens", "split": "train"}),
    ("length_by_outcome", {"unit": "code_characters"}),
    ("near_time_limit", {"limit": None}),
    ("near_time_limit", {"percent": 90, "limit": 3}),
    ("near_time_limit", {"percent": 1, "limit": None}),
    ("never_solved", {"limit": None}),
    ("never_solved", {"split": "test", "limit": 1}),
    ("outcomes_by_model", {}),
    ("outcomes_by_model", {"split": "test"}),
    ("outcomes_by_problem", {}),
    ("outcomes_by_problem", {"split": "train", "limit": 3}),
    ("outcomes_by_round", {}),
    ("outcomes_by_round", {"split": "validation"}),
    ("partial_credit", {}),
    ("partial_credit", {"split": "test"}),
    ("pass_at_k_curve", {}),
    ("pass_at_k_curve", {"at_least": 3, "split": "train"}),
    ("pass_rate_by_length", {}),
    ("pass_rate_by_length", {"unit": "tokens", "split": "train"}),
    ("pass_rate_by_length", {"unit": "code_characters"}),
    ("split_leakage", {}),
    ("toothless_tests", {"limit": None}),
    ("toothless_tests", {"min_wrong": 2, "limit": 3}),
]
COMPARED = [("label_flips", {"limit": None}), ("label_flips", {"limit": 2})]
NAMES = sorted({name for name, _ in ASKED})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def rich(home: Path) -> Version:
    return commit_version("rich", rich_tables(), content=tiny_content(), home=home)


@pytest.fixture(scope="module")
def rich_flipped(home: Path) -> Version:
    return commit_version("flipped", flipped(rich_tables()), content=tiny_content(), home=home)


@pytest.fixture(scope="module")
def poor(home: Path) -> Version:
    """Before anything was run."""
    return commit_version("poor", unlabelled(rich_tables()), content=tiny_content(), home=home)


@pytest.fixture(scope="module")
def empty(home: Path) -> Version:
    return commit_version("empty", rich_tables(0), content=tiny_content(), home=home)


@cache
def connection(path: Path, other: Path | None) -> duckdb.DuckDBPyConnection:
    return connect(str(path), other=other and str(other))


def answered(version: Version, name: str, given: dict[str, Any], other: Version | None = None) -> list[Row]:
    query = named_query(name)
    values = {key: "null" if value is None else str(value) for key, value in given.items()}
    answer = ask(connection(version.path, other and other.path), query.sql, bind(query, values))
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def expected(tables: Tables, name: str, given: dict[str, Any]) -> list[Row]:
    return list(getattr(plain_answers, name)(tables, **given))


@cache
def rows_at(path: Path) -> Tables:
    version = open_version(str(path))
    return {table: list(version.rows(table)) for table in TABLES}


def tables_of(version: Version) -> Tables:
    return rows_at(version.path)


@pytest.mark.parametrize(("name", "given"), ASKED, ids=str)
def test_a_query_answers_what_plain_python_does(rich: Version, name: str, given: dict[str, Any]) -> None:
    found = answered(rich, name, given)
    assert found == expected(tables_of(rich), name, given)
    assert found


@pytest.mark.parametrize(("name", "given"), COMPARED, ids=str)
def test_a_query_over_two_versions(rich: Version, rich_flipped: Version, name: str, given: dict[str, Any]) -> None:
    found = answered(rich, name, given, rich_flipped)
    assert found == expected(tables_of(rich), name, given | {"other": tables_of(rich_flipped)})
    assert found
    assert answered(rich, name, given, rich) == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_labelled_is_unknown(poor: Version, name: str) -> None:
    found = answered(poor, name, {})
    assert found == expected(tables_of(poor), name, {})
    values = [value for row in found for value in row.values()]
    assert not [value for value in values if isinstance(value, float) and not math.isfinite(value)]


LOOKED_IN = ("test_queries.py", "test_rankings.py", "test_consensus_queries.py", "test_scores.py")


@pytest.mark.parametrize("name", sorted(named_queries()))
def test_a_named_query_says_what_it_is_and_answers_an_empty_version(empty: Version, name: str) -> None:
    query = named_query(name)
    assert query.title
    assert query.read
    assert all(parameter.doc for parameter in query.parameters)
    tested = "".join((ROOT / "tests/sql" / file).read_text() for file in LOOKED_IN)
    assert name in {*NAMES, *dict(COMPARED)} or f"def test_{name}(" in tested or f'("{name}", {{' in tested
    if not query.needs_rankings and not query.needs_scores:  # an empty version has none, and an empty file is refused
        assert [*ask(connect(empty, other=empty), query.sql, bind(query, {})).rows] == []


@pytest.mark.parametrize("name", sorted({*NAMES, *dict(COMPARED)}))
def test_the_plain_answer_has_the_querys_parameters_and_defaults(name: str) -> None:
    ours = inspect.signature(getattr(plain_answers, name)).parameters
    defaults = {key: each.default for key, each in ours.items() if each.default is not inspect.Parameter.empty}
    assert defaults == {each.name: each.default for each in named_query(name).parameters}


def test_the_docs_list_every_named_query_and_no_other() -> None:
    section = (ROOT / "docs/sql.md").read_text().split("## Named queries")[1].split("## ")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == sorted(named_queries())
