"""``dualset score MODEL REF``: what a reward model scores the programs of a version, as a table beside it."""

from pathlib import Path
from typing import Any

import click

from dualset.cli.output import bar, print_json, print_table, remark

__all__ = ["command"]


@click.command("score")
@click.argument("model")
@click.argument("ref")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), required=True, help="A Parquet file.")
@click.option(
    "--split",
    type=click.Choice(["train", "validation", "test", "all"]),
    default="all",
    show_default=True,
    help="The problems whose programs are scored.",
)
@click.option("--model-revision", help="The model's Hub commit; of a folder, the digest that it must have.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda or auto.")
@click.option("--batch-size", type=click.IntRange(1), default=16, show_default=True, help="Programs a forward pass.")
@click.option(
    "--max-tokens",
    type=click.IntRange(1),
    default=4096,
    show_default=True,
    help="Chats are cut there, or at the model's context; how many were is said.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the intervals.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    model: str,
    ref: str,
    output: Path,
    split: str,
    model_revision: str | None,
    as_json: bool,
    **more: Any,
) -> None:
    """Score every distinct program of REF with the reward model MODEL, without running anything.

    The scores lie beside the version, with the model's revision. Stopped, run it again: what is scored is kept.

        dualset score models/rm micro@v1 -o scores.parquet

        dualset sql micro@v1 --scores scores.parquet score_auc
    """
    from dualset.builders.dataset.store import open_version
    from dualset.eval.program_scores import score_version

    version = open_version(ref)
    with bar() as progress:
        done = score_version(
            model,
            version,
            output,
            split=None if split == "all" else split,
            revision=model_revision,
            progress=progress,
            **more,
        )
    if as_json:
        print_json(
            {
                "path": str(output),
                "model": done.model,
                "model_revision": done.revision,
                "dataset": version.name,
                "revision": version.revision,
                "programs": done.programs,
                "cut": done.cut,
                "pair_accuracy": {name: each.plain() for name, each in done.accuracy.items()},
            }
        )
        return
    print_table([_row(name, each.plain()) for name, each in done.accuracy.items()])
    remark(f"{done.programs} programs scored by {done.model}@{done.revision[:12]}; {done.cut} cut; chance is 0.5")
    remark(f"next:  dualset sql {version.name}@{version.revision[:12]} --scores {output} score_auc")


def _row(split: str, found: dict[str, Any]) -> dict[str, Any]:
    shown = {name: None if found[name] is None else f"{found[name]:.4f}" for name in ("value", "low", "high")}
    return {
        "split": split,
        "problems": found["n"],
        "pairs": found["pairs"],
        "pair_accuracy": shown["value"],
        "low": shown["low"],
        "high": shown["high"],
        "above_chance": {True: "yes", False: "no", None: None}[found["above_chance"]],
    }
