"""Co-evolution by the command's own function: TRL's trainer, the sandbox, the tiny policy that writes tests."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from dualset.builders.build import build
from dualset.builders.errors import RecipeError, TrainingError
from dualset.builders.recipe import load_recipe
from dualset.train.coevolve.offline import OFFLINE_TESTS
from dualset.train.coevolve.run import coevolve
from dualset.train.folder import METRICS
from dualset.train.settings import TrainResult, TrainSettings

pytestmark = pytest.mark.slow

SMALL = ("generation_batch_size=32", "per_device_train_batch_size=32", "num_generations=8")
TIMES = ("rollout", "execution", "mutation", "calibration", "training", "watch")


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 generated problems; their candidates are not looked at."""
    folder = tmp_path_factory.mktemp("coevolve")
    (folder / "recipe.yaml").write_text(
        "name: forty\n"
        "problems: {source: micro, count: 40, seed: 0}\n"
        "candidates: {source: transformers, model: micro-roles, n: 2, max_tokens: 32}\n"
        "splits: {train: 0.5, validation: 0.5, test: 0.0}\n"
    )
    return build(load_recipe(folder / "recipe.yaml"), home=folder / "dualsets").version.path


def settings(version: Path, output: Path, *overrides: str, **more: Any) -> TrainSettings:
    given = {"max_steps": 2, "model": "micro-roles", "preset": "micro", "output": output} | more
    return TrainSettings(ref=str(version), overrides=(*SMALL, *overrides), **given)


def lines(done: TrainResult) -> list[dict[str, Any]]:
    read = [json.loads(line) for line in (done.path / METRICS).read_text().splitlines()]
    return [line for line in read if "time/rollout_s" in line]


