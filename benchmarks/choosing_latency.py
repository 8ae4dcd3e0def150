"""Choosing one of N programs: by a reward model's scores, and by running the problem's tests, side by side.

CodeScaler (arXiv 2602.17684) says ten times less latency than unit tests. That depends on what runs the tests, on the
tests, on the model and on what computes it: this measures all of them here. For each of some problems of a version the
first N distinct programs are scored by each model, and labelled in the sandbox, which is kept from one problem to the
next; the two take turns, medians over the problems. Both have all cores.

Models are folders of reward models, and sizes of Qwen3 (``0.6b``, ``1.7b``): those are made here with random weights
and a tokenizer learnt from the version's own texts. What they choose is worth nothing; what they take is real.

Run:  python benchmarks/choosing_latency.py REF [--home DIR] [--model 0.6b] [--programs 4,16,64] [--problems 5] [--json]
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import click
from machine import circumstances

from dualset.builders.dataset.records import Problem, problem_from_row
from dualset.builders.dataset.store import Version, open_version
from dualset.builders.errors import DualsetError
from dualset.builders.execution.crew import Program
from dualset.builders.execution.label import label_programs
from dualset.builders.execution.ladder import Sandbox
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.execution.warm import sandboxes_kept
from dualset.builders.recorded import recorded
from dualset.eval.reward_model import RewardModel, load_reward_model

SIZES: dict[str, dict[str, int]] = {
    "0.6b": {"hidden_size": 1024, "num_hidden_layers": 28, "num_attention_heads": 16, "intermediate_size": 3072},
    "1.7b": {"hidden_size": 2048, "num_hidden_layers": 28, "num_attention_heads": 16, "intermediate_size": 6144},
}
"""Of Qwen3, as published; each with 8 key-value heads of 128."""
_VOCABULARY = 16_000


class Work(NamedTuple):
    """One problem and its distinct programs."""

    problem: Problem
    codes: list[str]


def works(version: Version, most: int, count: int) -> list[Work]:
    """The first problems that have tests and so many distinct programs."""
    problems = {row["problem_id"]: problem_from_row(row) for row in version.rows("problems") if row["tests"]}
    found = []
    rows = version.rows("candidates", columns=["problem_id", "code"])
    for problem_id, of in groupby(rows, key=lambda row: str(row["problem_id"])):
        codes = list(dict.fromkeys(row["code"] for row in of if row["code"] is not None))
        if problem_id in problems and len(codes) >= most:
            found.append(Work(problems[problem_id], codes[:most]))
    return found[:count]


def random_model(size: str, texts: Sequence[str], folder: Path) -> None:
    """A reward model of that size, and a tokenizer of these texts, in a folder."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForSequenceClassification

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=_VOCABULARY, special_tokens=["<|pad|>", "<|end|>"], show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<|pad|>", eos_token="<|end|>")
    fast.chat_template = "{% for message in messages %}{{ message.role }}\n{{ message.content }}<|end|>{% endfor %}"
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=len(fast),
        num_key_value_heads=8,
        head_dim=128,
        num_labels=1,
        pad_token_id=fast.pad_token_id,
        eos_token_id=fast.eos_token_id,
        **SIZES[size],
    )
    Qwen3ForSequenceClassification(config).save_pretrained(folder)
    fast.save_pretrained(folder)


def scored(model: RewardModel, work: Work, n: int) -> tuple[float, float]:
    """Seconds to score the first N programs, and tokens a chat."""
    from dualset.builders.pairs.chat import scored_chat

    pairs = [(work.problem.statement, code) for code in work.codes[:n]]
    began = time.perf_counter()
    model.score(pairs)
    seconds = time.perf_counter() - began
    tokenizer = model.policy.tokenizer
    chats = [tokenizer.apply_chat_template(scored_chat(*pair), tokenize=False) for pair in pairs]
    return seconds, sum(len(ids) for ids in tokenizer(chats)["input_ids"]) / n


