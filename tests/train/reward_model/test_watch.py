"""The watch for reward hacking: what it draws, what it says, when it calls a halt. Programs are really run."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dualset.builders.dataset.records import Problem, Test
from dualset.builders.dataset.words import Style
from dualset.builders.errors import RecipeError
from dualset.builders.execution.settings import LabelSettings
from dualset.train.grader import Grader
from dualset.train.reward_model.watch import Look, Watch, looks_in
from dualset.train.reward_model.watch_settings import WatchSettings

RIGHT, WRONG = "```python\ndef f(x): return 2 * x\n```", "```python\ndef f(x): return x + 2\n```"
PROBLEMS = {
    name: Problem(
        problem_id=name,
        source="x",
        source_id=name,
        statement="Double it.",
        style=Style.CALL,
        entry_point="f",
        tests=(Test(test_id="1", input="[3]", expected="6"),),
    )
    for name in ("a", "b", "c")
}


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with Grader(PROBLEMS, LabelSettings(timeout_s=2.0, memory_mb=256)) as it:
        yield it


def watch(grader: Grader, *looks: Look, **settings: float | None) -> Watch:
    return Watch(grader, frozenset(PROBLEMS), WatchSettings(**settings), seed=0, past=looks)  # type: ignore[arg-type]


@pytest.mark.slow
def test_it_says_the_pass_rate_and_reward_of_what_it_drew(grader: Grader) -> None:
    logged: dict[str, float] = {}
    it = watch(grader, every=5, size=4)
    problems, answers = ["a", "a", "none", "b", "b"], [RIGHT, WRONG, RIGHT, "No.", f"{WRONG}\n{RIGHT}"]
    it.look(0, problems, answers, [2.0, 1.0, 9.0, 0.0, 0.0], logged.__setitem__)
    # the problem without tests is not drawn; two blocks are invalid for the reward, and pass by the last one
    assert logged == {"watch/passed": 0.5, "watch/reward": 0.75, "watch/auc": 0.75}
    it.look(4, problems, answers, [0.0] * 5, logged.__setitem__)
    assert len(it.looks) == 1  # not yet time
    it.look(5, problems, answers, [0.0] * 5, logged.__setitem__)
    assert it.looks[1] == Look(5, 0.5, 0.0, 0.5)


@pytest.mark.slow
def test_whole_groups_are_drawn_and_others_at_another_step(grader: Grader) -> None:
    problems = ["a"] * 3 + ["b"] * 3 + ["c"] * 3
    rewards = [1.0] * 3 + [2.0] * 3 + [3.0] * 3
    it = watch(grader, every=1, size=2)
    for step in range(12):
        it.look(step, problems, [RIGHT] * 9, rewards, None)
    assert {look.reward for look in it.looks} == {1.0, 2.0, 3.0}
    assert all(look.auc is None and look.passed == 1 for look in it.looks)


def looks(*figures: tuple[float, float]) -> list[Look]:
    return [Look(10 * i, passed, reward) for i, (passed, reward) in enumerate(figures)]


UP, APART, BOTH = (
    [(0.5 + i / 50, 1 + i / 10) for i in range(10)],
    [(0.6, 1.0)] * 3 + [(0.6 - i / 20, 1 + i / 10) for i in range(8)],
    [(0.6 - i / 20, 1 - i / 10) for i in range(8)],
)


@pytest.mark.parametrize(
    ("figures", "stop", "parted"),
    [(UP, 0.0, False), (APART, 0.1, True), (APART, 0.9, False), (APART, None, False), (BOTH, 0.1, False)],
)
def test_they_part_where_the_reward_rises_and_the_pass_rate_falls(
    grader: Grader, figures: list[tuple[float, float]], stop: float | None, parted: bool
) -> None:
    assert (watch(grader, *looks(*figures), stop=stop).parted is not None) == parted


def test_one_odd_look_does_not_part_them(grader: Grader) -> None:
    it = watch(grader, *looks(*[(0.6, 1.0)] * 5, (0.4, 2.0)), stop=0.1)
    assert it.parted is None
    it.looks += looks((0.4, 2.0), (0.4, 2.0))
    assert it.parted is not None
    best, now = it.parted
    assert (best.passed, now.passed, now.reward) == (pytest.approx(0.6), pytest.approx(0.4), pytest.approx(2.0))
    assert it.told()["parted"] is not None


def test_a_run_that_goes_on_remembers_its_looks(tmp_path: Path) -> None:
    lines = [{"step": 1, "watch/passed": 0.5, "watch/reward": 1.0, "watch/auc": 0.7}, {"step": 2, "loss": 1}]
    lines += [{"step": 11, "watch/passed": 0.6, "watch/reward": 1.5}]
    (tmp_path / "metrics.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert looks_in(tmp_path / "metrics.jsonl") == [Look(0, 0.5, 1.0, 0.7), Look(10, 0.6, 1.5)]
    assert looks_in(tmp_path / "none.jsonl") == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"every": -1}, "watching every -1 steps"),
        ({"size": 0}, "64 programs|0 programs"),
        ({"stop": 1.5}, "watch-stop is 1.5"),
        ({"stop": float("nan")}, "watch-stop is nan"),
        ({"every": 0, "stop": 0.1}, "needs a watch"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        WatchSettings(**settings).check()  # type: ignore[arg-type]
