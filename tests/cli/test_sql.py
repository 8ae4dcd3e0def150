"""``dualset sql``: data on stdout in the format asked for, errors in one line."""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from judged_groups import rankings_of, write_rankings
from sample_version import tiny_tables, tiny_version

from dualset.builders.dataset.store import Version
from dualset.cli import cli
from dualset.sql.queries import named_queries

ONE_WAY = ("near_misses", "--limit", "2", "--min-tests", "3")


@pytest.fixture
def version(home: Path) -> Version:
    return tiny_version(home, tag="v1")


def dualset(*args: str, **more: str) -> Result:
    return CliRunner().invoke(cli, args, catch_exceptions=False, **more)  # type: ignore[arg-type]


def test_json_is_one_array_of_row_objects(version: Version) -> None:
    done = dualset("sql", "tiny", "select * exclude (split) from problems order by problem_id", "--format", "json")
    expected = json.loads(json.dumps(tiny_tables()["problems"], default=lambda time: time.isoformat()))
    for row in expected:
        del row["split"]
    assert json.loads(done.stdout) == expected
    assert done.exit_code == 0
    assert json.loads(dualset("sql", "tiny", "from labels where false", "--format", "json").stdout) == []


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'nan'::double", None),
        ("['inf'::double, 1.5]", [None, 1.5]),
        ("sum(2)", 24),
        ("170141183460469231731687303715884105727::hugeint", 170141183460469231731687303715884105727),
        ("1.50::decimal(9, 2)", 1.5),
        ("timestamp '2024-05-01 12:00:00'", "2024-05-01T12:00:00"),
        ("date '2024-05-01'", "2024-05-01"),
        ("{'a': [null, true]}", {"a": [None, True]}),
        ("map {1: 'é'}", {"1": "é"}),
        ("'\\xAB'::blob", "ab"),
        ("'5f3bb6da-634c-49f0-87da-625df1817526'::uuid", "5f3bb6da-634c-49f0-87da-625df1817526"),
    ],
)
def test_every_kind_of_value_has_its_json(version: Version, expression: str, value: object) -> None:
    done = dualset("sql", "tiny", f"select {expression} as x, count(*) as n from problems", "--format", "json")
    assert json.loads(done.stdout) == [{"x": value, "n": 12}]


