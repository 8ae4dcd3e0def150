"""The session: the views hold what the tables hold, and SQL reaches nothing but the version's own files."""

import os
from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sample_version import tiny_version

import dualset.sql.frames
from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.store import Version, open_version
from dualset.builders.errors import QueryError, UnknownVersion
from dualset.sql.frames import frames
from dualset.sql.session import ask, connect

KEYS = {name: list(table.key) for name, table in TABLES.items()}
KEYS |= {"executions": ["program_id", "test_index"], "attempts": ["candidate_id"]}


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    odd = tmp_path_factory.mktemp("store") / "it's [a] *store?"
    return tiny_version(odd, tag="v1")


@pytest.mark.parametrize("name", sorted(KEYS))
def test_frames_hold_the_same_as_the_views(version: Version, name: str) -> None:
    frame = frames(version)[name].collect()
    view = connect(version).sql(f"from {name}").pl()
    assert len(frame) > 0 or TABLES[name].optional
    assert_frame_equal(frame.sort(KEYS[name]), view.sort(KEYS[name]), check_dtypes=False)


@pytest.mark.parametrize("table", sorted(TABLES))
def test_a_view_is_its_table_with_the_split(version: Version, table: str) -> None:
    split = {p["problem_id"]: p["split"] for p in version.rows("problems")}
    expected = [{**row, "split": split[row["problem_id"]]} for row in version.rows(table)]
    found = connect(version).sql(f"from {table} order by {', '.join(KEYS[table])}").to_arrow_table().to_pylist()
    assert found == expected


def test_an_execution_is_one_program_on_one_test(version: Version) -> None:
    tests = {p["problem_id"]: p["tests"] for p in version.rows("problems")}
    passed = {"pass": True, "infra_error": None}
    expected = [
        (label["program_id"], i, tests[label["problem_id"]][i]["test_id"], outcome, passed.get(outcome, False))
        for label in version.rows("labels")
        for i, outcome in enumerate(label["outcomes"])
    ]
    query = "select program_id, test_index, test_id, outcome, passed from executions"
    assert sorted(ask(connect(version), query).rows, key=str) == sorted(expected, key=str)


def test_an_answer_without_code_is_wrong_and_one_without_a_label_is_unknown(version: Version) -> None:
    query = "select program_id is null, outcome, correct, count(*) from attempts group by all"
    seen = {row[:3] for row in ask(connect(version), query).rows}
    assert (True, "no_code", False) in seen
    assert (False, "infra_error", None) in seen
    assert (False, None, None) in seen
    assert not {row for row in seen if row[1] == "pass" and row[2] is not True}


def test_frames_is_called_as_a_module_too(version: Version) -> None:
    home = version.path.parents[2]
    by_module = dualset.sql.frames("tiny@v1", home=home)["labels"]  # type: ignore[operator]
    assert_frame_equal(by_module.collect(), frames("tiny@v1", home=home)["labels"].collect())
    assert isinstance(by_module, pl.LazyFrame)
    with pytest.raises(UnknownVersion):
        dualset.sql.frames("none", home=home)  # type: ignore[operator]


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_text('/etc/hostname')",
        "select * from '/etc/hostname'",
        "from read_csv('{path}/manifest.json')",
        "from glob('/*')",
        "copy (select 1) to '{path}/data/labels/new.parquet'",
        "copy (select 1) to '{file}'",
        "attach '{path}/new.db'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "reset lock_configuration",
        "export database '{path}/out'",
    ],
)
def test_sql_reaches_nothing_but_the_versions_files(version: Version, query: str) -> None:
    before = sorted(version.path.rglob("*"))
    text = query.format(
        path=str(version.path).replace("'", "''"), file=str(version.files("labels")[0]).replace("'", "''")
    )
    with pytest.raises(duckdb.Error):
        connect(version).execute(text).fetchall()
    assert sorted(version.path.rglob("*")) == before
    open_version(str(version.path))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("drop view labels", "expected one select statement, not DROP"),
        ("select 1; select 2", "not SELECT, SELECT"),
        ("explain analyze copy (select 1) to 'x'", "not EXPLAIN"),
        ("create table x as select 1", "not CREATE"),
        (" -- nothing", "not none"),
        ("selec 1", 'syntax error at or near "selec"'),
        ("from problms", 'problms does not exist! Did you mean "problems"'),
        ("select staement from problems", 'Candidate bindings: "statement"'),
        ("select $k", "Values were not provided for the following parameters: k"),
        ("select error('at row ' || problem_id) from problems", "at row p"),
    ],
)
def test_a_wrong_query_gets_one_line(version: Version, query: str, message: str) -> None:
    with pytest.raises(QueryError, match=message) as caught:
        list(ask(connect(version), query).rows)
    assert "\n" not in str(caught.value)


def test_a_split_reads_its_own_files_only(version: Version) -> None:
    plan = connect(version).sql("explain select count(code) from candidates where split = 'test'").fetchall()[0][1]
    assert plan.count("READ_PARQUET") == 1
    assert connect(version).sql("explain from candidates").fetchall()[0][1].count("READ_PARQUET") == 3


def test_a_query_larger_than_its_memory_is_spilled_and_nothing_stays(
    version: Version, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    connection = connect(version, memory_mb=60)
    query = "select count(*) from (select md5(i::varchar) as text from range(2000000) t(i) group by text)"
    assert list(ask(connection, query).rows) == [(2_000_000,)]
    assert [path.name.rpartition("-")[0] for path in tmp_path.iterdir()] == [f"dualset-sql-{os.getpid()}"]
    connection.close()
    assert not list(tmp_path.iterdir())


def test_a_query_that_cannot_be_spilled_says_what_to_do(version: Version) -> None:
    query = "select len(list(md5(i::varchar))) from range(3000000) t(i)"
    with pytest.raises(QueryError, match=r"(?i)out of memory.*--memory-mb \(1000 if not said\)$") as caught:
        list(ask(connect(version, memory_mb=60), query).rows)
    assert "\n" not in str(caught.value)
    assert list(ask(connect(version, memory_mb=600), query).rows) == [(3_000_000,)]
