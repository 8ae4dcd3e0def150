"""Versions of every past schema are read; one of a newer dualset says what to do.

``tests/data/schema-N/`` holds a tiny version of schema N as it was written. The dualset of tomorrow is today's with one
column, one field of a struct and one table more, in a process of its own.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from sample_version import tiny_version

from dualset.builders.dataset.diff import compare
from dualset.builders.dataset.figures import count_version
from dualset.builders.dataset.manifest import revision_of
from dualset.builders.dataset.older import OLDEST_SCHEMA
from dualset.builders.dataset.schema import SCHEMA_VERSION, TABLES
from dualset.builders.dataset.store import open_version
from dualset.builders.dataset.verify import verify_digests
from dualset.builders.errors import VersionError
from dualset.cli import cli
from dualset.sql.frames import frames
from dualset.sql.session import ask, connect

DATA = Path(__file__).parents[2] / "data"
PAST = range(OLDEST_SCHEMA, SCHEMA_VERSION + 1)

TOMORROW = """
import dataclasses, sys
import pyarrow as pa
from dualset.builders.dataset import schema

labels, problems = schema.TABLES["labels"], schema.TABLES["problems"]
test = pa.list_(pa.struct([*problems.schema.field("tests").type.value_type, pa.field("weight", pa.float64())]))
tests = dataclasses.replace(next(c for c in problems.columns if c.name == "tests"), type=test)
schema.SCHEMA_VERSION += 1
score = schema.Column("score", pa.float64(), "")
schema.TABLES["labels"] = dataclasses.replace(labels, columns=(*labels.columns, score))
schema.TABLES["problems"] = dataclasses.replace(
    problems, columns=tuple(tests if c.name == "tests" else c for c in problems.columns)
)
schema.TABLES["pairs"] = schema.Table(
    name="pairs", doc="pairs", key=("problem_id", "pair_id"),
    columns=(schema.Column("problem_id", pa.string(), ""), schema.Column("pair_id", pa.string(), "")),
)
"""


def tomorrow(script: str, *args: str) -> Any:
    """What the script prints under the dualset of tomorrow, read as JSON."""
    command = [sys.executable, "-c", f"{TOMORROW}\nimport json\n{script}", *args]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("schema", PAST)
def test_a_version_of_every_past_schema_is_read(schema: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dualset.train.rows import load_groups

    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path))
    version = open_version(str(DATA / f"schema-{schema}"))
    verify_digests(version)
    counted = {name: frame.collect().height for name, frame in frames(version).items() if name in TABLES}
    for table in TABLES.values():
        rows = list(version.rows(table.name))
        assert all(row.keys() == {column.name for column in table.columns} for row in rows)
        assert (
            len(rows)
            == counted[table.name]
            == next(ask(connect(version), f"select count(*) from {table.name}").rows)[0]
        )
    assert len(load_groups(version, "train", ["prompt", "correct"])) == counted["groups"] > 0
    assert count_version(version).rates.correct > 0
    assert compare(version, version).identical


def test_today_s_columns_are_those_of_the_sample_of_today_s_schema() -> None:
    """A column changed and SCHEMA_VERSION did not? Raise it, and run tests/data/make_schema_sample.py."""
    for table in TABLES.values():
        (file,) = (DATA / f"schema-{SCHEMA_VERSION}" / "data" / table.name).glob("*.parquet")
        written = pq.read_schema(file)
        assert [(field.name, field.type) for field in written] == [(c.name, c.type) for c in table.columns]


def test_what_an_older_version_lacks_is_null_or_empty() -> None:
    script = """