@pytest.fixture(scope="module")
def done(version: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    output = tmp_path_factory.mktemp("models") / "m"
    return coevolve(settings(version, output, "coevolution.selector=dyb4", "coevolution.rank_above=0"))


def test_both_roles_write_and_learn_in_turn(done: TrainResult) -> None:
    coder, tester = lines(done)
    assert "tester/mutation_score" not in coder
    assert 0 <= tester["tester/mutation_score"] <= 1
    for line in (coder, tester):
        assert line["coder/has_code"] > 0.8
        assert line["tester/one_test"] > 0.8
        assert 0 < line["coder/passed"] < 1
        assert 0 < line["tester/accuracy"] <= line["tester/one_test"]
        assert 0 <= line["selection/noise"] <= 1
        assert line["selection/kept"] > 0
    assert coder["reward"] == pytest.approx(coder["selection/selected"] * 1.0, abs=0.5)


def test_the_seconds_of_every_part_are_logged_and_add_up(done: TrainResult) -> None:
    for line in lines(done):
        parts = [line[f"time/{name}_s"] for name in TIMES]
        assert sum(parts) == pytest.approx(line["step_time"])
        assert all(seconds >= 0 for seconds in parts)
        assert line["time/calibration_s"] > 0
        assert line["time/execution_s"] > 0
    assert lines(done)[1]["time/mutation_s"] > lines(done)[0]["time/mutation_s"]


def test_the_model_says_how_it_was_made_and_loads(done: TrainResult) -> None:
    from transformers import AutoModelForCausalLM

    record = json.loads((done.path / "run.json").read_text())
    assert (record["kind"], record["reward"], record["steps"]) == ("coevolve", "consensus:dyb4", 2)
    assert record["coevolution"]["calibrate_on"] == 10
    assert len(record["labelled"]) == 10
    card = (done.path / "README.md").read_text()
    assert "only a calibration, where there was one, looked at labels" in card
    assert '"selector": "dyb4"' in card
    assert "| reward |" not in card.partition("## Figures")[2]  # of two scales
    assert "each rewarded by the other" in card
    assert "| tester/accuracy |" in card
    AutoModelForCausalLM.from_pretrained(done.path)


def test_epochs_are_turns_and_are_not_repeated(version: Path, tmp_path: Path) -> None:
    given = ("max_steps=-1", "num_train_epochs=2", "coevolution.method=online", "coevolution.watch=false")
    done = coevolve(settings(version, tmp_path / "m", *given, max_steps=None))
    problems = json.loads((done.path / "run.json").read_text())["dataset"]["groups"]
    assert done.steps == 2 * (problems // 4)


def test_a_turn_of_several_steps_has_its_seconds_once(version: Path, tmp_path: Path) -> None:
    done = coevolve(settings(version, tmp_path / "m", "num_iterations=2", "coevolution.watch=false", max_steps=4))
    read = [json.loads(line) for line in (done.path / METRICS).read_text().splitlines()]
    for line in [each for each in read if "step_time" in each]:
        assert 0 < line["time/training_s"] <= line["step_time"]
        assert line["step_time"] == pytest.approx(sum(line.get(f"time/{name}_s", 0) for name in TIMES))
    assert len(lines(done)) == 2


@pytest.mark.parametrize("lost", ["", '{"for": "another"}\n', "{"])
def test_a_resumed_offline_run_without_its_tests_is_refused(version: Path, tmp_path: Path, lost: str) -> None:
    saving = ("save_strategy=steps", "save_steps=1", "coevolution.method=offline", "coevolution.watch=false")
    done = coevolve(settings(version, tmp_path / "m", *saving))
    shutil.rmtree(done.path / "checkpoint-2")
    record = json.loads((done.path / "run.json").read_text())
    (done.path / "run.json").write_text(json.dumps(record | {"finished": None}))
    (done.path / OFFLINE_TESTS).write_text(lost)
    with pytest.raises(TrainingError, match=r"offline_tests\.jsonl is lost or torn"):
        coevolve(settings(version, done.path, *saving, resume=True))


def test_offline_tests_are_the_base_models_and_stay(version: Path, tmp_path: Path) -> None:
    done = coevolve(settings(version, tmp_path / "m", "coevolution.method=offline", max_steps=2))
    _, *tests = [json.loads(line) for line in (done.path / OFFLINE_TESTS).read_text().splitlines()]
    assert {len(each["answers"]) for each in tests} == {8}
    assert len(tests) == 8  # two turns of four problems
    assert all("tester/mutation_score" not in line for line in lines(done))
    assert [line["time/calibration_s"] for line in lines(done)] == pytest.approx([0, 0], abs=1e-3)


def test_cure_trains_both_roles_by_the_truth(version: Path, tmp_path: Path) -> None:
    done = coevolve(settings(version, tmp_path / "m", "coevolution.method=cure"))
    coder, tester = lines(done)
    assert coder["reward"] == pytest.approx(coder["coder/passed"])
    assert -1 <= tester["reward"] <= 1
    assert "selection/kept" not in tester  # nobody was selected
    assert json.loads((done.path / "run.json").read_text())["reward"] == "cure"


def test_a_run_that_is_resumed_ends_as_one_that_was_not(version: Path, tmp_path: Path) -> None:
    saving = ("save_strategy=steps", "save_steps=1", "coevolution.selector=codet", "coevolution.rank_above=0")
    whole = coevolve(settings(version, tmp_path / "whole", *saving, max_steps=3))
    cut = tmp_path / "cut"
    shutil.copytree(whole.path, cut)
    shutil.rmtree(cut / "checkpoint-3")
    shutil.rmtree(cut / "checkpoint-2")
    record = json.loads((cut / "run.json").read_text())
    (cut / "run.json").write_text(json.dumps(record | {"finished": None}))
    resumed = coevolve(settings(version, cut, *saving, max_steps=3, resume=True))
    same = (resumed.path / "model.safetensors").read_bytes() == (whole.path / "model.safetensors").read_bytes()
    told = ("reward", "coder/passed", "tester/accuracy", "selection/kept")
    assert [[line.get(name) for name in told] for line in lines(resumed)] == [
        [line.get(name) for name in told] for line in lines(whole)
    ]
    assert same


@pytest.mark.parametrize(
    ("overrides", "more", "error", "told"),
    [
        (("shuffle_dataset=true",), {}, RecipeError, "shuffle_dataset is True"),
        (("coevolution.calibrate_on=99", "coevolution.selector=dyb4"), {}, TrainingError, "validation split of"),
        (("coevolution.prompt=assert-1",), {}, RecipeError, "asks both roles the same"),
        (("coevolution=null",), {}, RecipeError, "coevolution: expected a mapping"),
        ((), {"reward": "ndcg"}, RecipeError, "the roles reward each other"),
        ((), {"preset": "dust"}, RecipeError, "no coevolve preset 'dust'"),
        (("generation_batch_size=800", "per_device_train_batch_size=800"), {}, TrainingError, "too few"),
    ],
)
def test_what_cannot_be_trained_is_one_line(
    version: Path, tmp_path: Path, overrides: tuple[str, ...], more: dict[str, Any], error: type[Exception], told: str
) -> None:
    with pytest.raises(error) as caught:
        coevolve(settings(version, tmp_path / "m", *overrides, **more))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "m").exists()


def test_the_papers_preset_passes_every_check(version: Path, tmp_path: Path) -> None:
    fits = ("max_completion_length=96", "generation_batch_size=32", "gradient_accumulation_steps=32")
    given = TrainSettings(
        ref=str(version), model="micro-roles", output=tmp_path / "m", preset="zerocoder", overrides=fits
    )
    assert coevolve(given, dry_run=True).steps == 0
