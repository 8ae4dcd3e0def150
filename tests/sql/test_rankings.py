"""Judges' rankings in SQL: the queries against plain Python, and files that are not of the version."""

import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import plain_answers
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from judged_groups import Row, rankings_of, write_rankings
from polars.testing import assert_frame_equal
from rich_version import Tables, rich_tables
from sample_version import tiny_content, tiny_tables, tiny_version

from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.store import Version, commit_version
from dualset.builders.errors import QueryError
from dualset.sql import expressions
from dualset.sql.frames import frames
from dualset.sql.queries import bind, named_queries, named_query
from dualset.sql.session import ask, connect

ASKED: list[tuple[str, dict[str, Any]]] = [
    ("judge_errors", {"limit": None}),
    ("judge_errors", {"model": "org/lazy", "limit": 5}),
    ("judge_error_kinds", {}),
    ("judge_position_bias", {}),
    ("judge_by_difficulty", {}),
    ("judge_by_difficulty", {"split": "test"}),
    ("judge_agreement", {}),
]
TWINS = ["judge_error_kinds", "judge_position_bias"]
NAMES = sorted(name for name, query in named_queries().items() if query.needs_rankings)


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return commit_version("rich", rich_tables(), content=tiny_content(), home=tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def tables(rich: Version) -> Tables:
    made: Tables = {table: list(rich.rows(table)) for table in TABLES}
    return made | {"rankings": rankings_of(made)}


@pytest.fixture(scope="module")
def file(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rankings(tables["rankings"], tmp_path_factory.mktemp("judged") / "it's [a] *ranking.parquet")


def answered(connection: duckdb.DuckDBPyConnection, name: str, **given: Any) -> list[Row]:
    query = named_query(name)
    values = {key: "null" if value is None else str(value) for key, value in given.items()}
    answer = ask(connection, query.sql, bind(query, values))
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


@pytest.mark.parametrize(("name", "given"), ASKED, ids=str)
def test_a_query_answers_what_plain_python_does(
    rich: Version, tables: Tables, file: Path, name: str, given: dict[str, Any]
) -> None:
    found = answered(connect(rich, rankings=file), name, **given)
    assert found == getattr(plain_answers, name)(tables, **given)
    assert found


def test_every_query_of_rankings_is_asked_here() -> None:
    assert sorted({name for name, _ in ASKED}) == NAMES
    for name in NAMES:
        ours = inspect.signature(getattr(plain_answers, name)).parameters
        defaults = {key: each.default for key, each in ours.items() if key != "t"}
        assert defaults == {each.name: each.default for each in named_query(name).parameters}


@pytest.mark.parametrize("name", TWINS)
def test_polars_duckdb_and_python_agree(rich: Version, file: Path, tables: Tables, name: str) -> None:
    found = getattr(expressions, name)(frames(rich, rankings=file)).collect().to_dicts()
    assert found == getattr(plain_answers, name)(tables)
    assert [*found[0]] == [*answered(connect(rich, rankings=file), name)[0]]


def test_the_frame_is_the_view(rich: Version, file: Path) -> None:
    key = ["model", "model_revision", "group_id", "repeat", "order_index"]
    view = connect(rich, rankings=file).sql("from rankings").pl()
    assert_frame_equal(frames(rich, rankings=str(file))["rankings"].collect().sort(key), view.sort(key))
    assert "rankings" not in frames(rich)


def test_right_programs_beside_an_error_are_those_of_its_own_lists(tmp_path: Path) -> None:
    """Two groups of one problem, each a wrong program and a right one, of which one is long."""
    made = tiny_tables()
    group = next(row for row in made["groups"] if row["problem_id"] == "p004")
    assert group["correct"] == (False, True, True, False)
    short, long = 40, 1040
    for row in made["candidates"]:
        if row["program_id"] in group["program_ids"]:
            row["code"] = "#" * (long if row["program_id"] == group["program_ids"][2] else short)
    halves = [
        group
        | {"group_id": name, "correct": (False, True), "n_correct": 1}
        | {key: tuple(group[key][i] for i in members) for key in ("candidate_ids", "program_ids")}
        for name, members in (("a", (0, 1)), ("b", (3, 2)))
    ]
    version = commit_version("demo", made | {"groups": halves}, content=tiny_content(), home=tmp_path)
    said = [row | {"places": [1 + right for right in row["correct"]]} for row in rankings_of({"groups": halves})]
    connection = connect(version, rankings=write_rankings(said, tmp_path / "said.parquet"))
    found = {row["program_id"]: row["right_characters"] for row in answered(connection, "judge_errors")}
    assert found == {group["program_ids"][0]: short, group["program_ids"][3]: long}


def test_without_a_proper_answer_there_is_no_nonsense(rich: Version, tables: Tables, tmp_path: Path) -> None:
    made = [row | {"places": None} for row in tables["rankings"]]
    file = write_rankings(made, tmp_path / "r.parquet")
    for name in NAMES:
        found = answered(connect(rich, rankings=file), name)
        assert found == getattr(plain_answers, name)(tables | {"rankings": made})
        if name in TWINS:
            assert getattr(expressions, name)(frames(rich, rankings=file)).collect().to_dicts() == found
        assert not [v for row in found for v in row.values() if isinstance(v, float) and not math.isfinite(v)]


def test_the_view_says_what_was_put_first_and_in_which_split(rich: Version, tables: Tables, file: Path) -> None:
    splits = {row["problem_id"]: row["split"] for row in tables["problems"]}
    query = "select size, first_slot, first_program_id, first_correct, split from rankings"
    expected = []
    for row in tables["rankings"]:
        slot = row["places"] and row["places"].index(1)
        first = (None,) * 3 if slot is None else (slot + 1, row["shown"][slot], row["correct"][slot])
        expected.append((len(row["shown"]), *first, splits[row["problem_id"]]))
    assert sorted(ask(connect(rich, rankings=str(file)), query).rows, key=str) == sorted(expected, key=str)


@pytest.mark.parametrize(
    "name", ["said[1].parquet", "sa?d1.parquet", "*.parquet", "[d]/said1.parquet", "{said1}.parquet"]
)
def test_a_file_whose_name_looks_like_a_pattern_is_that_file(
    rich: Version, tables: Tables, tmp_path: Path, name: str
) -> None:
    rows = tables["rankings"]
    (tmp_path / "d").mkdir()
    (tmp_path / name).parent.mkdir(exist_ok=True)
    others = [write_rankings(rows, tmp_path / other) for other in ("said1.parquet", "d/said1.parquet")]
    connection = connect(rich, rankings=write_rankings(rows[:3], tmp_path / name))
    assert list(ask(connection, "select count(*) from rankings").rows) == [(3,)]
    for other in others:
        with pytest.raises(QueryError):
            ask(connection, f"from read_parquet('{other}')")


def test_a_name_that_duckdb_cannot_open_is_one_line(rich: Version, tables: Tables, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=r"^cannot read the rankings in a\\b\[1\]\.parquet") as caught:
        connect(rich, rankings=write_rankings(tables["rankings"], tmp_path / "a\\b[1].parquet"))
    assert "\n" not in str(caught.value)


def test_a_file_without_a_row_is_refused(rich: Version, tables: Tables, tmp_path: Path) -> None:
    files = [write_rankings(part, tmp_path / f"{i}.parquet") for i, part in enumerate((tables["rankings"], []))]
    for ask_it in (lambda: connect(rich, rankings=files), lambda: frames(rich, rankings=files)):
        with pytest.raises(QueryError, match=r"1\.parquet holds no ranking: no group was shown to a judge") as caught:
            ask_it()
        assert "\n" not in str(caught.value)


def test_two_files_are_one_view_and_one_file_is_not_given_twice(rich: Version, tables: Tables, tmp_path: Path) -> None:
    rows = tables["rankings"]
    halves = [write_rankings(part, tmp_path / f"{i}.parquet") for i, part in enumerate((rows[::2], rows[1::2]))]
    assert list(ask(connect(rich, rankings=halves), "select count(*) from rankings").rows) == [(len(rows),)]
    with pytest.raises(QueryError, match=r"the ranking of the group .* is there twice"):
        connect(rich, rankings=[halves[0], halves[0]])


def _swapped(row: Row) -> Row:
    return row | {"shown": ["f" * 16, *row["shown"][1:]]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: row | {"group_id": "feed"}, "the group feed is not there; they were measured on demo@1234"),
        (lambda row: row | {"problem_id": "p9"}, "is of another problem"),
        (_swapped, "has other programs"),
        (lambda row: row | {"correct": [not right for right in row["correct"]]}, "has other verdicts"),
        (lambda row: row | {"correct": row["correct"][1:]}, "has verdicts that are not as many as its programs"),
        (lambda row: row | {"places": [1] * len(row["shown"])}, "has places that are no ranking"),
        (lambda row: row | {"places": [1]}, "has places that are no ranking"),
    ],
)
def test_rankings_of_another_version_are_refused_in_one_line(
    rich: Version, tables: Tables, tmp_path: Path, change: Callable[[Row], Row], message: str
) -> None:
    rows = [*tables["rankings"][:-1], change(tables["rankings"][-1])]
    with pytest.raises(QueryError, match=f"1 of {len(rows)} rankings are not of rich@{rich.revision[:8]}") as caught:
        connect(rich, rankings=write_rankings(rows, tmp_path / "other.parquet"))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_whole_file_of_another_version_is_one_line(rich: Version, tmp_path: Path) -> None:
    other = tiny_version(tmp_path, n_problems=5, seed=9)
    rows = rankings_of({"groups": list(other.rows("groups"))}, dataset=f"tiny@{other.revision}")
    with pytest.raises(QueryError, match=f"they were measured on tiny@{other.revision}$"):
        connect(rich, rankings=write_rankings(rows, tmp_path / "other.parquet"))


