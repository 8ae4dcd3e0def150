"""``dualset train`` and ``dualset eval`` as typed: what is on stdout, and one line for each mistake."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from dualset.cli import cli

pytestmark = pytest.mark.slow


def refused(*args: str) -> str:
    """The one line that the command ends with, with exit code 1."""
    done = CliRunner().invoke(cli, list(args))
    assert (done.exit_code, done.stdout) == (1, ""), done.output
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("Error: ").strip()


def test_stdout_is_one_json_object_and_stderr_is_silent_where_no_one_watches(
    small_version: Path, tiny_model: Path, tmp_path: Path
) -> None:
    args = ["imitate", str(small_version), "--model", str(tiny_model), "--preset", "micro", "--max-steps", "1"]
    command = [sys.executable, "-m", "dualset", "train", *args, "--output", str(tmp_path / "m"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told.keys() == {"path", "base_model", "dataset", "revision", "steps", "metrics"}
    assert (told["steps"], told["dataset"], told["revision"]) == (1, "small", small_version.name)
    assert (tmp_path / "m" / "run.json").exists()

    again = refused("train", *args, "--output", str(tmp_path / "m"))
    assert "holds a run finished on" in again
    assert "--overwrite" in again


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--model", "{tiny}", "--preset", "micro", "--set", "learning_rat=1"], "did you mean 'learning_rate'?"),
        (["--model", "{tiny}", "--preset", "dust", "--set", "max_completion_length=64"], "too few groups to train on"),
        (["--model", "{here}", "--preset", "micro"], "is not a model folder: it has no config.json"),
        (["--preset", "micro"], "give one with --model"),
    ],
)
def test_what_must_not_start_is_one_line(
    args: list[str], message: str, small_version: Path, tiny_model: Path, tmp_path: Path
) -> None:
    given = [arg.format(tiny=tiny_model, here=tmp_path) for arg in args]
    assert message in refused("train", "rank", str(small_version), *given, "--output", str(tmp_path / "m"))


def test_a_changed_byte_stops_training_and_measuring(small_version: Path, tiny_model: Path, tmp_path: Path) -> None:
    copy = tmp_path / small_version.name
    for file in small_version.rglob("*"):
        if file.is_file():
            target = copy / file.relative_to(small_version)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    groups = next(copy.glob("data/groups/train-*.parquet"))
    content = bytearray(groups.read_bytes())
    content[len(content) // 2] ^= 1
    groups.write_bytes(content)
    assert groups.name in refused("train", "rank", str(copy), "--model", str(tiny_model), "--preset", "micro")
    assert groups.name in refused("eval", str(tiny_model), str(copy))


def test_eval_prints_a_table_and_keeps_every_problem(small_version: Path, constant_model: Path, tmp_path: Path) -> None:
    kept = tmp_path / "deep" / "eval.json"
    args = ["eval", str(constant_model), str(small_version), "--limit", "4", "--workers", "1", "-o", str(kept)]
    done = CliRunner().invoke(cli, args)
    assert done.exit_code == 0, done.output
    for said in ("4 problems", "chance", "best_of_4", "valid_rankings", "95% intervals", "seed 0", "Ties:"):
        assert said in done.stdout
    told = json.loads(kept.read_text())
    assert len(told["models"][0]["by_problem"]) == 4
    assert told["models"][0]["metrics"]["valid_rankings"]["value"] == 1.0


def test_eval_refuses_what_it_cannot_measure(small_version: Path, tiny_model: Path, tmp_path: Path) -> None:
    assert "no config.json" in refused("eval", str(tmp_path), str(small_version))
    assert "samples is -1" in refused("eval", str(tiny_model), str(small_version), "--samples", "-1")
    assert "validation split" in refused("eval", str(tiny_model), str(small_version), "--split", "validation")
    alone = CliRunner().invoke(cli, ["eval", "micro@v1"])
    assert alone.exit_code == 2
    assert "name at least one MODEL before the REF" in alone.stderr
