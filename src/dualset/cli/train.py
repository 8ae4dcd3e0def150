"""``dualset train rank``, ``imitate``, ``generate``, ``reward``: a version and a base model in, a model folder out."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from dualset.cli.output import bar, print_json, print_table, remark
from dualset.cli.sandbox import sandbox_of, sandbox_options

__all__ = ["command"]


@click.group("train")
def command() -> None:
    """Train a model from a version: rank or generate (GRPO), imitate (SFT), or reward (a reward model)."""


def _options_with(preset: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """What each command that trains takes; the preset with the paper's settings is the default."""
    options = [
        click.argument("ref"),
        click.option("--model", help="Base model: a folder, a Hub id or micro; default: the samples' own."),
        click.option("--model-revision", help="The base model's Hub commit."),
        click.option("--preset", default=preset, show_default=True, help=f"{preset}, micro or a YAML file."),
        click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Any field of TRL's config."),
        click.option("--max-steps", type=click.IntRange(1), help="Optimizer steps at most."),
        click.option("--seed", type=int, help="Of the order of rows and of sampling."),
        click.option(
            "--split",
            type=click.Choice(["train", "validation", "test"]),
            default="train",
            show_default=True,
            help="The problems trained on.",
        ),
        click.option(
            "--max-prompt-tokens",
            type=click.IntRange(1),
            help="The longest prompt; default: what the model has room for.",
        ),
        click.option("--drop-long", is_flag=True, help="Leave out rows that do not fit, instead of stopping."),
        click.option(
            "--output", "-o", type=click.Path(path_type=Path), help="Default: models/DATASET-rank, -imitate, ..."
        ),
        click.option("--overwrite", is_flag=True, help="Write over a finished run."),
        click.option("--resume", is_flag=True, help="Go on with the unfinished run in the output folder."),
        click.option("--dry-run", is_flag=True, help="Make every check, and train nothing."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
    ]

    def with_options(function: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            function = option(function)
        return function

    return with_options


_options = _options_with("dust")


_keep_silent = click.option(
    "--keep-silent",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help="Share of the groups kept whose answers by the base model all earn the same.",
)


@command.command("rank")
@_options
@click.option(
    "--reward",
    type=click.Choice(["pairwise_accuracy", "ndcg", "selection"]),
    help="What a ranking earns; default: the preset's.",
)
@_keep_silent
def rank_command(**options: Any) -> None:
    """Learn to rank with TRL's GRPO on the mixed groups of REF.

    The preset dust has the settings of DuST (arXiv 2605.11299), micro those for a tiny policy on a CPU.

        dualset train rank micro@v1 --preset micro
    """
    from dualset.train.rank import rank

    _run(rank, **options)


@command.command("generate")
@_options
@sandbox_options
@click.option(
    "--reward",
    metavar="WHAT",
    help="execution (the default), rm:MODEL (a reward model's score; no tests needed) or rm:MODEL+execution.",
)
@click.option("--watch-every", type=click.IntRange(0), help="rm: run some programs each so many steps.  [default: 10]")
@click.option("--watch-size", type=click.IntRange(1), help="rm: programs run then, at least.  [default: 64]")
@click.option(
    "--watch-stop",
    type=click.FloatRange(0, 1, max_open=True),
    help="rm: stop where the pass rate falls so far below its best while the reward rises; default: never.",
)
def generate_command(
    workers: int | None,
    isolation: str,
    watch_every: int | None,
    watch_size: int | None,
    watch_stop: float | None,
    **options: Any,
) -> None:
    """Learn to write with TRL's GRPO on the problems of REF, rewarded by running what the model writes.

    With --reward rm:MODEL by a reward model instead, and watched for what it does to the pass rate.

        dualset train generate micro@v1 --preset micro --reward rm:models/rm --watch-stop 0.1
    """
    from dualset.train.generate import generate
    from dualset.train.reward_model.watch_settings import WatchSettings

    given = {"every": watch_every, "size": watch_size, "stop": watch_stop}
    told: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    options["watch"] = WatchSettings(**told) if told else None
    _run(partial(generate, sandbox=sandbox_of(workers, isolation)), **options)


@command.command("coevolve")
@_options_with("zerocoder")
@sandbox_options
def coevolve_command(workers: int | None, isolation: str, **options: Any) -> None:
    """Learn to write programs and tests from no ground truth: each role is rewarded by the other (ZeroCoder).

    The preset zerocoder has the paper's settings (arXiv 2604.07864), micro those for a tiny policy on a CPU. The
    section coevolution says how the roles reward each other: --set coevolution.selector=dyb4.

        dualset train coevolve micro@v1 --model micro-roles --preset micro
    """
    from dualset.train.coevolve.run import coevolve

    _run(partial(coevolve, sandbox=sandbox_of(workers, isolation)), **options)


@command.command("imitate")
@_options
@click.option(
    "--targets",
    default="labels",
    show_default=True,
    metavar="WHAT",
    help="labels (the right ranking), own (the base model's right answers), or a JSONL file with group_id and answer; "
    "programs (one that passes), or programs:FILE (the best by the scores of dualset score).",
)
@click.option("--min-score", type=float, help="programs:FILE: the least score of a program that is imitated.")
@click.option("--tries", type=click.IntRange(1), default=8, show_default=True, help="own: answers a group at most.")
@click.option(
    "--answer-tokens", type=click.IntRange(1), default=4096, show_default=True, help="own: tokens an answer at most."
)
def imitate_command(**options: Any) -> None:
    """Learn right rankings by imitation with TRL's SFT on the same groups of REF: the baseline.

    dualset train imitate micro@v1 --preset micro
    """
    from dualset.train.imitate import imitate

    _run(imitate, **options)


@command.command("reward")
@_options_with("codescaler-1.7b")
@click.option(
    "--max-per-problem", type=click.IntRange(0), default=16, show_default=True, help="Pairs a problem at most; 0: all."
)
@click.option(
    "--order",
    type=click.Choice(["hardest", "drawn"]),
    default="hardest",
    show_default=True,
    help="Which pairs come first: near misses, or by seed.",
)
@click.option(
    "--length-ratio",
    type=click.FloatRange(1),
    help="Only pairs whose longer code is at most so many times the shorter; default: any.",
)
@click.option(
    "--pairs",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Train on the pairs of this file (dualset pairs) instead of REF's; may be repeated.",
)
@click.option(
    "--held-out",
    type=click.Choice(["validation", "test", "train", "none"]),
    default="validation",
    show_default=True,
    help="The split of REF that the finished model is measured on.",
)
def reward_command(
    max_per_problem: int, order: str, length_ratio: float | None, seed: int | None, **options: Any
) -> None:
    """Learn to score with TRL's RewardTrainer on pairs of REF: a program that passes against one that fails.

    The presets codescaler-1.7b (taken if none is said), -4b and -8b are for models of these sizes (CodeScaler, arXiv
    2602.17684), micro for a tiny one on a CPU.

        dualset train reward micro@v1 --model micro --preset micro
    """
    from dualset.builders.pairs.settings import PairSettings
    from dualset.train.reward_model.settings import RewardSettings
    from dualset.train.reward_model.train import train_reward

    pairs = PairSettings(
        max_per_problem=max_per_problem or None, order=order, length_ratio=length_ratio, seed=seed or 0
    )
    _run(train_reward, settings=partial(RewardSettings, pairs=pairs), then=_SCORE, seed=seed, **options)


def _rounds_options(function: Callable[..., None]) -> Callable[..., None]:
    """What both commands that train in rounds take."""
    options = [
        click.argument("ref"),
        click.option("--model", help="Base model: a folder, a Hub id or micro; default: the samples' own."),
        click.option("--model-revision", help="The base model's Hub commit."),
        click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="How many."),
        click.option("--steps", type=click.IntRange(1), required=True, help="Optimizer steps of a trainer and round."),
        click.option(
            "--pool",
            type=click.Choice(["replace", "add"]),
            default="replace",
            show_default=True,
            help="Whether new candidates replace those so far or are added to them.",
        ),
        click.option("--preset", default="dust", show_default=True, help="dust, micro or a YAML file."),
        click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Any field of TRL's config."),
        click.option("--sample", "sampling", multiple=True, metavar="KEY=VALUE", help="A key of candidates, as n=16."),
        click.option("--seed", type=int, default=0, show_default=True, help="Of the first round; one more a round."),
        click.option("--split", type=click.Choice(["train", "validation", "test"]), default="train", show_default=True),
        click.option("--drop-long", is_flag=True, help="Leave out rows that do not fit, instead of stopping."),
        _keep_silent,
        click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="The folder of the run."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
    ]
    for option in reversed(options):
        function = option(function)
    return sandbox_options(function)


@command.command("refresh")
@_rounds_options
def refresh_command(**options: Any) -> None:
    """Rank in rounds: each later round's candidates are sampled from the model of the round before.

    Interrupted, run the same command again: finished stages are in the folder's ledger.

        dualset train refresh micro@v1 --model micro --preset micro --rounds 3 --steps 30 -o models/refresh
    """
    _rounds("refresh", **options)


@command.command("iterate")
@_rounds_options
def iterate_command(**options: Any) -> None:
    """Learn to write and then to rank, in rounds: each round ranks candidates of the model that just learned to write.

    dualset train iterate micro@v1 --model micro --preset micro --rounds 2 --steps 30 -o models/iterate
    """
    _rounds("iterate", **options)


def _rounds(kind: str, *, workers: int | None, isolation: str, as_json: bool, **options: Any) -> None:
    from dualset.train.rounds.run import run_rounds
    from dualset.train.rounds.settings import RoundSettings

    sandbox = sandbox_of(workers, isolation)
    with bar() as progress:
        done = run_rounds(RoundSettings(kind=kind, **options), sandbox=sandbox, progress=progress)
    if as_json:
        said = {"path": str(done.path), "dataset": done.dataset, "revision": done.revision, "rounds": done.rounds}
        print_json(said)
    else:
        click.echo(str(done.path))
        remark(f"{len(done.rounds)} rounds; the last version is {done.dataset}@{done.revision[:12]}")


@command.command("compare")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def compare_command(runs: tuple[Path, ...], as_json: bool) -> None:
    """Say whether finished RUNs may be compared: same base, revision, split, filters and steps.

    Exit 1 where they differ.

        dualset train compare models/rank models/imitate
    """
    from dualset.train.compare import compare

    found = compare(runs)
    if as_json:
        print_json({"clean": not found.differences, "differences": found.differences, "runs": found.runs})
    else:
        print_table(found.runs)
        for each in found.differences:
            remark(f"not the same: {each}")
        remark(
            "not a clean comparison" if found.differences else "a clean comparison: what is compared differs, no more"
        )
    if found.differences:
        raise click.exceptions.Exit(1)


_EVAL = "dualset eval {base} {path} {ref}"
_SCORE = "dualset score {path} {ref} -o scores.parquet"


def _run(
    train: Callable[..., Any],
    *,
    dry_run: bool,
    as_json: bool,
    settings: Callable[..., Any] | None = None,
    then: str = _EVAL,
    **options: Any,
) -> None:
    from dualset.train.settings import TrainSettings

    with bar() as progress:
        result = train((settings or TrainSettings)(**options), dry_run=dry_run, progress=progress)
    if os.environ.get("RANK", "0") != "0":  # of several processes the first one speaks
        return
    if as_json:
        print_json({"path": str(result.path), **{name: getattr(result, name) for name in _TOLD}})
    elif dry_run:
        remark(
            f"every check passed: {result.base_model} on {result.dataset}@{result.revision[:12]}; nothing was trained"
        )
    else:
        click.echo(str(result.path))
        remark(f"{result.steps} steps from {result.base_model} on {result.dataset}@{result.revision[:12]}")
        base = options["model"] or result.base_model
        ref = f"{result.dataset}@{result.revision[:12]}"
        remark("next:  " + then.format(base=base, path=result.path, ref=ref))


_TOLD = ("base_model", "dataset", "revision", "steps", "metrics")