def labelled(work: Work, n: int, limits: LabelSettings, sandbox: Sandbox) -> float:
    """Seconds to run them on the problem's tests."""
    programs = [Program(work.problem.problem_id, str(i), code) for i, code in enumerate(work.codes[:n])]
    began = time.perf_counter()
    list(label_programs({work.problem.problem_id: work.problem}, programs, limits, sandbox=sandbox))
    return time.perf_counter() - began


def measure(
    todo: Sequence[Work], models: dict[str, RewardModel], sizes: Sequence[int], limits: LabelSettings, workers: int
) -> list[dict[str, Any]]:
    """A row for every N."""
    rows = []
    with sandboxes_kept():
        labelled(todo[0], sizes[0], limits, Sandbox(workers))  # sandboxes start once, as in a service
        for n in sizes:
            row: dict[str, Any] = {"n": n, "tests_s": [], **{name: [] for name in models}, "tokens": []}
            for work in todo:
                row["tests_s"].append(labelled(work, n, limits, Sandbox(workers)))
                for name, model in models.items():
                    seconds, tokens = scored(model, work, n)
                    row[name].append(seconds)
                    row["tokens"].append(tokens)
                print(f"n {n}: {work.problem.source_id}", file=sys.stderr)
            rows.append({name: median(value) if isinstance(value, list) else value for name, value in row.items()})
    return rows


@click.command()
@click.argument("ref")
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), help="The store; $DUALSET_HOME.")
@click.option("--model", "names", multiple=True, default=["0.6b"], show_default=True, help="A folder, or a size.")
@click.option("--programs", default="4,16,64", show_default=True, help="N, with commas between.")
@click.option("--problems", default=5, show_default=True, help="How many.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda or auto.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(
    ref: str, home: Path | None, names: tuple[str, ...], programs: str, problems: int, device: str, as_json: bool
) -> None:
    """Measure."""
    sizes, workers = [int(each) for each in programs.split(",")], os.cpu_count() or 1
    try:
        version = open_version(ref, home=home)
        todo = works(version, max(sizes), problems)
        if not todo:
            msg = f"{ref} has no problem with tests and {max(sizes)} distinct programs: ask for fewer with --programs"
            raise click.ClickException(msg)
        with TemporaryDirectory() as folder:
            for size in set(names) & SIZES.keys():
                texts = [text for work in todo for text in (work.problem.statement, *work.codes)]
                random_model(size, texts, Path(folder) / size)
            models = {
                name: load_reward_model(str(Path(folder) / name) if name in SIZES else name, device=device)
                for name in names
            }
        rows = measure(todo, models, sizes, recorded(version).labels, workers)
    except DualsetError as error:
        raise click.ClickException(str(error)) from error
    figures = circumstances("torch", "transformers") | {
        "version": f"{version.name}@{version.revision[:12]}",
        "problems": len(todo),
        "tests_a_problem": median(len(work.problem.tests) for work in todo),
        "workers": workers,
        "device": str(next(iter(models.values())).policy.model.device),
        "tokens_a_chat": round(median(row["tokens"] for row in rows)),
    }
    print(json.dumps(figures | {"rows": rows}) if as_json else "\n".join(_lines(figures, rows, list(models))))


def _lines(figures: dict[str, Any], rows: Sequence[dict[str, Any]], models: Sequence[str]) -> Iterator[str]:
    yield from (f"{name:<16} {value}" for name, value in figures.items())
    yield (
        "\nmedian seconds to choose one of N\n| N | by tests | "
        + " | ".join(f"{name} | times" for name in models)
        + " |"
    )
    yield "|" + " --- |" * (2 + 2 * len(models))
    for row in rows:
        cells = " | ".join(f"{row[name]:.3f} | {row[name] / row['tests_s']:.1f}" for name in models)
        yield f"| {row['n']} | {row['tests_s']:.3f} | {cells} |"


if __name__ == "__main__":
    main()
