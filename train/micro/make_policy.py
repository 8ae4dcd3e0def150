"""Make the tiny policies that come with the package, from a seed.

Run:  python -m dualset.train.micro.make_policy OUT_FOLDER [--roles]

In: nothing but the corpus. Out: a folder that plain transformers loads, with ``made.json``: its settings,
times and machine.
A Qwen3 configuration of 0.75M parameters. Judging is learnt by a curriculum: from lists alone it stays at chance;
from one program with a verdict it starts, then two, then four programs, with writing kept in the mixture throughout.
"""

import json
import os
import platform
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import click

from dualset.train.micro.corpus import KINDS, Document, documents
from dualset.train.micro.tokenizer import make_tokenizer

__all__ = ["STAGES", "Settings", "Stage", "make_policy"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The model's shape and what all stages share; ``batch`` counts documents a step."""

    seed: int = 0
    batch: int = 96
    documents_per_kind: int = 120_000
    hidden: int = 128
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    intermediate: int = 320


Mixture = dict[str, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """Some steps under one cosine; each mixture of kinds holds up to its share of them.

    ``batch`` and ``documents_per_kind`` are those of the settings where they are not said.
    """

    steps: int
    peak_lr: float
    mixtures: tuple[tuple[float, Mixture], ...]
    batch: int | None = None
    documents_per_kind: int | None = None


STAGES = (
    Stage(
        steps=4000,
        peak_lr=3e-3,
        mixtures=(
            (0.35, {"write": 0.4, "verdict": 0.6}),
            (0.60, {"write": 0.3, "verdict": 0.35, "rank2": 0.35}),
            (1.00, {"write": 0.3, "verdict": 0.1, "rank2": 0.2, "rank4": 0.4}),
        ),
    ),
    Stage(
        steps=800,
        peak_lr=2e-3,
        mixtures=((1.00, {"write": 0.2, "verdict": 0.1, "rank2": 0.15, "rank3": 0.15, "rank4": 0.4}),),
    ),
)
"""The second stage is there because four at a time were hardly learnt at the end of the first."""

ROLES = Stage(
    steps=1200,
    peak_lr=2e-3,
    mixtures=((1.00, {"write": 0.3, "test": 0.7}),),
    batch=48,
    documents_per_kind=60_000,
)
"""After the others: a policy that writes tests as well, and forgets how to judge (``micro-roles``)."""

TOKENIZER_KINDS = ("write", "verdict", "rank2", "rank4")


def make_policy(folder: Path, settings: Settings, device: str, done: int = 0, *, roles: bool = False) -> None:
    """Train stage after stage, saving after each; the first ``done`` of them are taken from the folder."""
    stages = (*STAGES, ROLES) if roles else STAGES
    for number, stage in enumerate(stages[done:], start=done):
        _run(stage, number, folder, settings, device)


def _run(stage: Stage, number: int, folder: Path, shared: Settings, device: str) -> None:
    import torch

    started = time.time()
    settings = replace(
        shared,
        batch=stage.batch or shared.batch,
        documents_per_kind=stage.documents_per_kind or shared.documents_per_kind,
    )
    torch.manual_seed(settings.seed + number)
    model, tokenizer = _loaded(folder) if number else _new(settings)
    kinds = [kind for kind in KINDS if any(kind in mixture for _, mixture in stage.mixtures)]
    data = {kind: _encoded(kind, settings, tokenizer, device) for kind in kinds}
    prepared = time.time()
    _train(model.to(device), data, stage, settings)
    model.to("cpu").save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    record = {
        "stage": asdict(stage),
        "prepare_s": round(prepared - started, 1),
        "train_s": round(time.time() - prepared, 1),
        "device": torch.cuda.get_device_name() if device == "cuda" else f"{platform.machine()}, {os.cpu_count()} cores",
        "torch": torch.__version__,
    }
    made = folder / "made.json"
    stages = json.loads(made.read_text())["stages"][:number] if number else []
    whole = {"settings": asdict(shared), "stages": [*stages, record]}
    made.write_text(json.dumps(whole, indent=1) + "\n")


def _loaded(folder: Path) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)


def _new(settings: Settings) -> tuple[Any, Any]:
    tokenizer = make_tokenizer(
        text for kind in TOKENIZER_KINDS for doc in documents(kind, 1000, settings.seed - 1) for text in doc
    )
    return _new_model(tokenizer, settings), tokenizer


def _new_model(tokenizer: Any, settings: Settings) -> Any:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(tokenizer),
            hidden_size=settings.hidden,
            num_hidden_layers=settings.layers,
            num_attention_heads=settings.heads,
            num_key_value_heads=settings.kv_heads,
            head_dim=settings.hidden // settings.heads,
            intermediate_size=settings.intermediate,
            max_position_embeddings=1024,
            tie_word_embeddings=True,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
        )
    )


