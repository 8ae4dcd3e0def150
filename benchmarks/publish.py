"""A version's way to the Hub and back: pushed, pulled, read by other people's libraries, and trained from, on loopback.

Run:  python benchmarks/publish.py [NAME@REVISION] [--json] [--steps 4] [--no-train]

Without a reference a small version is built from ``recipes/micro.yaml``. The Hub is the one of the tests, in this
process; every client is the real one, in a process, an HF_HOME and a store of its own, and addresses the commit by its
sha. Reported: seconds and bytes of each step, and whether what came out is the same: every file, the revision, every
table's keys in five libraries, and the weights that the same training gives from here and from the pinned address.
The model is small and random: it is shown right rankings until it writes some, so that the reward has something to
tell apart. Left out: a network, and what the real Hub does with Xet. Exits with 1 where anything differs.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import yaml
from machine import circumstances
from readers import KEYS, READERS, digest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # the loopback Hub is the tests' own
from hub_client import settings  # noqa: E402
from loopback_hub import Hub, running_hub  # noqa: E402

from dualset.builders.dataset.store import Version, open_version  # noqa: E402

Figures = dict[str, Any]
_REPO = "ada/published"
_LONGEST = 1024  # tokens of a prompt; longer groups are left out, on both sides
_IMITATE = {"per_device_train_batch_size": 8, "learning_rate": 0.01, "warmup_steps": 0}
_RANK = {
    "generation_batch_size": 32,
    "per_device_train_batch_size": 32,
    "learning_rate": 0.001,
    "warmup_steps": 0,
}


class Place:
    """A folder with a store and a cache of their own, and the processes that are run there."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        self.folder, self.store = folder, folder / "store"
        folder.mkdir()
        self._env = settings(hub, folder / "hf", DUALSET_HOME=str(self.store), TOKENIZERS_PARALLELISM="false")

    def run(self, *command: str | Path) -> tuple[str, float]:
        """A program of the same environment as this Python: what it prints, and its seconds from start to end."""
        started = time.perf_counter()
        done = subprocess.run([*command], env=self._env, cwd=self.folder, capture_output=True, text=True)
        if done.returncode:
            raise click.ClickException(f"{' '.join(map(str, command))}\n{done.stderr[-3000:]}")
        return done.stdout, round(time.perf_counter() - started, 2)

    def dualset(self, *args: str | Path) -> tuple[Any, float]:
        """``dualset ARGS --json``."""
        out, seconds = self.run(sys.executable, "-m", "dualset", *args, "--json")
        return json.loads(out), seconds


def published(hub: Hub, folder: Path, version: Version) -> tuple[str, Figures]:
    """Push it, and pull it into an empty store by its sha."""
    told, push_s = Place(hub, folder / "push").dualset("push", version.path, _REPO, "--tag", "v1")
    sha = told["sha"]
    again, again_s = Place(hub, folder / "push-again").dualset("push", version.path, _REPO, "--tag", "v1")
    commits = len(hub.dataset(_REPO).commits) - 1  # without the one that made the repository
    there = Place(hub, folder / "pull")
    pulled, pull_s = there.dualset("pull", f"hf://datasets/{_REPO}@{sha}")
    figures = {
        "commits": commits,
        "sha": sha,
        "push_s": push_s,
        "push_again_s": again_s,
        "pull_s": pull_s,
        "bytes_uploaded": told["plan"]["upload_bytes"],
        "bytes_uploaded_again": 0 if again["plan"] is None else again["plan"]["upload_bytes"],
        "same_revision": pulled["revision"] == version.revision,
        **_compared(hub, version, Path(pulled["path"])),
    }
    return sha, figures


