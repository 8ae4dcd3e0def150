"""``dualset overlap``: what it prints in each format, its exit codes, and what it says to wrong input."""

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from overlap_version import day, problem, version_of

from dualset.cli import cli
from dualset.eval.overlap.records import Match
from dualset.eval.overlap.report import COUNTS

PRIMES = "Given a number n, print every prime number up to and including n in rising order, one a line."
OTHER = "Reverse the words of each line without touching the blanks that stand between any two of them."


@pytest.fixture(autouse=True)
def versions(home: Path) -> None:
    version_of(
        home,
        "theirs",
        [problem("t1", PRIMES, released_at=day("2024-05-01")), problem("t2", OTHER, split="test", title="a|b")],
    )
    version_of(home, "mine", [problem("e1", PRIMES, released_at=day("2024-04-01")), problem("e2", "Say hello.")])


def dualset(*args: str) -> Result:
    return CliRunner().invoke(cli, ["overlap", *args], catch_exceptions=False)


def test_json_is_one_object_with_every_count_explained() -> None:
    done = dualset("theirs", "mine", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert told["counts"].keys() == COUNTS.keys()
    assert (told["share"], told["counts"]["matched"], told["counts"]["not_after"]) == (0.5, 1, 1)
    assert told["train"]["last_released"] == "2024-05-01T12:00:00"
    assert (told["eval"]["dated"], told["eval"]["undated"]) == (1, 1)
    (match,) = told["matches"]
    assert match.keys() == set(Match.__dataclass_fields__)
    assert (match["eval_id"], match["train_id"], match["share"]) == ("e1", "t1", 1.0)
    assert match["train_released_at"] == "2024-05-01T12:00:00"
    assert dualset("theirs", "mine", "--format", "json").stdout == done.stdout


def test_the_table_says_who_was_compared_and_how() -> None:
    told = dualset("theirs", "mine").stdout
    assert "matched: 1 of EVAL's 2 problems (0.5000)" in told
    assert "same words, or 0.5 or more of the rare 8-grams: 1" in told
    assert "1 of EVAL's 1 dated problems are no newer than TRAIN's newest (2024-05-01)" in told
    assert "1 of EVAL's and 1 of TRAIN's are undated" in told
    assert told.splitlines()[-1].split()[:2] == ["e1", "t1"]


def test_csv_is_the_pairs_and_nothing_else() -> None:
    rows = list(csv.DictReader(io.StringIO(dualset("theirs", "mine", "--format", "csv").stdout)))
    assert [(row["eval_id"], row["train_id"], row["same_codes"]) for row in rows] == [("e1", "t1", "0")]
    nothing = dualset("theirs", "mine", "--split", "test", "--format", "csv").stdout
    assert nothing == ",".join(Match.__dataclass_fields__) + "\n"


def test_markdown_is_a_list_and_a_table() -> None:
    lines = dualset("theirs", "mine", "--format", "markdown", "--no-codes").stdout.splitlines()
    assert all(line.startswith("- ") for line in lines[: lines.index("")])
    assert "- same program: not compared" in lines
    assert lines[lines.index("") + 1].startswith("| eval | train | share |")
    assert lines[-1].startswith("| e1 | t1 | 1.0 | 1.0 |  | same | null |")
    assert not [
        line for line in dualset("theirs", "mine", "--split", "test", "--format", "markdown").stdout if line == "|"
    ]


def test_the_suffix_of_the_file_is_the_format(tmp_path: Path) -> None:
    for name, start in (("a.json", "{"), ("b.csv", "eval_id"), ("c.md", "- TRAIN"), ("new/d.txt", "TRAIN")):
        done = dualset("theirs", "mine", "-o", str(tmp_path / name))
        assert (done.exit_code, done.stdout) == (0, "")
        assert (tmp_path / name).read_text().startswith(start)


def test_findings_are_no_error_unless_they_are_more_than_is_allowed(tmp_path: Path) -> None:
    assert dualset("theirs", "mine").exit_code == 0
    assert dualset("theirs", "mine", "--fail-over", "0.5").exit_code == 0
    failed = dualset("theirs", "mine", "--fail-over", "0.49", "--json", "-o", str(tmp_path / "found.json"))
    assert failed.exit_code == 1
    assert failed.stderr == "Error: 1 of 2 problems match (0.5000): more than --fail-over 0.49\n"
    assert json.loads((tmp_path / "found.json").read_text())["counts"]["matched"] == 1
    assert dualset("theirs", "mine", "--split", "test", "--fail-over", "0").exit_code == 0


def test_one_version_against_itself_is_remarked_on() -> None:
    assert "compare two splits" in dualset("theirs", "theirs").stderr
    assert "compare two splits" in dualset("theirs", "theirs", "--split", "train").stderr
    apart = dualset("theirs", "theirs", "--split", "train", "--of-split", "test")
    assert (apart.exit_code, apart.stderr) == (0, "")


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["theirs", "mien"], 1, "did you mean 'mine'?"),
        (["theirs", "mine", "--of-split", "test"], 1, "has no problems in its test split"),
        (["theirs", "mine", "--threshold", "0"], 2, "0.0 is not in the range 0<x<=1"),
        (["theirs", "mine", "--threshold", "nan"], 2, "nan"),
        (["theirs", "mine", "--fail-over", "nan"], 2, "nan"),
        (["theirs", "mine", "--fail-over", "5"], 2, "5.0 is not in the range 0<=x<=1"),
        (["theirs", "mine", "--n", "0"], 2, "0 is not in the range"),
        (["theirs", "mine", "--json", "--format", "csv"], 2, "give one of them"),
        (["theirs"], 2, "Missing argument 'EVAL'"),
        (["theirs", "mine", "-o", "/proc/none/x.json"], 1, "/proc"),
    ],
)
def test_wrong_input_is_said_in_one_line(args: list[str], code: int, said: str) -> None:
    done = dualset(*args)
    assert done.exit_code == code
    assert said in done.stderr
    assert done.stdout == ""
