"""A trained model on the Hub: one commit with its card, its data's pins and its results; nothing of anybody else."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hub_client import Client, client_of
from loopback_hub import Hub, running_hub
from loopback_repository import Repository

from dualset.builders.candidates.policy import digest_of_model
from dualset.train.imitate import imitate
from dualset.train.settings import TrainSettings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with running_hub() as running:
        yield running


@pytest.fixture(scope="module")
def dualset(hub: Hub, small_version: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with client_of(hub, tmp_path_factory.mktemp("client")) as client:
        client.home = small_version.parents[2]
        yield client


@pytest.fixture(scope="module")
def trained(small_version: Path, constant_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with a checkpoint beside the weights."""
    settings = TrainSettings(
        ref=str(small_version),
        model=str(constant_model),
        output=tmp_path_factory.mktemp("trained") / "my-model",
        preset="micro",
        overrides=("per_device_train_batch_size=4", "save_strategy=steps", "save_steps=1"),
        max_steps=2,
    )
    return imitate(settings).path


@pytest.fixture
def model(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "my-model"))


def repository(hub: Hub, name: str) -> Repository:
    return hub.repositories[f"models/{name}"]


def front_matter(card: bytes) -> dict[str, Any]:
    import yaml

    data: dict[str, Any] = yaml.safe_load(card.decode().split("---\n")[1])
    return data


def test_a_push_is_one_commit_and_a_tag_and_loads_again(hub: Hub, dualset: Client, model: Path) -> None:
    done = dualset("push", str(model), "ada/first", "--tag", "v1")
    there = repository(hub, "ada/first")
    assert (done.code, done.out) == (0, f"hf://ada/first@{there.head.sha}\n")
    assert there.tags == {"v1": there.head.sha}
    names = there.head.files.keys() - {".gitattributes"}
    assert {"README.md", "config.json", "metrics.jsonl", "model.safetensors", "run.json", "tokenizer.json"} <= names
    assert not [name for name in names if name.startswith("checkpoint-") or name.endswith(".bin")]
    load = (
        "from transformers import AutoModelForCausalLM as M; answer = str(M.from_pretrained(repo, revision=sha).dtype)"
    )
    assert dualset.python(load, repo="ada/first", sha=there.head.sha) == "torch.float32"
    card = there.head.files["README.md"]
    assert b"# ada/first" in card
    assert (
        front_matter(card)["dualset"]["dataset_revision"]
        == json.loads((model / "run.json").read_text())["dataset"]["revision"]
    )


def test_a_push_again_does_nothing_and_a_changed_model_is_a_commit_without_the_old_weights(
    hub: Hub, dualset: Client, model: Path
) -> None:
    first = dualset("push", str(model), "ada/again").out
    again = dualset("push", str(model), "ada/again", "--tag", "v1")
    assert again.out == first
    assert "nothing to commit" in again.err
    assert len(repository(hub, "ada/again").commits) == 2  # the Hub's own first one, and ours
    (model / "model.safetensors").rename(model / "model-00001-of-00001.safetensors")
    record = json.loads((model / "run.json").read_text())
    (model / "run.json").write_text(json.dumps(record | {"model_digest": digest_of_model(model)}))
    planned = dualset("push", str(model), "ada/again", "--dry-run", "--json")
    assert json.loads(planned.out)["delete"] == ["model.safetensors"]
    assert len(repository(hub, "ada/again").commits) == 2
    assert dualset("push", str(model), "ada/again").code == 0
    assert "model.safetensors" not in repository(hub, "ada/again").head.files
    assert "names the commit" in dualset("push", str(model), "ada/again", "--tag", "v1").line


def test_the_card_names_the_commit_that_its_data_was_pushed_as_since(
    hub: Hub, dualset: Client, model: Path, small_version: Path
) -> None:
    pushed = dualset("push", f"small@{small_version.name}", "ada/data").out.strip()
    dualset("push", str(model), "ada/with-data")
    card = repository(hub, "ada/with-data").head.files["README.md"]
    assert pushed in card.decode()
    assert front_matter(card)["datasets"] == ["ada/data"]


