"""Scoring a version: every program once, kept shard by shard, the same in SQL as from the model itself."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.dataset.store import Version, open_version
from dualset.builders.errors import ModelError, QueryError
from dualset.cli import cli
from dualset.eval import program_scores
from dualset.eval.pair_accuracy import ScoredPair, auc, pair_accuracy, program_accuracy
from dualset.eval.program_scores import score_version
from dualset.eval.reward_model import RewardModel, load_reward_model
from dualset.sql.session import ask, connect

slow = pytest.mark.slow
scores = st.lists(st.integers(0, 5).map(float), min_size=1, max_size=6)


@given(scores, scores)
def test_the_auc_is_the_share_of_pairs_in_order(right: list[float], wrong: list[float]) -> None:
    won = [(a > b) + 0.5 * (a == b) for a in right for b in wrong]
    assert auc(right, wrong) == pytest.approx(sum(won) / len(won))
    programs = [("p", passed, score) for passed, each in ((True, right), (False, wrong)) for score in each]
    pairs = [ScoredPair("p", a, b) for a in right for b in wrong]
    of_programs, of_pairs = program_accuracy([*programs, ("p", None, 9.0), ("q", True, 1.0)]), pair_accuracy(pairs)
    assert of_programs.pairs == of_pairs.pairs
    assert of_programs.estimate.value == pytest.approx(of_pairs.estimate.value)


@pytest.fixture(scope="module")
def scorer(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of random weights that gives one score."""
    from dualset.builders.candidates.policy import load_policy

    made = load_policy(str(tiny_model), device="cpu", scores=True, new_head=0)
    folder = tmp_path_factory.mktemp("reward")
    made.model.config.pad_token_id = made.tokenizer.pad_token_id
    made.model.float().save_pretrained(folder)
    made.tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def version(small_version: Path) -> Version:
    return open_version(str(small_version))


@slow
def test_every_program_has_the_score_that_the_model_gives_it(
    scorer: Path, version: Version, home: Path, tmp_path: Path
) -> None:
    out = tmp_path / "a/scores.parquet"
    done = score_version(str(scorer), version, out)
    rows = {row["program_id"]: row for row in pq.read_table(out).to_pylist()}
    statements = {row["problem_id"]: row["statement"] for row in version.rows("problems")}
    programs = {row["program_id"]: row for row in version.rows("candidates") if row["program_id"]}
    assert rows.keys() == programs.keys()
    pairs = [(statements[row["problem_id"]], row["code"]) for row in programs.values()]
    direct, _ = load_reward_model(str(scorer)).score(pairs, batch_size=3)
    assert [rows[name]["score"] for name in programs] == pytest.approx(direct, abs=1e-9)
    assert {(row["model"], row["model_revision"], row["dataset"]) for row in rows.values()} == {
        (scorer.name, done.revision, f"{version.name}@{version.revision}")
    }
    assert (done.programs, done.cut) == (len(rows), 0)
    assert all(row["valid"] for row in rows.values())

    [(auc_in_sql,)] = ask(
        connect(version, scores=out),
        "select avg(a) from (select problem_id, avg((r.score > w.score)::int) as a from scores r join scores w "
        "using (problem_id) where r.passed and not w.passed group by problem_id)",
    ).rows
    assert done.accuracy["all"].estimate.value == pytest.approx(auc_in_sql, abs=1e-9)
    assert set(done.accuracy) == {"all", "train", "test"}


@slow
def test_a_run_that_was_stopped_goes_on_and_another_model_starts_anew(
    scorer: Path, version: Version, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program_scores, "_A_SHARD", 50)
    asked: list[int] = []
    score = RewardModel.score

    def counted(self: RewardModel, pairs: Any, **more: Any) -> Any:
        if len(asked) == 3:
            raise KeyboardInterrupt
        asked.append(len(pairs))
        return score(self, pairs, **more)

    out = tmp_path / "scores.parquet"
    with monkeypatch.context() as patch:
        patch.setattr(RewardModel, "score", counted)
        with pytest.raises(KeyboardInterrupt):
            score_version(str(scorer), version, out)
    assert not out.exists()
    first = sum(asked)
    asked.clear()
    with monkeypatch.context() as patch:
        patch.setattr(RewardModel, "score", lambda *args, **more: (asked.append(len(args[1])), score(*args, **more))[1])
        done = score_version(str(scorer), version, out)
        assert first + sum(asked) == done.programs
        asked.clear()
        again = tmp_path / "again.parquet"
        score_version(str(scorer), version, again)
        assert asked == []
        assert again.read_bytes() == out.read_bytes()
        score_version(str(scorer), version, again, max_tokens=30)
        assert sum(asked) == done.programs


@slow
def test_what_is_cut_is_said(scorer: Path, version: Version, home: Path, tmp_path: Path) -> None:
    done = score_version(str(scorer), version, tmp_path / "s.parquet", split="test", max_tokens=30)
    rows = pq.read_table(tmp_path / "s.parquet").to_pylist()
    assert done.cut == sum(row["tokens"] > 30 for row in rows) == sum(row["cut"] for row in rows) > 0
    assert set(done.accuracy) == {"all", "test"}


@slow
def test_what_cannot_be_scored_is_one_line(
    scorer: Path, tiny_model: Path, version: Version, home: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="a reward model is a sequence classification with one"):
        score_version(str(tiny_model), version, tmp_path / "s.parquet")
    with pytest.raises(ModelError, match="its files are not those that were asked for"):
        score_version(str(scorer), version, tmp_path / "s.parquet", revision="0123456789")
    with pytest.raises(QueryError, match="has no programs in its validation split"):
        score_version(str(scorer), version, tmp_path / "s.parquet", split="validation")
    (tmp_path / "file").touch()
    with pytest.raises(QueryError, match="cannot write"):
        score_version(str(scorer), version, tmp_path / "file/s.parquet")


@slow
def test_the_command(scorer: Path, small_version: Path, home: Path, tmp_path: Path) -> None:
    out = tmp_path / "scores.parquet"
    done = CliRunner().invoke(cli, ["score", str(scorer), str(small_version), "-o", str(out), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["pair_accuracy"]["all"]["chance"] == 0.5
    assert told["programs"] == pq.read_metadata(out).num_rows
    asked = CliRunner().invoke(cli, ["sql", str(small_version), "score_auc", "--scores", str(out), "--format", "json"])
    assert asked.exit_code == 0, asked.output
    [first, *_] = json.loads(asked.stdout)
    assert first["auc"] == pytest.approx(told["pair_accuracy"]["all"]["value"], abs=1e-4)
    table = CliRunner().invoke(cli, ["score", str(scorer), str(small_version), "-o", str(out)])
    assert table.stdout.splitlines()[0].split() == [
        *("split", "problems", "pairs", "pair_accuracy", "low", "high", "above_chance")
    ]
    without = CliRunner().invoke(cli, ["sql", str(small_version), "score_auc"])
    assert "give --scores FILE" in without.stderr
