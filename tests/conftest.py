"""What all tests share: where the real data lies, and a store of their own."""

import json
import logging
import os
import random
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from filelock import FileLock


def pytest_configure() -> None:
    """A shell that runs the tests in the background has them ignore Ctrl-C, and so would every process of theirs."""
    hypothesis.settings.register_profile("untimed", deadline=None)  # on a busy machine anything may take long
    hypothesis.settings.load_profile("untimed")
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _plain_logging() -> None:
    """A command that ran in this process has our remarks go to stderr only, and one on Ray has pytest's own handlers
    take nothing; a test wants to read them itself."""
    log = logging.getLogger("dualset")
    log.handlers.clear()
    log.propagate = True
    for handler in logging.getLogger().handlers:
        handler.setLevel(logging.NOTSET)


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real problems and programs; it is not part of the repository."""
    folder = os.environ.get("DUALSET_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("DUALSET_DATA does not name a folder of real data sets")
    return Path(folder).resolve()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty version store, set as DUALSET_HOME."""
    store = tmp_path / "dualsets"
    monkeypatch.setenv("DUALSET_HOME", str(store))
    return store


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that one of the processes makes; each has a copy of its own."""
    ours = factory.getbasetemp()
    shared = (ours.parent if "PYTEST_XDIST_WORKER" in os.environ else ours) / f"made-{name}"
    with FileLock(f"{shared}.lock"):
        if not shared.exists():
            make(made := factory.mktemp(name))
            made.rename(shared)
    return Path(shutil.copytree(shared, factory.mktemp(name), dirs_exist_ok=True))


@pytest.fixture(scope="session")
def small_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The snapshot of a built version: 30 generated problems, 10 programs each, half of them with a slip, K=4."""
    [snapshot] = made_once(tmp_path_factory, "small", _build_small).glob("dualsets/small/snapshots/*")
    return snapshot


def _build_small(folder: Path) -> None:
    from dualset.builders.build import build
    from dualset.builders.problems.micro import all_specs, micro_problems, statement
    from dualset.builders.recipe import load_recipe
    from dualset.train.micro.corpus import attempt

    specs = {statement(spec): spec for spec in all_specs()}
    rng = random.Random(0)
    with (folder / "samples.jsonl").open("w") as file:
        for problem in micro_problems(30, 0):
            for _ in range(10):
                code, _ = attempt(specs[problem.statement], rng, 0.5)
                file.write(json.dumps({"problem_id": problem.problem_id, "code": code}) + "\n")
    (folder / "recipe.yaml").write_text(
        "name: small\n"
        "problems: {source: micro, count: 30, seed: 0}\n"
        "candidates: {source: samples, format: jsonl, path: samples.jsonl, max_tokens: 24}\n"
        "groups: {size: 4, prompt: short}\n"
        "splits: {train: 0.5, validation: 0.0, test: 0.5}\n"
    )
    build(load_recipe(folder / "recipe.yaml"), home=folder / "dualsets")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with random weights: every ranking it gives is malformed."""
    return made_once(tmp_path_factory, "tiny", lambda folder: _save(folder, *_new_model()))


@pytest.fixture(scope="session")
def constant_model(small_version: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder that was taught to answer ``1, 2, 3, 4`` to whatever it is asked."""
    return made_once(tmp_path_factory, "constant", lambda folder: _teach(folder, small_version))


def _teach(folder: Path, small_version: Path) -> None:
    import torch

    from dualset.builders.dataset.store import open_version

    model, tokenizer = _new_model()
    version = open_version(str(small_version), verify=False)
    chats = [row["prompt"] for row in version.rows("groups")]
    chats += [[{"role": "user", "content": row["statement"]}] for row in version.rows("problems")]
    rng = random.Random(0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    tokenizer.padding_side = "right"
    for step in range(150):
        optimizer.param_groups[0]["lr"] = 1e-2 * (1 - step / 150)
        part = rng.sample(chats, 8)
        texts = tokenizer.apply_chat_template(part, tokenize=False, add_generation_prompt=True)
        batch = tokenizer([f"{text}1, 2, 3, 4<|end|>" for text in texts], return_tensors="pt", padding=True)
        targets = batch["input_ids"].clone()
        for row, text in enumerate(texts):
            targets[row, : len(tokenizer(text)["input_ids"])] = -100
        targets[batch["attention_mask"] == 0] = -100
        model(**batch, labels=targets).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    tokenizer.padding_side = "left"
    _save(folder, model, tokenizer)


def _new_model() -> tuple[Any, Any]:
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    from dualset.train.micro.corpus import documents
    from dualset.train.micro.tokenizer import make_tokenizer

    tokenizer = make_tokenizer(text for kind in ("write", "rank4") for doc in documents(kind, 100, 1) for text in doc)
    torch.set_num_threads(1)  # for models this small a second thread only waits
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        intermediate_size=64,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    return Qwen3ForCausalLM(config), tokenizer


def _save(folder: Path, model: Any, tokenizer: Any) -> None:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
