"""Two versions in one session, references in the place of versions, and what the command makes of both."""

import json
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result
from rich_version import flipped, rich_tables
from sample_version import tiny_content

import dualset.sql.connect
from dualset.builders.dataset.store import Version, commit_version, open_version
from dualset.builders.errors import UnknownVersion
from dualset.cli import cli
from dualset.sql.session import ask, connect


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("store")
    tables = rich_tables()
    commit_version("demo", flipped(tables), content=tiny_content(), home=home, tag="v1")
    commit_version("demo", tables, content=tiny_content(), home=home, tag="v2")
    return home


@pytest.fixture
def versions(store: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Version, Version]:
    monkeypatch.setenv("DUALSET_HOME", str(store))
    return open_version("demo@v2"), open_version("demo@v1")


def dualset_sql(*args: str) -> Result:
    return CliRunner().invoke(cli, ("sql", *args), catch_exceptions=False)


@pytest.mark.parametrize("view", ["problems", "labels", "attempts", "executions"])
def test_each_versions_views_read_its_own_rows(versions: tuple[Version, Version], view: str) -> None:
    both = connect(versions[0], other=versions[1])
    for name, version in (("", versions[0]), ("other.", versions[1])):
        found = set(ask(both, f"select t::varchar from {name}{view} t").rows)
        assert found == set(ask(connect(version), f"select t::varchar from {view} t").rows)
        assert found


@pytest.mark.parametrize(
    "query",
    [
        "select * from '/etc/hostname'",
        "copy (select 1) to '{path}/data/labels/new.parquet'",
        "attach '{path}/new.db'",
        "set enable_external_access = true",
    ],
)
def test_the_other_version_is_locked_down_too(versions: tuple[Version, Version], query: str) -> None:
    connection = connect(versions[0], other=versions[1])
    for version in versions:
        before = sorted(version.path.rglob("*"))
        with pytest.raises(duckdb.Error):
            connection.execute(query.format(path=version.path)).fetchall()
        assert sorted(version.path.rglob("*")) == before


def test_a_reference_is_as_good_as_a_version(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_module = dualset.sql.connect("demo@v2", other="demo@v1", home=store)  # type: ignore[operator]
    assert by_module.sql("select count(*) from labels semi join other.labels using (program_id)").fetchall()[0][0] > 9
    monkeypatch.setenv("DUALSET_HOME", str(store))
    assert connect("demo").sql("select count(*) from problems").fetchall() == [(24,)]
    with pytest.raises(UnknownVersion, match="demo has no tag or revision 'v9'"):
        connect("demo", other="demo@v9")


def test_the_command_compares_two_versions(versions: tuple[Version, Version]) -> None:
    flips = json.loads(dualset_sql("demo@v2", "--with", "demo@v1", "--name", "label_flips", "--format", "json").stdout)
    assert len(flips) == 20
    assert all(row["passed"] != row["other_passed"] for row in flips)
    done = dualset_sql("demo@v2", "--with", "demo@v2", "select count(*) as n from other.problems", "--format", "json")
    assert json.loads(done.stdout) == [{"n": 24}]


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["demo@v2", "--name", "label_flips"], 1, "label_flips compares two versions: give the other one with --with"),
        (["demo@v2", "--with", "demo@v9", "select 1"], 1, "demo has no tag or revision 'v9'"),
        (["demo@v2", "from other.labels"], 1, "other"),
        (["--explain", "killer_test"], 1, "no query named 'killer_test': did you mean 'killer_tests'"),
        (["demo@v2", "--name", "pass_rate", "--param", "split=tset"], 1, "split is 'tset': did you mean 'test'"),
    ],
)
def test_a_wrong_question_gets_a_line(
    versions: tuple[Version, Version], args: list[str], code: int, message: str
) -> None:
    done = dualset_sql(*args)
    assert (done.exit_code, done.stdout) == (code, "")
    assert message in done.stderr
    assert code == 2 or len(done.stderr.splitlines()) == 1


def test_a_named_query_is_explained_without_a_version(versions: tuple[Version, Version]) -> None:
    text = dualset_sql("--explain", "label_flips").stdout
    assert text.startswith("label_flips: Programs whose verdict differs between two versions\n")
    assert "--limit 20  programs at most; null: all\n" in text
    assert "--with REF" in text
    assert "\nRead: the same code on the same problem." in text
    sql = text[text.index("\nselect\n") :]
    assert len(list(ask(connect(versions[0], other=versions[1]), sql, {"limit": 3}).rows)) == 3
    told = json.loads(dualset_sql("--explain", "pass_rate", "--format", "json").stdout)
    assert told["parameters"][0]["choices"] == ["train", "validation", "test"]
    assert "select" in told["sql"]