def test_a_file_that_is_no_rankings_is_refused(rich: Version, file: Path, tmp_path: Path) -> None:
    for path, message in [
        (tmp_path / "none.parquet", "No such file or directory"),
        (tmp_path, "Is a directory"),
        (rich.path / "manifest.json", "no Parquet file"),
        (rich.files("labels")[0], "has no column 'model'"),
    ]:
        with pytest.raises(QueryError, match=message) as caught:
            connect(rich, rankings=path)
        assert "\n" not in str(caught.value)
    odd = pq.read_table(file).set_column(4, "repeat", pa.array(["x"] * pq.read_metadata(file).num_rows))
    pq.write_table(odd, tmp_path / "odd.parquet")
    with pytest.raises(QueryError, match=r"has repeat as string: expected .* with repeat as int32"):
        connect(rich, rankings=tmp_path / "odd.parquet")


def test_a_file_cut_short_is_one_line(rich: Version, file: Path, tmp_path: Path) -> None:
    data = bytearray(file.read_bytes())
    data[10 : len(data) // 2] = bytes(len(data) // 2 - 10)  # the footer is whole, the rows are not
    (tmp_path / "torn.parquet").write_bytes(data)
    with pytest.raises(QueryError, match=r"^cannot read the rankings in torn.parquet") as caught:
        connect(rich, rankings=tmp_path / "torn.parquet")
    assert "\n" not in str(caught.value)


def test_large_types_and_wide_numbers_are_rankings_too(rich: Version, tables: Tables, tmp_path: Path) -> None:
    wide = {pa.string(): pa.large_string(), pa.int32(): pa.int64(), pa.bool_(): pa.bool_()}
    schema = pa.schema(
        [
            pa.field("model", pa.large_string()),
            *(pa.field(name, pa.large_string()) for name in ("model_revision", "group_id", "problem_id", "dataset")),
            *(pa.field(name, pa.int64()) for name in ("repeat", "order_index")),
            pa.field("shown", pa.large_list(wide[pa.string()])),
            pa.field("correct", pa.list_(wide[pa.bool_()])),
            pa.field("places", pa.list_(wide[pa.int32()])),
        ]
    )
    pq.write_table(pa.Table.from_pylist(tables["rankings"], schema=schema), tmp_path / "wide.parquet")
    found = answered(connect(rich, rankings=tmp_path / "wide.parquet"), "judge_position_bias")
    assert found == plain_answers.judge_position_bias(tables)


def test_the_rankings_open_no_other_file(rich: Version, file: Path) -> None:
    connection = connect(rich, rankings=file)
    for query in ("select * from read_csv('/etc/passwd')", f"from glob('{rich.path.parent}/*')"):
        with pytest.raises(QueryError):
            ask(connection, query)