from dualset.builders.dataset.store import open_version
from dualset.builders.dataset.verify import verify_digests
from dualset.sql.frames import frames
from dualset.sql.session import ask, connect
version = open_version(sys.argv[1])
verify_digests(version)
rows = list(version.rows("labels"))
only = list(version.rows("labels", "train", ["score", "program_id"]))
tests = [test for row in version.rows("problems") for test in row["tests"]]
polars = frames(version)
con = connect(version)
print(json.dumps({
    "rows": [len(rows), {row["score"] for row in rows} == {None}, rows[0]["limits"]["memory_mb"]],
    "only": [len(only), set(only[0]) == {"score", "program_id"}],
    "tests": [len(tests) > 0, {test["weight"] for test in tests} == {None}],
    "pairs": [list(version.rows("pairs")), version.counts["pairs"], polars["pairs"].collect().height],
    "polars": [polars["labels"].collect()["score"].null_count(), polars["executions"].collect().height > 0],
    "polars tests": polars["problems"].collect()["tests"].explode().struct.field("weight").null_count() == len(tests),
    "sql": list(ask(con, "select count(*), count(score), (select count(*) from pairs) from labels").rows)[0],
    "sql tests": list(ask(con, "select count(t.weight), count(*) from (select unnest(tests) t from problems)").rows)[0],
}))
"""
    said = tomorrow(script, str(DATA / f"schema-{SCHEMA_VERSION}"))
    n = said["rows"][0]
    assert said["rows"] == [n, True, 512]
    assert said["only"] == [n, True]
    assert said["tests"] == [True, True]
    assert said["pairs"] == [[], 0, 0]
    assert said["polars"] == [n, True]
    assert said["polars tests"]
    assert said["sql"] == [n, 0, 0]
    assert said["sql tests"][0] == 0 < said["sql tests"][1]


def test_an_older_version_is_shown_and_compared_with_a_newer_one(tmp_path: Path) -> None:
    script = """
from dualset.builders.dataset.diff import compare
from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.store import VersionContent, commit_version, open_version
from pathlib import Path
old = open_version(sys.argv[1])
tables = {table: list(old.rows(table)) for table in TABLES}
tables["labels"][0]["score"] = 0.5
new = commit_version("new", tables, content=VersionContent(recipe={}), home=Path(sys.argv[2]))
print(json.dumps([{t.table: t.changed for t in compare(old, new).tables}, new.manifest["content"]["schema_version"]]))
"""
    changed, schema = tomorrow(script, str(DATA / f"schema-{SCHEMA_VERSION}"), str(tmp_path))
    assert schema == SCHEMA_VERSION + 1
    assert changed == dict.fromkeys(changed, 0) | {"labels": 1}


def test_a_version_of_a_newer_dualset_says_to_upgrade(home: Path, tmp_path: Path) -> None:
    script = """
from sample_version import tiny_content, tiny_tables
from dualset.builders.dataset.store import commit_version
from pathlib import Path
tables = tiny_tables()
for label in tables["labels"]:
    label["score"] = 0.5
for problem in tables["problems"]:
    problem["tests"] = [test | {"weight": 1.0} for test in problem["tests"]]
new = commit_version("new", tables | {"pairs": []}, content=tiny_content(), home=Path(sys.argv[2]))
print(json.dumps(str(new.path)))
"""
    script = f"sys.path.insert(0, sys.argv[1])\n{script}"
    path = tomorrow(script, str(Path(__file__).parents[2]), str(home))
    tiny_version(home)
    for command in (["show", path], ["show", "new"], ["versions", "new"], ["diff", "tiny", "new"]):
        done = CliRunner().invoke(cli, command)
        assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
        assert f"was made by a newer dualset (schema version {SCHEMA_VERSION + 1}; this one reads" in done.stderr
        assert "upgrade" in done.stderr
    done = CliRunner().invoke(cli, ["versions"])
    assert done.exit_code == 1
    assert done.stdout.startswith("tiny@")
    assert "new: " in done.stderr


@pytest.mark.parametrize(("schema", "message"), [(0, "build it again"), (-1, "build it again"), (99, "upgrade")])
def test_a_schema_that_is_not_read_says_what_to_do(home: Path, schema: int, message: str) -> None:
    version = tiny_version(home)
    manifest = json.loads((version.path / "manifest.json").read_text())
    manifest["content"] = {"schema_version": schema, "shape": "unknown"}
    manifest["revision"] = revision_of(manifest["content"])
    (version.path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(VersionError, match=message) as caught:
        open_version("tiny", home=home)
    assert "damaged" not in str(caught.value)