def test_csv_keeps_texts_whole_and_absent_values_empty(version: Version) -> None:
    done = dualset("sql", "tiny", "from candidates order by candidate_id", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    expected = sorted(tiny_tables()["candidates"], key=lambda row: row["candidate_id"])
    assert [row["completion"] for row in rows] == [row["completion"] for row in expected]
    assert [row["code"] for row in rows] == [row["code"] or "" for row in expected]
    lists = dualset("sql", "tiny", "select outcomes from labels where tests_total > 0", "--format", "csv")
    assert all(len(json.loads(row["outcomes"])) == 4 for row in csv.DictReader(io.StringIO(lists.stdout)))


def test_markdown_is_one_line_a_row(version: Version) -> None:
    done = dualset("sql", "tiny", "select 'a|b' as x, e'1\\n2' as y, null as z", "--format", "markdown")
    assert done.stdout == "| x | y | z |\n|---|---|---|\n| a\\|b | 1<br>2 | null |\n"


def test_parquet_holds_what_the_query_gives(version: Version, tmp_path: Path) -> None:
    query = "select program_id, outcomes, passed from labels order by program_id"
    done = dualset("sql", "tiny", query, "-o", str(tmp_path / "labels.parquet"))
    assert done.stdout == ""
    assert pl.read_parquet(tmp_path / "labels.parquet").to_dicts() == [
        {name: list(row[name]) if name == "outcomes" else row[name] for name in ("program_id", "outcomes", "passed")}
        for row in sorted(tiny_tables()["labels"], key=lambda row: row["program_id"])
    ]
    piped = subprocess.run(
        [sys.executable, "-m", "dualset", "sql", "tiny", query, "--format", "parquet"], capture_output=True, check=True
    )
    assert pl.read_parquet(io.BytesIO(piped.stdout)).height == version.counts["labels"]


def test_a_table_that_is_piped_is_cut_nowhere(version: Version) -> None:
    done = dualset("sql", "tiny", "select repeat('x', 5000) as long, i from range(300) t(i)")
    assert done.stdout.count("x" * 5000) == 300


def test_a_named_query_runs_with_its_parameters(version: Version) -> None:
    done = dualset("sql", "tiny@v1", "--name", "pass_rate", "--param", "limit=2", "--format", "json")
    assert [row["problem_id"] for row in json.loads(done.stdout)] == ["p001", "p009"]


def test_a_query_of_ones_own_takes_parameters_and_stdin(version: Version) -> None:
    query = "select count(*) as n from candidates where problem_id = $id"
    args = ("--param", "id=p003", "--format", "json")
    assert json.loads(dualset("sql", "tiny", query, *args).stdout) == [{"n": 10}]
    assert json.loads(dualset("sql", "tiny", "-", *args, input=query).stdout) == [{"n": 10}]


@pytest.mark.parametrize("comment", ["-- how many", "--how many, with k=1", "-- x = 1", "/* how many */"])
def test_a_query_may_begin_with_a_comment(version: Version, comment: str) -> None:
    done = dualset("sql", "tiny", f"{comment}\nselect count(*) as n from problems", "--format", "json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, [{"n": 12}])


def test_the_list_of_queries_needs_no_version() -> None:
    listed = json.loads(dualset("sql", "--list", "--format", "json").stdout)
    assert {"pass_rate", "near_misses", "group_balance"} <= {query["name"] for query in listed}
    text = dualset("sql", "--list").stdout
    assert "--min-tests 2  tests that the problem has" in text
    assert re.search(r"^judge_errors .*\(needs --rankings FILE\)$", text, re.MULTILINE)
    assert re.search(r"^label_flips .*\(needs --with REF\)$", text, re.MULTILINE)


@pytest.mark.parametrize(
    "args",
    [
        ["near_misses", "--limit", "2", "--min-tests", "3"],
        ["near_misses", "--min_tests=3", "--limit=2"],
        ["--limit", "2", "near_misses", "--param", "min_tests=3"],
        ["--name", "near_misses", "--limit", "2", "--min-tests", "3"],
        ["--name", "near_misses", "--param", "limit=2", "--param", "min_tests=3"],
    ],
)
def test_parameters_are_flags_too(version: Version, args: list[str]) -> None:
    expected = dualset("sql", "tiny", *ONE_WAY, "--format", "json")
    assert len(json.loads(expected.stdout)) == 2
    done = dualset("sql", "tiny", *args, "--format", "json")
    assert (done.exit_code, done.stdout) == (0, expected.stdout)


def test_the_help_of_a_query_shows_its_flags() -> None:
    text = dualset("sql", "tiny", "near_time_limit", "--help").stdout
    assert "near_time_limit: Programs whose slowest test" in text
    assert re.search(r"Flags of near_time_limit:\n  --percent N .*\n(.*\n)*?  --limit N", text)
    assert "--memory-mb" in text
    assert re.search(r"--split train\|validation\|test", dualset("sql", "x", "pass_at_k", "--help").stdout)
    assert "Flags of" not in dualset("sql", "--help").stdout
    explained = dualset("sql", "--explain", "near_time_limit").stdout
    assert "--percent 50  of the limit" in explained


def test_no_query_has_a_parameter_that_the_command_has_too() -> None:
    own = {name for each in cli.get_command(None, "sql").params for name in (each.name, *each.opts)}  # type: ignore[arg-type, union-attr]
    for query in named_queries().values():
        assert not own & {name for each in query.parameters for name in (each.name, each.flag)}


def test_a_text_that_is_nowhere_is_remarked_and_the_answer_is_empty(version: Version) -> None:
    done = dualset("sql", "tiny", "exception_lines", "--exception", "NameErr", "--format", "json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, [])
    assert (
        done.stderr
        == "no row of labels has exception 'NameErr': did you mean 'NameError'? (known: NameError, TypeError)\n"
    )
    there = dualset("sql", "tiny", "exception_lines", "--exception", "NameError", "--format", "json")
    assert (there.stderr, len(json.loads(there.stdout)) > 0) == ("", True)


def test_rankings_are_asked_beside_the_version(version: Version, tmp_path: Path) -> None:
    rows = rankings_of({"groups": list(version.rows("groups"))}, dataset=f"tiny@{version.revision}")
    halves = [write_rankings(part, tmp_path / f"{i}.parquet") for i, part in enumerate((rows[:9], rows[9:]))]
    given = [word for half in halves for word in ("--rankings", str(half))]
    count = dualset("sql", "tiny", "select count(*) as n from rankings", *given, "--format", "json")
    assert json.loads(count.stdout) == [{"n": len(rows)}]
    lazy = dualset("sql", "tiny", "judge_errors", "--model", "org/lazy", *given, "--format", "json")
    assert {row["model"] for row in json.loads(lazy.stdout)} == {"org/lazy"}
    none = dualset("sql", "tiny", "judge_errors", "--model", "org/lzy", *given, "--format", "json")
    assert "no row of rankings has model 'org/lzy': did you mean 'org/lazy'" in none.stderr
    other = dualset("sql", "tiny", "judge_errors", "--rankings", str(version.files("groups")[0]))
    assert (other.exit_code, len(other.stderr.splitlines())) == (1, 1)
    assert "has no column 'model'" in other.stderr


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["tiny", "select * from problms"], 1, 'Table with name problms does not exist! Did you mean "problems"?'),
        (["tiny", "select 1 as a, 2 as a", "--format", "json"], 1, "two columns are named 'a'"),
        (["tiny", "drop view labels"], 1, "a version is read, never changed"),
        (["tiny@v9", "select 1"], 1, "tiny has no tag or revision 'v9'"),
        (["tony", "select 1"], 1, "no dataset 'tony'"),
        (["tiny", "--name", "pass_rte"], 1, "did you mean 'pass_rate'"),
        (["tiny", "select 1", "-o", "/nowhere/x.csv"], 1, "cannot write /nowhere/x.csv: No such file or directory"),
        (["tiny"], 2, "no query: give one, or --name QUERY"),
        ([], 2, "give a REF and either a query or --name"),
        (["tiny", "pass_rte"], 1, "no query named 'pass_rte': did you mean 'pass_rate'"),
        (["tiny", "pass_rte", "--limit", "3"], 1, "no query named 'pass_rte': did you mean 'pass_rate'"),
        (["pass_at_k", "--k", "4"], 2, "which version? dualset sql REF pass_at_k"),
        (["pass_at_k", "--split", "train"], 2, "which version? dualset sql REF pass_at_k"),
        (["--k", "4"], 2, "no flag '--k'"),
        (["tiny", "labels"], 1, 'labels is a table and no query: ask  "from labels limit 5"'),
        (["tiny", "my/question.sql"], 1, "my/question.sql is a file and no query: give it as stdin, < my/question.sql"),
        (["tiny", "pass_rate", "--limt", "3"], 2, "pass_rate has no flag '--limt': did you mean '--limit'"),
        (["tiny", "select 1", "--fromat", "csv"], 2, "no flag '--fromat': did you mean '--format'"),
        (["tiny", "pass_rate", "--limit", "three"], 1, "limit is 'three': expected a whole number from 0, or null"),
        (["tiny", "pass_at_k", "--k", "0"], 1, "k is '0': expected a whole number from 1"),
        (["tiny", "pass_at_k", "--k", "9" * 30], 1, "expected a whole number from 1"),
        (["tiny", "near_time_limit", "--percent", "101"], 1, "expected a whole number from 1 to 100"),
        (["tiny", "pass_at_k", "--k", "1.5"], 1, "k is '1.5': expected a whole number from 1"),
        (["tiny", "pass_at_k", "--split", "tset"], 1, "split is 'tset': did you mean 'test'"),
        (["tiny", "pass_at_k", "--k"], 2, "Option '--k' requires an argument"),
        (["tiny", "pass_at_k", "--k", "4", "--param", "k=4"], 2, "the parameter k is given twice"),
        (["tiny", "pass_at_k", "--k", "4", "--k", "5"], 2, "the parameter k is given twice"),
        (["tiny", "near_misses", "--min-tests=4", "--min_tests=4"], 2, "the parameter min_tests is given twice"),
        (["tiny", "-- how many\nselect nothing"], 1, 'column "nothing" was not found'),
        (["tiny", "-- how many"], 1, "expected one select statement, not none"),
        (["tiny", "label_flips"], 1, "label_flips compares two versions: give the other one with --with REF"),
        (["tiny", "judge_errors"], 1, "judge_errors asks what judges said: give --rankings FILE"),
        (["tiny", "from rankings"], 1, "there are no rankings here: give files"),
        (["tiny", "select 1", "--rankings", "/nowhere"], 1, "cannot read the rankings in /nowhere (No such file"),
        (["tiny", "select 1", "--name", "pass_rate"], 2, "give a REF and either a query or --name"),
        (["tiny", "select 1", "--param", "x"], 2, "expected NAME=VALUE"),
    ],
)
def test_bad_input_gets_a_clear_line(version: Version, args: list[str], code: int, message: str) -> None:
    done = dualset("sql", *args)
    assert (done.exit_code, done.stdout) == (code, "")
    assert message in done.stderr
    assert code == 2 or len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_a_query_of_several_seconds_prints_nothing_but_its_answer(version: Version) -> None:
    """DuckDB 2.0 draws a progress bar on stdout after two seconds unless it is told not to."""
    query = "select max(md5((a.range * b.range)::varchar)) is not null as done from range(6000) a, range(2500) b"
    command = [sys.executable, "-m", "dualset", "sql", "tiny", query, "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [{"done": True}]


def test_a_query_may_be_given_more_memory(version: Version) -> None:
    query = "select len(list(md5(i::varchar))) as n from range(3000000) t(i)"
    little = dualset("sql", "tiny", query, "--memory-mb", "60", "--format", "json")
    assert (little.exit_code, "--memory-mb" in little.stderr, little.stdout) == (1, True, "")
    assert json.loads(dualset("sql", "tiny", query, "--memory-mb", "600", "--format", "json").stdout) == [
        {"n": 3000000}
    ]
