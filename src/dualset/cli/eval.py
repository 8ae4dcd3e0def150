"""``dualset eval``: measure models on a version, side by side."""

from pathlib import Path

import click

from dualset.cli.output import bar, print_json
from dualset.cli.sandbox import sandbox_of, sandbox_options

__all__ = ["command"]


@click.command("eval")
@click.argument("models_and_ref", nargs=-1, required=True, metavar="MODEL... REF")
@click.option(
    "--split",
    type=click.Choice(["train", "validation", "test"]),
    default="test",
    show_default=True,
    help="The problems measured on.",
)
@click.option("--samples", type=int, default=4, show_default=True, help="Programs written a problem; 0: only ranking.")
@click.option("--limit", type=int, help="Only the first N problems, in the order of their ids.")
@click.option("--temperature", type=float, default=0.6, show_default=True, help="0 takes the likeliest token.")
@click.option("--top-p", type=float, default=0.95, show_default=True, help="Nucleus mass; 1 is off.")
@click.option("--top-k", type=int, default=20, show_default=True, help="0 is off.")
@click.option("--max-tokens", type=int, help="New tokens an answer at most; default: the recipe's.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of sampling and of the bootstrap.")
@sandbox_options
@click.option("--batch-size", type=click.IntRange(1), default=64, show_default=True, help="Chats a forward pass.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda or auto.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, every problem's scores included.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write that object to a file too."
)
def command(
    models_and_ref: tuple[str, ...],
    split: str,
    samples: int,
    limit: int | None,
    temperature: float,
    top_p: float,
    top_k: int,
    max_tokens: int | None,
    seed: int,
    workers: int | None,
    isolation: str,
    batch_size: int,
    device: str,
    as_json: bool,
    output: Path | None,
) -> None:
    """Measure MODEL... on the version REF: writing, ranking, and choosing the best of four own samples.

    MODEL is a folder, a Hub id (ORG/NAME) or micro, the policy that comes with the package. Each metric is a mean over
    problems with a bootstrap interval, beside what chance gets; models after the first are compared with it, problem
    by problem.

        dualset eval micro models/micro-rank micro@v1
    """
    import json

    from dualset.eval.evaluate import evaluate
    from dualset.eval.report import report, table
    from dualset.eval.settings import EvalSettings

    *models, ref = models_and_ref
    if not models:
        msg = f"only {ref!r} was given: name at least one MODEL before the REF"
        raise click.UsageError(msg)
    settings = EvalSettings(
        split=split,
        samples=samples,
        limit=limit,
        temperature=temperature,
        top_p=top_p,
        top_k=top_k,
        max_tokens=max_tokens,
        seed=seed,
        batch_size=batch_size,
        device=device,
    )
    with bar() as progress:
        found = evaluate(models, ref, settings, sandbox=sandbox_of(workers, isolation), progress=progress)
    told = report(found)
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if as_json:
        print_json(told)
    else:
        click.echo(table(told))
