"""Pairs of a version: against plain Python over its rows, and as files that come back the same."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from sample_version import tiny_version

from dualset.builders.dataset.store import Version
from dualset.builders.errors import RecipeError, SourceError
from dualset.builders.pairs.files import read_pairs, write_pairs
from dualset.builders.pairs.of_version import pairs_of
from dualset.builders.pairs.pair import Pair
from dualset.builders.pairs.settings import PairSettings
from dualset.cli import cli

ALL = PairSettings(max_per_problem=None)


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return tiny_version(tmp_path_factory.mktemp("store"), n_problems=24)


def test_it_is_every_right_program_with_every_wrong_one_of_the_same_problem(version: Version) -> None:
    codes = {row["program_id"]: row["code"] for row in version.rows("candidates") if row["code"]}
    labels = list(version.rows("labels"))
    wanted = sorted(
        (right["problem_id"], codes[right["program_id"]], codes[wrong["program_id"]])
        for right in labels
        for wrong in labels
        if right["problem_id"] == wrong["problem_id"] and right["passed"] is True and wrong["passed"] is False
    )
    found = list(pairs_of(version, ALL))
    assert len(wanted) > 20
    assert sorted((each.problem_id, each.code_pos, each.code_neg) for each in found) == wanted
    assert len({each.pair_id for each in found}) == len(found)


def test_no_problem_is_in_two_splits(version: Version) -> None:
    problems = {split: {each.problem_id for each in pairs_of(version, ALL, split)} for split in ("train", "test")}
    assert all(problems.values())
    assert not problems["train"] & problems["test"]
    assert {each.split for each in pairs_of(version, ALL, "test")} == {"test"}


def test_what_is_known_of_the_rejected_one_comes_along(version: Version) -> None:
    labels = {row["program_id"]: row for row in version.rows("labels")}
    for each in pairs_of(version, ALL):
        label = labels[each.rejected_id]
        assert (each.outcome, each.tests_passed, each.tests_total, each.label_source) == (
            *(label[name] for name in ("outcome", "tests_passed", "tests_total")),
            "execution",
        )


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_a_file_comes_back_the_same(version: Version, tmp_path: Path, suffix: str) -> None:
    made = list(pairs_of(version, ALL))
    path = tmp_path / f"a/pairs{suffix}"
    assert write_pairs(made, path) == len(made)
    assert list(read_pairs(path)) == made
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_trl_reads_its_format(version: Version, tmp_path: Path) -> None:
    made = list(pairs_of(version, ALL))
    write_pairs(made, tmp_path / "trl.parquet", "trl")
    [first, *_] = pq.read_table(tmp_path / "trl.parquet").to_pylist()
    assert first["prompt"] == [{"role": "user", "content": made[0].question_content}]
    assert first["chosen"] == [{"role": "assistant", "content": f"```python\n{made[0].code_pos.strip()}\n```"}]
    from trl.data_utils import is_conversational

    assert is_conversational(first)


def test_what_cannot_be_written_or_read_is_one_line(version: Version, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"ends with \.jsonl or \.parquet"):
        write_pairs([], tmp_path / "pairs.csv")
    with pytest.raises(RecipeError, match="did you mean 'codescaler'"):
        write_pairs([], tmp_path / "pairs.jsonl", "codescale")
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match="cannot write"):
        write_pairs(pairs_of(version, ALL), tmp_path / "file/pairs.jsonl")
    (tmp_path / "bad.jsonl").write_text('{"question_content": "x", "code_pos": " "}\n')
    with pytest.raises(SourceError, match="no 'code_neg'"):
        list(read_pairs(tmp_path / "bad.jsonl"))


def test_the_command(version: Version, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "pairs.jsonl"
    args = ["pairs", str(version.path), "--out", str(out), "--max-per-problem", "2", "--split", "all", "--json"]
    done = CliRunner().invoke(cli, args)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    rows = [Pair(**json.loads(line)) for line in out.read_text().splitlines()]
    assert rows == list(pairs_of(version, PairSettings(max_per_problem=2)))
    assert (told["pairs"], told["problems"]) == (len(rows), len({each.problem_id for each in rows}))
    before = out.read_bytes()
    assert CliRunner().invoke(cli, args).exit_code == 0
    assert out.read_bytes() == before
    wrong = CliRunner().invoke(cli, ["pairs", str(version.path), "--out", str(out), "--revision", "a" * 40])
    assert (wrong.exit_code, "is a version" in wrong.stderr) == (2, True)