def _compared(hub: Hub, version: Version, pulled: Path) -> Figures:
    """Every file here, there and on the Hub. The card has the repository's name in it there, and is no part of it."""
    here, there = _files(version.path), _files(pulled)
    remote = {path: data for path, data in hub.dataset(_REPO).head.files.items() if path != ".gitattributes"}
    card = "README.md"  # made again by who pulls it: not the Hub's where somebody edited that
    return {
        "files_compared": len(here),
        "differ_from_ours": [path for path in _differing(here, there) if path != card],
        "differ_from_the_hub": [path for path in _differing(remote, there) if path != card],
        "same_card_as_on_the_hub": remote.get(card) == there.get(card),
    }


def _differing(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[str]:
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))


def _files(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def read_by_others(hub: Hub, folder: Path, version: Version, sha: str) -> Figures:
    """Each library's seconds, and whether it found every row."""
    wanted = {table: digest(row[key] for row in version.rows(table)) for table, key in KEYS.items()}
    figures = {}
    for name in READERS:
        script = Path(__file__).with_name("readers.py")
        out, _ = Place(hub, folder / name.replace("/", "")).run(sys.executable, script, name, _REPO, sha)
        told = json.loads(out)
        figures[name] = {"seconds": round(told["seconds"], 2), "same_rows": told["tables"] == wanted}
    return figures


def trained(hub: Hub, folder: Path, version: Version, sha: str, steps: int) -> Figures:
    """The same runs from the version here and from the pinned address in an empty store; then TRL's own command."""
    model = _random_model(folder / "random", version)
    figures: Figures = {}
    base = model
    for kind, n, overrides in (("imitate", 20 * steps, _IMITATE), ("rank", steps, _RANK)):
        runs = {}
        for name, ref in (("here", str(version.path)), ("hub", f"hf://datasets/{_REPO}@{sha}")):
            place = Place(hub, folder / f"{kind}-{name}")
            sets = [word for key, value in overrides.items() for word in ("--set", f"{key}={value}")]
            given = ["--model", base, "--preset", "micro", "--max-steps", str(n), "--output", "model", *sets]
            limits = ["--drop-long", "--max-prompt-tokens", str(_LONGEST), "--seed", "0"]
            _, seconds = place.dualset("train", kind, ref, *given, *limits)
            runs[name] = (place.folder / "model", seconds)
        figures[kind] = _same_weights(base, {name: run[0] for name, run in runs.items()}, sha) | {
            "steps": n,
            "seconds": {name: run[1] for name, run in runs.items()},
            **_learning(runs["hub"][0]),
        }
        base = runs["here"][0]
    figures["trl grpo"] = _trl(hub, folder / "trl", runs["here"][0], sha)
    return figures


def _learning(run: Path) -> Figures:
    """The loss of each tenth step, the reward of each; in how many steps some group had rewards that differ."""
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    figures: Figures = {"loss": [round(line["loss"], 3) for line in lines if "loss" in line][::10]}
    if spread := [line["frac_reward_zero_std"] < 1 for line in lines if "frac_reward_zero_std" in line]:
        figures |= {"rewards": [round(line["reward"], 3) for line in lines if "reward" in line]}
        figures["steps_with_rewards_that_differ"] = sum(spread)
    return figures


def _same_weights(base: Path, runs: dict[str, Path], sha: str) -> Figures:
    weights = {name: hashlib.sha256((run / "model.safetensors").read_bytes()).hexdigest() for name, run in runs.items()}
    record = json.loads((runs["hub"] / "run.json").read_text())["dataset"]
    return {
        "same_weights": weights["here"] == weights["hub"],
        "weights": weights["hub"][:16],
        "moved": _moved(base, runs["hub"]),
        "pinned": (record["hub_repo"], record["hub_sha"]) == (_REPO, sha),
        "rows": record["rows"],
        "left_out": record["dropped"],
    }


def _moved(base: Path, trained: Path) -> bool:
    """Whether any weight is another one; the files differ even where none is."""
    from safetensors.numpy import load_file

    before, after = (load_file(folder / "model.safetensors") for folder in (base, trained))
    return any((before[name] != after[name]).any() for name in before)


def _trl(hub: Hub, folder: Path, model: Path, sha: str) -> Figures:
    """One step of ``trl grpo --config``, without any code of ours but the reward."""
    place = Place(hub, folder)
    files = f"hf://datasets/{_REPO}@{sha}/data/groups/train-*.parquet"
    config = {
        "model_name_or_path": str(model),
        "datasets": [{"path": "parquet", "data_files": files}],
        "reward_funcs": ["dualset.train.rewards.pairwise_accuracy"],
        "output_dir": str(folder / "model"),
        "max_steps": 1,
        "num_generations": 2,
        "per_device_train_batch_size": 2,
        "max_completion_length": 16,
        "report_to": "none",
        "use_cpu": True,
        "bf16": False,
    }
    (folder / "rank.yaml").write_text(yaml.safe_dump(config))
    hub.calm()
    _, seconds = place.run(Path(sys.executable).with_name("trl"), "grpo", "--config", folder / "rank.yaml")
    asked = [request for request in hub.log if f"resolve/{sha}/data/groups/train-" in request]
    return {"seconds": seconds, "read_the_commit": bool(asked) and (folder / "model/model.safetensors").is_file()}


def _random_model(folder: Path, version: Version) -> Path:
    """A chat model of 100,000 weights, whose tokenizer is learnt from the version's prompts."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    from dualset.train.micro.tokenizer import make_tokenizer

    tokenizer = make_tokenizer(turn["content"] for row in version.rows("groups", "train") for turn in row["prompt"])
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=32,
        intermediate_size=128,
        max_position_embeddings=16_384,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    Qwen3ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _small_version(folder: Path) -> Version:
    """800 samples of the tiny policy, run in the sandbox."""
    fewer = ["--set", "problems.count=100", "--set", "candidates.n=8"]
    command = [sys.executable, "-m", "dualset", "build", ROOT / "recipes/micro.yaml", *fewer, "--json"]
    out = subprocess.run(command, env=os.environ | {"DUALSET_HOME": str(folder)}, check=True, stdout=subprocess.PIPE)
    return open_version(json.loads(out.stdout)["path"])


def _wrong(figures: Figures) -> list[str]:
    """What is not as it should be."""
    way, said = figures["way"], {name: each["same_rows"] for name, each in figures["readers"].items()}
    said |= {"the revision": way["same_revision"], "one commit": way["commits"] == 1}
    said |= {"the files": not (way["differ_from_ours"] or way["differ_from_the_hub"])}
    for name, each in figures.get("training", {}).items():
        said |= {f"{name}: {key}": value for key, value in each.items() if isinstance(value, bool)}
    return [name for name, fine in said.items() if not fine]


@click.command()
@click.argument("ref", required=False)
@click.option("--steps", default=4, show_default=True, help="Steps of GRPO; 20 times as many of SFT before them.")
@click.option("--train/--no-train", default=True, help="Whether to train.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(ref: str | None, steps: int, train: bool, as_json: bool) -> None:
    """Publish a version on a Hub on loopback, and use it from there."""
    with tempfile.TemporaryDirectory() as name, running_hub() as hub:
        folder = Path(name)
        version = open_version(ref) if ref else _small_version(folder / "built")
        files = version.manifest["files"]["parquet"]
        figures = circumstances("huggingface-hub", "datasets", "polars", "duckdb", "trl", "transformers", "torch")
        figures["version"] = {
            "name": version.name,
            "revision": version.revision,
            "files": len(files),
            "bytes": sum(entry["bytes"] for entry in files),
            "rows": {table: version.counts[table] for table in KEYS},
        }
        sha, figures["way"] = published(hub, folder, version)
        figures["readers"] = read_by_others(hub, folder, version, sha)
        if train:
            figures["training"] = trained(hub, folder, version, sha, steps)
    figures["wrong"] = _wrong(figures)
    print(json.dumps(figures) if as_json else yaml.safe_dump(figures, sort_keys=False, width=120), end="\n"[:as_json])
    sys.exit(bool(figures["wrong"]))


if __name__ == "__main__":
    main()