def test_results_are_those_of_this_model(
    hub: Hub, dualset: Client, model: Path, small_version: Path, tmp_path: Path
) -> None:
    results = tmp_path / "eval.json"
    ref = f"small@{small_version.name}"
    few = ("--samples", "0", "--limit", "2", "-o", str(results))
    assert dualset("eval", "micro", str(model), ref, *few).code == 0
    assert dualset("push", str(model), "ada/measured", "--results", str(results)).code == 0
    card = repository(hub, "ada/measured").head.files["README.md"]
    [index] = front_matter(card)["model-index"]
    told = {each["type"]: each["value"] for each in index["results"][0]["metrics"]}
    measured = json.loads(results.read_text())["models"][1]
    assert told == {name: round(each["value"], 4) for name, each in measured["metrics"].items()}
    ndcg = measured["metrics"]["ndcg"]
    assert f"| `ndcg` | {ndcg['n']} | {ndcg['value']:.3f} [" in card.decode()
    assert "minus `micro`" in card.decode()
    measured["revision"] = "0" * 64
    results.write_text(json.dumps(json.loads(results.read_text()) | {"models": [measured]}))
    said = dualset("push", str(model), "ada/measured", "--results", str(results)).line
    assert f"none is this model ({digest_of_model(model)[:12]})" in said


def test_only_the_model_is_pushed_and_what_an_earlier_one_had_goes(hub: Hub, dualset: Client, model: Path) -> None:
    (model / "added_tokens.json").write_text("{}")
    before = json.loads((model / "run.json").read_text())
    (model / "run.json").write_text(json.dumps(before | {"model_digest": digest_of_model(model)}))
    for name in ("runs/host/events.1", "wandb/config.yaml", "sub/.env", "optimizer.pt", "sub/model.safetensors"):
        (model / name).parent.mkdir(parents=True, exist_ok=True)
        (model / name).write_text("secret")
    (model / "LICENSE").symlink_to("/etc/hostname")
    assert dualset("push", str(model), "ada/only").code == 0
    names = repository(hub, "ada/only").head.files.keys()
    assert "added_tokens.json" in names
    assert not [name for name in names if "/" in name or name in ("optimizer.pt", "LICENSE")]
    (model / "added_tokens.json").unlink()
    (model / "run.json").write_text(json.dumps(before))
    assert dualset("push", str(model), "ada/only").code == 0
    assert "added_tokens.json" not in repository(hub, "ada/only").head.files


def test_weights_that_are_not_the_runs_are_not_pushed(dualset: Client, model: Path, constant_model: Path) -> None:
    (model / "model.safetensors").write_bytes((constant_model / "model.safetensors").read_bytes())
    assert "is not the one that its run left" in dualset("push", str(model), "ada/x").line
    (model / "model.safetensors").unlink()
    assert "there is no model to push" in dualset("push", str(model), "ada/x").line


def test_a_renamed_folder_keeps_its_card_up_to_date(hub: Hub, dualset: Client, model: Path) -> None:
    renamed = model.rename(model.parent / "renamed")
    assert dualset("push", str(renamed), "ada/renamed").code == 0
    assert b"# ada/renamed" in repository(hub, "ada/renamed").head.files["README.md"]


def test_somebodys_own_card_stays(hub: Hub, dualset: Client, model: Path) -> None:
    (model / "README.md").write_text("# Mine\n")
    assert dualset("push", str(model), "ada/own-card").code == 0
    assert repository(hub, "ada/own-card").head.files["README.md"] == b"# Mine\n"


def test_what_is_not_ours_is_not_buried(hub: Hub, dualset: Client, model: Path) -> None:
    hub.add("ada/theirs", {"README.md": b"# x\n", "pytorch_model.bin": b"weights"}, kind="models")
    assert (
        "something that dualset did not put there (pytorch_model.bin)" in dualset("push", str(model), "ada/theirs").line
    )
    assert len(repository(hub, "ada/theirs").commits) == 1


def test_folders_that_are_no_finished_run(dualset: Client, model: Path, tmp_path: Path) -> None:
    record = json.loads((model / "run.json").read_text())
    (model / "run.json").write_text(json.dumps(record | {"finished": None}))
    assert "an unfinished run" in dualset("push", str(model), "ada/x").line
    rounds = tmp_path / "rounds"
    (rounds / "round-1-rank").mkdir(parents=True)
    (rounds / "ledger.json").write_text("{}")
    assert "push the model of one of them, such as" in dualset("push", str(rounds), "ada/x").line
    done = dualset("push", "small", "ada/x", "--results", "r.json")
    assert (done.code, "for a model's card" in done.err) == (2, True)
