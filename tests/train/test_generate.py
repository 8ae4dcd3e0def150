"""Learning to write: the reward is what running the program says, and nothing runs in the training process."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Style
from dualset.builders.errors import RecipeError
from dualset.builders.execution.settings import LabelSettings
from dualset.train.execution_reward import ExecutionReward
from dualset.train.generate import generate
from dualset.train.grader import Attempted, Grader
from dualset.train.settings import TrainSettings

pytestmark = pytest.mark.slow

DOUBLE = Problem(
    problem_id="double",
    source="x",
    source_id="double",
    statement="Double it.",
    style=Style.CALL,
    entry_point="f",
    tests=(Test(test_id="1", input="[2]", expected="4"), Test(test_id="2", input="[3]", expected="6")),
)
UNTESTED = Problem(problem_id="none", source="x", source_id="none", statement="?", style=Style.CALL, entry_point="f")
RIGHT, WRONG = "def f(x): return 2 * x", "def f(x): return x + 2"


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with Grader({"double": DOUBLE, "none": UNTESTED}, LabelSettings(timeout_s=2.0, memory_mb=256)) as it:
        yield it


def said(code: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": f"So:\n```python\n{code}\n```"}]


def test_programs_are_graded_once_and_in_order(grader: Grader) -> None:
    attempts = [Attempted("double", code) for code in (RIGHT, WRONG, RIGHT, "def f(x: return")]
    assert grader.passed([*attempts, Attempted("none", RIGHT)]) == [True, False, True, False, None]
    assert grader.passed(attempts[:2]) == [True, False]


def test_the_reward_is_one_zero_or_unknown(grader: Grader) -> None:
    logged: dict[str, float] = {}
    answers = [said(RIGHT), said(WRONG), [{"role": "assistant", "content": "I cannot."}], said(RIGHT)]
    rewards = ExecutionReward(grader)(
        [None] * 4, answers, problem_id=["double"] * 3 + ["none"], log_metric=logged.__setitem__, completion_ids=None
    )
    assert rewards == [1.0, 0.0, 0.0, None]
    assert logged == {
        "generation/passed": 1 / 3,
        "generation/has_code": 0.75,
        "generation/unknown": 0.25,
        "generation/mixed_problems": 0.5,
    }


ORPHAN = """
import time
from dualset.builders.execution.settings import LabelSettings
from dualset.train.grader import Attempted, Grader
from test_generate import DOUBLE, RIGHT
if __name__ == "__main__":
    grader = Grader({"double": DOUBLE}, LabelSettings(timeout_s=2.0))
    print(grader.passed([Attempted("double", RIGHT)]), flush=True)
    time.sleep(99)
"""


def test_a_training_process_that_is_killed_leaves_no_grader(tmp_path: Path) -> None:
    (tmp_path / "orphan.py").write_text(ORPHAN)
    environment = os.environ | {"PYTHONPATH": os.path.dirname(__file__)}
    with subprocess.Popen([sys.executable, str(tmp_path / "orphan.py")], env=environment, stdout=subprocess.PIPE) as it:
        assert it.stdout is not None
        assert it.stdout.readline() == b"[True]\n"
        left = psutil.Process(it.pid).children(recursive=True)
        assert left
        it.send_signal(signal.SIGKILL)
    assert not psutil.wait_procs(left, timeout=20)[1]


def settings(version: Path, output: Path, **more: Any) -> TrainSettings:
    small = ("generation_batch_size=16", "per_device_train_batch_size=16", "max_completion_length=48")
    return TrainSettings(
        ref=str(version), model="micro", output=output, preset="micro", overrides=small, max_steps=2, **more
    )


def test_a_run_leaves_a_model_that_says_how_it_was_rewarded(small_version: Path, tmp_path: Path) -> None:
    began = time.monotonic()
    done = generate(settings(small_version, tmp_path / "m"))
    assert time.monotonic() - began < 120
    record = json.loads((done.path / "run.json").read_text())
    assert (record["kind"], record["reward"], record["steps"]) == ("generate", "execution", 2)
    assert 0 < done.metrics["generation/passed"] <= 1
    assert done.metrics["reward"] == pytest.approx(done.metrics["generation/passed"])
    card = (done.path / "README.md").read_text()
    assert "| reward | execution; 0 without code |" in card
    assert "problems of the train split" in card


def test_another_reward_is_refused(small_version: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="the reward is 'ndcg', but writing is rewarded by execution, by rm:MODEL"):
        generate(settings(small_version, tmp_path / "m", reward="ndcg"))
