"""What reward models score, in SQL: the queries against plain Python, and files that are not of the version."""

import inspect
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import plain_answers
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich_version import Tables, rich_tables
from sample_version import tiny_content

from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.store import Version, commit_version
from dualset.builders.errors import QueryError
from dualset.sql.queries import bind, named_queries, named_query
from dualset.sql.scores import SCHEMA
from dualset.sql.session import ask, connect
from dualset.train.reward_model.shaping import shaped

Row = dict[str, Any]
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("score_auc", {}),
    ("score_auc", {"split": "test"}),
    ("score_near_misses", {}),
    ("score_near_misses", {"split": "train"}),
    ("score_calibration", {}),
    ("score_calibration", {"split": "train"}),
    ("score_errors", {"limit": None}),
    ("score_errors", {"model": "org/rm", "limit": 3}),
]
NAMES = sorted(name for name, query in named_queries().items() if query.needs_scores)


def scores_of(tables: Tables, seed: int = 0) -> list[Row]:
    """Two models, one in two revisions; ties, large scores, and programs that one model did not score."""
    draw = random.Random(seed)
    labels = {row["program_id"]: row["passed"] for row in tables["labels"]}
    programs = sorted({(row["problem_id"], row["program_id"]) for row in tables["candidates"] if row["program_id"]})
    rows = []
    for model, revision in (("org/rm", "aaaa"), ("org/rm", "bbbb"), ("org/wild", "cccc")):
        for problem_id, program_id in programs:
            if model == "org/wild" and draw.random() < 0.2:
                continue
            score = draw.choice([0.0, 0.5, draw.gauss(0, 1), draw.gauss(bool(labels.get(program_id)), 1)])
            rows.append(
                {"model": model, "model_revision": revision, "problem_id": problem_id, "program_id": program_id}
                | {"score": score * (100 if model == "org/wild" else 1), "tokens": 10, "cut": False}
                | {"valid": draw.random() < 0.9, "dataset": "demo@1234"}
            )
    return rows


def write(rows: list[Row], path: Path) -> Path:
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path)
    return path


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return commit_version("rich", rich_tables(), content=tiny_content(), home=tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def tables(rich: Version) -> Tables:
    made: Tables = {table: list(rich.rows(table)) for table in TABLES}
    return made | {"scores": scores_of(made)}


@pytest.fixture(scope="module")
def file(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tables["scores"], tmp_path_factory.mktemp("scored") / "it's [a] *score.parquet")


def answered(connection: duckdb.DuckDBPyConnection, name: str, **given: Any) -> list[Row]:
    query = named_query(name)
    values = {key: "null" if value is None else str(value) for key, value in given.items()}
    answer = ask(connection, query.sql, bind(query, values))
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


@pytest.mark.parametrize(("name", "given"), ASKED, ids=str)
def test_a_query_answers_what_plain_python_does(
    rich: Version, tables: Tables, file: Path, name: str, given: dict[str, Any]
) -> None:
    found = answered(connect(rich, scores=file), name, **given)
    wanted = getattr(plain_answers, name)(tables, **given)
    assert [{k: v for k, v in row.items() if not isinstance(v, float)} for row in found] == [
        {k: v for k, v in row.items() if not isinstance(v, float)} for row in wanted
    ]
    for row, other in zip(found, wanted, strict=True):
        for key, value in row.items():
            if isinstance(value, float):
                assert value == pytest.approx(other[key], abs=1.01e-4)  # a sum in another order may round otherwise
    assert found


def test_every_query_of_scores_is_asked_here() -> None:
    assert sorted({name for name, _ in ASKED}) == NAMES
    for name in NAMES:
        ours = inspect.signature(getattr(plain_answers, name)).parameters
        defaults = {key: each.default for key, each in ours.items() if key != "t"}
        assert defaults == {each.name: each.default for each in named_query(name).parameters}


def test_the_view_has_the_label_the_split_and_the_shaped_reward(rich: Version, tables: Tables, file: Path) -> None:
    splits = {row["problem_id"]: row["split"] for row in tables["problems"]}
    labels = {row["program_id"]: row for row in tables["labels"]}
    query = "select model_revision, program_id, passed, outcome, split, reward from scores"
    found = {(revision, name): rest for revision, name, *rest in ask(connect(rich, scores=file), query).rows}
    assert len(found) == len(tables["scores"])
    for row in tables["scores"]:
        passed, outcome, split, reward = found[row["model_revision"], row["program_id"]]
        label = labels.get(row["program_id"], {"passed": None, "outcome": None})
        assert (passed, outcome, split) == (label["passed"], label["outcome"], splits[row["problem_id"]])
        assert reward == pytest.approx(shaped([row["score"] if row["valid"] else None])[0], rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: row | {"program_id": "feed"}, "the program feed is not there; they were made on demo@1234"),
        (lambda row: row | {"problem_id": "p9"}, "is not there"),
        (lambda row: row | {"score": math.nan}, "has a score that is no finite number"),
        (lambda row: row | {"score": -math.inf}, "has a score that is no finite number"),
    ],
)
def test_scores_of_another_version_are_refused_in_one_line(
    rich: Version, tables: Tables, tmp_path: Path, change: Callable[[Row], Row], message: str
) -> None:
    rows = [*tables["scores"][:-1], change(tables["scores"][-1])]
    with pytest.raises(QueryError, match=f"1 of {len(rows)} scores are not of rich@{rich.revision[:8]}") as caught:
        connect(rich, scores=write(rows, tmp_path / "other.parquet"))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_score_that_is_told_twice_and_a_file_that_is_none(rich: Version, file: Path, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=r"the score of the program \w+ by org/rm is there twice"):
        connect(rich, scores=[file, file])
    with pytest.raises(QueryError, match="has no column 'model'"):
        connect(rich, scores=rich.files("labels")[0])
    with pytest.raises(QueryError, match="holds no score"):
        connect(rich, scores=write([], tmp_path / "none.parquet"))
    with pytest.raises(QueryError, match="there are no scores here: give files"):
        ask(connect(rich), "from scores")


def test_other_files_stay_out_of_reach(rich: Version, tables: Tables, file: Path, tmp_path: Path) -> None:
    other = write(tables["scores"], tmp_path / "other.parquet")
    with pytest.raises(QueryError, match="Permission"):
        list(ask(connect(rich, scores=file), f"from read_parquet('{other}')").rows)
