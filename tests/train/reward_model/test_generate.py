"""Learning to write by a reward model: real runs of a few steps of the tiny policy."""

import json
import logging
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from consensus_version import write_consensus_recipe
from sample_version import tiny_content, tiny_tables

from dualset.builders.build import build
from dualset.builders.dataset.store import commit_version, open_version
from dualset.builders.errors import ModelError, RecipeError, TrainingError
from dualset.builders.pairs.files import write_pairs
from dualset.builders.pairs.of_version import pairs_of
from dualset.builders.pairs.settings import PairSettings
from dualset.builders.recipe import load_recipe
from dualset.cli import cli
from dualset.eval.reward_model import load_reward_model
from dualset.train.generate import generate
from dualset.train.reward_model.asked import Asked, asked
from dualset.train.reward_model.model_reward import ModelReward
from dualset.train.reward_model.settings import RewardSettings
from dualset.train.reward_model.train import train_reward
from dualset.train.reward_model.watch_settings import WatchSettings
from dualset.train.settings import TrainSettings

pytestmark = pytest.mark.slow

BLOCK = "```python\nprint(1)\n```"


@pytest.fixture(scope="module")
def scorer(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of random weights that gives one score."""
    from dualset.builders.candidates.policy import load_policy

    made = load_policy(str(tiny_model), device="cpu", scores=True, new_head=0)
    folder = tmp_path_factory.mktemp("scorer")
    made.model.config.pad_token_id = made.tokenizer.pad_token_id
    made.model.float().save_pretrained(folder)
    made.tokenizer.save_pretrained(folder)
    return folder


def settings(version: Path, output: Path, **more: Any) -> TrainSettings:
    small = ("generation_batch_size=16", "per_device_train_batch_size=16", "max_completion_length=48")
    given: dict[str, Any] = {"overrides": small, "max_steps": 3, **more}
    return TrainSettings(ref=str(version), model="micro", output=output, preset="micro", **given)


TINY = (
    "num_generations=2",
    "generation_batch_size=2",
    "per_device_train_batch_size=2",
    "max_completion_length=48",
)


def version_split(path: Path) -> str:
    """A split that has problems."""
    return next(str(row["split"]) for row in open_version(str(path)).rows("problems"))


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_the_reward_is_the_softplus_of_the_score_and_0_where_invalid(scorer: Path) -> None:
    model = load_reward_model(str(scorer))
    reward = ModelReward(model, {"p": "Print one.", "q": "Print two."})
    answers = [BLOCK, "print(1)", f"{BLOCK}\n{BLOCK}", f"So:\n{BLOCK}", BLOCK]
    logged: dict[str, float] = {}
    earned = reward(
        [None] * 5,
        [[{"role": "assistant", "content": answer}] for answer in answers],
        problem_id=["p", "p", "p", "p", "q"],
        log_metric=logged.__setitem__,
        completion_ids=None,
    )
    (p, q), _ = model.score([("Print one.", "print(1)"), ("Print two.", "print(1)")])
    assert earned == pytest.approx(
        [math.log1p(math.exp(each)) if each is not None else 0 for each in (p, None, None, p, q)]
    )
    assert logged["generation/valid"] == 3 / 5
    assert logged["generation/score"] == pytest.approx((2 * p + q) / 3)
    nobody = reward([None], [[{"role": "assistant", "content": "No."}]], problem_id=["p"], log_metric=None)
    assert nobody == [0.0]


def test_a_run_by_a_reward_model_is_watched_and_says_so(small_version: Path, scorer: Path, tmp_path: Path) -> None:
    watch = WatchSettings(every=2, size=8)
    done = generate(settings(small_version, tmp_path / "m", reward=f"rm:{scorer}", watch=watch))
    record = json.loads((done.path / "run.json").read_text())
    assert (record["reward"], record["reward_model"]["name"]) == (f"rm:{scorer.name}", scorer.name)
    assert record["reward_model"]["revision"] == load_reward_model(str(scorer)).policy.revision
    lines = [line for line in lines_of(done.path) if "reward" in line]
    assert [("watch/passed" in line) for line in lines] == [True, False, True]
    assert (record["watch"]["looks"], record["watch"]["parted"]) == (2, None)
    assert record["watch"]["first"]["passed"] == pytest.approx(lines[0]["watch/passed"])
    assert "generation/passed" not in lines[0]
    card = (done.path / "README.md").read_text()
    for said in (f"| reward | rm:{scorer.name}; 0 for an invalid answer |", "| watched | pass rate", "softplus"):
        assert said in card
    assert str(scorer) not in (done.path / "run.json").read_text()


def test_both_rewards_are_added(small_version: Path, scorer: Path, tmp_path: Path) -> None:
    done = generate(settings(small_version, tmp_path / "m", reward=f"rm:{scorer}+execution", max_steps=1))
    [line, *_] = lines_of(done.path)
    both = line["rewards/reward_model/mean"] + line["rewards/passes_tests/mean"]
    assert line["reward"] == pytest.approx(both, rel=1e-5)
    assert line["generation/passed"] == pytest.approx(line["rewards/passes_tests/mean"])
    record = json.loads((done.path / "run.json").read_text())
    assert record["reward"] == f"rm:{scorer.name}+execution"
    assert "1 more for passing all tests" in (done.path / "README.md").read_text()


def test_a_run_stops_where_reward_and_pass_rate_part(
    small_version: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A reward model that was taught the wrong way round: the better a policy pleases it, the less passes."""
    pairs = pairs_of(open_version(str(small_version)), PairSettings())
    swapped = (replace(pair, code_pos=pair.code_neg, code_neg=pair.code_pos) for pair in pairs)
    write_pairs(swapped, tmp_path / "wrong.jsonl")
    learnt = train_reward(
        RewardSettings(
            ref=str(small_version),
            model="micro",
            preset="micro",
            files=(tmp_path / "wrong.jsonl",),
            output=tmp_path / "rm",
            max_steps=60,
            overrides=("per_device_train_batch_size=8",),
            held_out="none",
        )
    )
    sets = ("generation_batch_size=32", "per_device_train_batch_size=32", "max_completion_length=48")
    sets += ("learning_rate=0.0005", "warmup_steps=0")
    watch = WatchSettings(every=1, size=32, stop=0.1)
    asked_for = settings(
        small_version, tmp_path / "m", reward=f"rm:{learnt.path}", watch=watch, overrides=sets, max_steps=60
    )
    with caplog.at_level(logging.WARNING):
        done = generate(asked_for)
    parted = json.loads((done.path / "run.json").read_text())["watch"]["parted"]
    assert done.steps < 60
    assert parted["now"]["passed"] < parted["best"]["passed"] - 0.1
    assert parted["now"]["reward"] > parted["best"]["reward"]
    assert f"stopped at step {done.steps}: since step" in caplog.text
    assert "stopped: they parted" in (done.path / "README.md").read_text()


def test_no_tests_are_needed_and_nobody_watches_then(
    scorer: Path, home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tables = tiny_tables(8)
    version = commit_version(
        "untested",
        tables | {"problems": [row | {"tests": ()} for row in tables["problems"]]},
        content=tiny_content(),
        home=home,
    )
    given = {"reward": f"rm:{scorer}", "max_steps": 1}
    with caplog.at_level(logging.WARNING):
        done = generate(settings(version.path, tmp_path / "m", **given))
    assert "nobody watches for reward hacking: its problems have no tests" in caplog.text
    assert "watch" not in json.loads((done.path / "run.json").read_text())
    with pytest.raises(TrainingError, match="cannot be watched: its problems have no tests"):
        generate(settings(version.path, tmp_path / "n", watch=WatchSettings(), **given))
    with pytest.raises(TrainingError, match="no problems with tests"):
        generate(settings(version.path, tmp_path / "n", reward=f"rm:{scorer}+execution"))


def test_a_consensus_is_trained_on_by_a_model_alone(
    scorer: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    version = build(load_recipe(write_consensus_recipe(tmp_path)), home=tmp_path / "store").version
    given = {"split": version_split(version.path), "overrides": TINY}
    with caplog.at_level(logging.WARNING):
        assert generate(settings(version.path, tmp_path / "m", reward=f"rm:{scorer}", **given), dry_run=True).steps == 0
    assert "nobody watches for reward hacking: its labels do without" in caplog.text
    for reward in (f"rm:{scorer}+execution", "execution"):
        with pytest.raises(TrainingError, match="would reward by the problems' own tests"):
            generate(settings(version.path, tmp_path / "m", reward=reward, **given), dry_run=True)


@pytest.mark.parametrize(
    ("reward", "found"),
    [
        (None, Asked(None, True)),
        ("execution", Asked(None, True)),
        ("rm:models/rm", Asked("models/rm", False)),
        ("rm:org/rm+execution", Asked("org/rm", True)),
    ],
)
def test_rewards_as_people_type_them(reward: str | None, found: Asked) -> None:
    assert asked(reward) == found


@pytest.mark.parametrize("reward", ["rm", "rm:", "rm:+execution", "model:x", "ndcg", ""])
def test_what_is_no_reward_is_told(reward: str) -> None:
    with pytest.raises(RecipeError, match="by execution, by rm:MODEL"):
        asked(reward)


@pytest.mark.parametrize(
    ("more", "kind", "message"),
    [
        ({"reward": "rm:/nowhere"}, ModelError, "no model at '/nowhere'"),
        ({"reward": "rm:micro"}, ModelError, "a reward model is a sequence classification with one"),
        ({"watch": WatchSettings()}, RecipeError, "which is the reward here"),
        ({"overrides": ("reward_weights=[1, 2]",)}, RecipeError, "reward_weights has 2 numbers, but there are 1"),
    ],
)
def test_a_run_that_must_not_start_says_why(
    more: dict[str, Any], kind: type[Exception], message: str, small_version: Path, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=message) as refused:
        generate(settings(small_version, tmp_path / "m", **more))
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "m").exists()


def test_the_command_takes_it(small_version: Path, scorer: Path, tmp_path: Path) -> None:
    args = ["train", "generate", str(small_version), "--model", "micro", "--preset", "micro", "--dry-run"]
    args += ["--set", "generation_batch_size=16", "--set", "per_device_train_batch_size=16", "-o", str(tmp_path / "m")]
    done = CliRunner().invoke(cli, [*args, "--reward", f"rm:{scorer}", "--watch-every", "2", "--watch-stop", "0.1"])
    assert done.exit_code == 0, done.output
    assert "every check passed" in done.stderr
    wrong = CliRunner().invoke(cli, [*args, "--watch-every", "2"])
    assert "which is the reward here" in wrong.stderr