def _shard(task: tuple[str, int, int]) -> list[Document]:
    return documents(*task)


def _encoded(kind: str, settings: Settings, tokenizer: Any, device: str) -> tuple[Any, Any]:
    """The documents of a kind as (tokens [N, T], start of each answer [N])."""
    import torch

    shards = 16
    with Pool() as pool:
        parts = pool.map(
            _shard, [(kind, settings.documents_per_kind // shards, settings.seed * shards + i) for i in range(shards)]
        )
    docs = [doc for part in parts for doc in part]
    prompts = tokenizer([f"<|user|>{d.prompt}<|end|><|assistant|>" for d in docs])["input_ids"]
    answers = tokenizer([f"{d.answer}<|end|>" for d in docs])["input_ids"]
    width = max(len(p) + len(a) for p, a in zip(prompts, answers, strict=True))
    tokens = torch.full((len(docs), width), tokenizer.pad_token_id, dtype=torch.int64)
    for row, (p, a) in enumerate(zip(prompts, answers, strict=True)):
        tokens[row, : len(p) + len(a)] = torch.tensor(p + a)
    return tokens.to(device), torch.tensor([len(p) for p in prompts], device=device)


def _kinds(stage: Stage, seed: int) -> Iterator[str]:
    """The kind of each step's batch, by the stage's mixtures."""
    rng = random.Random(seed)
    for step in range(stage.steps):
        mixture = next(mix for until, mix in stage.mixtures if step < until * stage.steps)
        yield rng.choices(list(mixture), list(mixture.values()))[0]


def _train(model: Any, data: dict[str, tuple[Any, Any]], stage: Stage, settings: Settings) -> None:
    import torch
    from transformers import get_cosine_schedule_with_warmup

    optimizer = torch.optim.AdamW(model.parameters(), lr=stage.peak_lr, weight_decay=0.01, betas=(0.9, 0.98))
    schedule = get_cosine_schedule_with_warmup(optimizer, 200, stage.steps)
    losses: dict[str, list[float]] = {kind: [] for kind in data}
    model.train()
    for step, kind in enumerate(_kinds(stage, settings.seed), start=1):
        tokens, starts = data[kind]
        rows = torch.randint(len(tokens), (settings.batch,), device=tokens.device)
        loss = _answer_loss(model, tokens[rows], starts[rows])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses[kind].append(loss.item())
        if step % 100 == 0:
            shown = " ".join(f"{name} {sum(last[-40:]) / len(last[-40:]):.3f}" for name, last in losses.items() if last)
            click.echo(f"step {step}/{stage.steps}: {shown}", err=True)


def _answer_loss(model: Any, tokens: Any, starts: Any) -> Any:
    """Mean cross-entropy over the answers' tokens; the prompt is not learnt."""
    import torch

    pad = model.config.pad_token_id
    width = int((tokens != pad).sum(1).max())
    tokens = tokens[:, :width]
    fast = tokens.device.type == "cuda"  # a CPU that has no bfloat16 takes three times as long with it
    with torch.autocast(tokens.device.type, torch.bfloat16, enabled=fast):
        logits = model(input_ids=tokens).logits[:, :-1]
    targets = tokens[:, 1:].clone()
    places = torch.arange(1, width, device=tokens.device)
    targets[(targets == pad) | (places < starts[:, None])] = -100
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1).float(), targets.flatten())


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--seed", default=0, show_default=True, help="Of the corpus, the weights and the order.")
@click.option("--done", default=0, show_default=True, help="Stages that FOLDER already has behind it.")
@click.option("--roles", is_flag=True, help="With the stage that teaches it to write tests.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda or auto.")
def main(folder: Path, seed: int, done: int, roles: bool, device: str) -> None:
    """Make the tiny policy and save it into FOLDER."""
    import torch

    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    make_policy(folder, Settings(seed=seed), device, done, roles=roles)


if __name__ == "__main__":
    main()
