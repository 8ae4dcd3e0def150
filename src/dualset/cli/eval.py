"""``dualset eval``: measure models on a version, side by side."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from dualset.cli.output import bar, print_json
from dualset.cli.sandbox import sandbox_of, sandbox_options

__all__ = ["command"]


_OF_MODELS = {"samples", "repeats", "orders", "temperature", "top_p", "top_k", "max_tokens", "engine", "sampling"}
_OF_MODELS |= {"rankings"}


@click.command("eval")
@click.argument("models_and_ref", nargs=-1, required=True, metavar="[MODEL...] REF")
@click.option("--stored", is_flag=True, help="Measure the attempts that REF holds, and ask no model.")
@click.option(
    "--split",
    type=click.Choice(["train", "validation", "test", "all"]),
    default="test",
    show_default=True,
    help="The problems measured on.",
)
@click.option("--samples", type=int, default=4, show_default=True, help="Programs written a problem; 0: only ranking.")
@click.option("--best-of", type=int, default=4, show_default=True, help="Samples among which one is chosen.")
@click.option(
    "--choose-by",
    multiple=True,
    metavar="WAY",
    help="Choose in other ways too: majority, maxpass, codet, b4(4,3) (by tests), reward:MODEL.",
)
@click.option(
    "--tests",
    type=click.Choice(["public", "generated"]),
    help="What is chosen by: tests that statements show, or those that REF holds besides; default: generated if any.",
)
@click.option("--repeats", type=int, default=1, show_default=True, help="How often all is done, with other draws.")
@click.option("--orders", type=int, default=1, show_default=True, help="Shown orders that ranks are averaged over.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only problems released on that day or later.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Only problems released on that day or before.")
@click.option(
    "--by",
    multiple=True,
    type=click.Choice(["difficulty", "source", "tag", "month"]),
    help="Tell parts of the problems apart; a platform is a tag.",
)
@click.option("--limit", type=int, help="Only the first N problems, in the order of their ids.")
@click.option("--temperature", type=float, default=0.6, show_default=True, help="0 takes the likeliest token.")
@click.option("--top-p", type=float, default=0.95, show_default=True, help="Nucleus mass; 1 is off.")
@click.option("--top-k", type=int, default=20, show_default=True, help="0 is off.")
@click.option("--max-tokens", type=int, help="New tokens an answer at most; default: the recipe's.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of sampling and of the bootstrap.")
@click.option(
    "--engine",
    type=click.Choice(["transformers", "vllm", "openai"]),
    default="transformers",
    show_default=True,
    help="What the models run on.",
)
@click.option(
    "--sample",
    "sampling",
    multiple=True,
    metavar="KEY=VALUE",
    help="Another key of a recipe's candidates, as server.url=http://HOST:8000/v1 or thinking=true.",
)
@sandbox_options
@click.option("--batch-size", type=click.IntRange(1), default=64, show_default=True, help="Chats a forward pass.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda or auto.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown"]),
    default="text",
    show_default=True,
    help="Of the tables: markdown for a README or a model card.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, every problem's scores included.")
@click.option(
    "--rankings",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every ranking of the groups to a Parquet file, for dualset sql --rankings.",
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write that object to a file too."
)
def command(
    models_and_ref: tuple[str, ...],
    stored: bool,
    since: datetime | None,
    until: datetime | None,
    workers: int | None,
    isolation: str,
    form: str,
    as_json: bool,
    rankings: Path | None,
    output: Path | None,
    **options: Any,
) -> None:
    """Measure MODEL... on the version REF: writing, ranking, and choosing the best of N samples.

    MODEL is a folder, a Hub id (ORG/NAME), micro (the policy that comes with the package) or, with --engine openai,
    what a server calls it. Each metric is a mean over problems with a bootstrap interval, beside what chance gets;
    models after the first are compared with it, problem by problem, and judge what it wrote. Stopped, run it again:
    answers are kept.

        dualset eval micro models/micro-rank micro@v1

        dualset eval micro micro@v1 --repeats 3 --orders 2 --by difficulty

        dualset eval --stored humaneval-consensus --split all --best-of 100 --choose-by codet
    """
    import json

    from dualset.eval.evaluate import evaluate
    from dualset.eval.rankings import rows_of, write_rankings
    from dualset.eval.report import report
    from dualset.eval.settings import EvalSettings
    from dualset.eval.stored import evaluate_stored
    from dualset.eval.table import table

    *models, ref = models_and_ref
    if models and stored:
        msg = f"--stored asks no model: leave out {', '.join(models)}"
        raise click.UsageError(msg)
    if not models and not stored:
        msg = f"only {ref!r} was given: name at least one MODEL before the REF"
        raise click.UsageError(msg)
    if stored:
        _refuse_given(_OF_MODELS, "is about asking models, and --stored asks none")
    for path in (output, rankings):
        if path is not None:
            _check_place(path)
    settings = EvalSettings(since=since and since.date(), until=until and until.date(), **options)
    sandbox = sandbox_of(workers, isolation)
    with bar() as progress:
        found = (
            evaluate_stored(ref, settings, sandbox=sandbox, progress=progress)
            if stored
            else evaluate(models, ref, settings, sandbox=sandbox, progress=progress)
        )
    told = report(found)
    if output is not None:
        output.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if rankings is not None:
        dataset = f"{found.dataset}@{found.revision}"
        rows = (rows_of(each.name, each.revision, dataset, each.rankings) for each in found.models)
        write_rankings([row for part in rows for row in part], rankings)
    if as_json:
        print_json(told)
    else:
        click.echo(table(told, as_markdown=form == "markdown"))


def _refuse_given(names: set[str], why: str) -> None:
    """Options that would be ignored."""
    context = click.get_current_context()
    for option in context.command.params:
        if option.name in names and context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE:
            msg = f"{option.opts[-1]} {why}: leave it out"
            raise click.UsageError(msg)


def _check_place(path: Path) -> None:
    """A file that could not be written is told before hours of work."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab"):
            pass
        if not path.stat().st_size:
            path.unlink()
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror or error}"
        raise click.ClickException(msg) from error
