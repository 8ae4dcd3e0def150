"""``dualset overlap TRAIN EVAL``: problems of an evaluation set that a training version holds as well."""

import math
import sys
from pathlib import Path

import click

from dualset.cli.output import bar, remark

__all__ = ["command"]

_SPLITS = click.Choice(["train", "validation", "test", "all"])
_BY_SUFFIX = {".csv": "csv", ".json": "json", ".md": "markdown"}


def _number(_: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    """NaN is in every range, as click sees it."""
    if value is not None and math.isnan(value):
        msg = f"{parameter.opts[0]} is nan: give a number"
        raise click.UsageError(msg)
    return value


@click.command("overlap")
@click.argument("train")
@click.argument("evaluation", metavar="EVAL")
@click.option("--split", type=_SPLITS, default="all", show_default=True, help="The split of TRAIN.")
@click.option("--of-split", type=_SPLITS, default="all", show_default=True, help="The split of EVAL.")
@click.option("--n", type=click.IntRange(1, 50), default=8, show_default=True, help="Words in an n-gram.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1, min_open=True),
    callback=_number,
    default=0.5,
    show_default=True,
    help="Statements match from this share of EVAL's rare n-grams in one statement of TRAIN.",
)
@click.option("--no-codes", is_flag=True, help="Compare no programs: faster where TRAIN has many.")
@click.option(
    "--each", type=click.IntRange(1), default=3, show_default=True, help="Pairs listed of a problem; all are counted."
)
@click.option(
    "--fail-over",
    type=click.FloatRange(0, 1),
    callback=_number,
    metavar="SHARE",
    help="Exit 1 where more than this share of EVAL's problems match, for CI; 0: where any does.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "markdown", "csv", "json"]),
    help="csv: the pairs alone. Default: by the suffix of -o, or table.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: --format json.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write there, not to stdout.")
def command(
    train: str,
    evaluation: str,
    split: str,
    of_split: str,
    n: int,
    threshold: float,
    no_codes: bool,
    each: int,
    fail_over: float | None,
    form: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Which problems of the version EVAL does the version TRAIN hold as well?

    By id, by statement (the share of its 8-grams of words, common phrases left out, found in one statement of TRAIN),
    by program (syntax trees), and which are older than TRAIN's newest. Findings are no error: the exit code is 0.

        dualset overlap my-train livecodebench --fail-over 0.01

        dualset overlap my-data my-data --split train --of-split test
    """
    from dualset.builders.dataset.store import open_version
    from dualset.eval.overlap.overlap import find_overlap
    from dualset.eval.overlap.report import text

    if as_json and form not in (None, "json"):
        msg = f"--json and --format {form}: give one of them"
        raise click.UsageError(msg)
    form = "json" if as_json else form or (_BY_SUFFIX.get(output.suffix, "table") if output else "table")
    trained = open_version(train)
    measured = trained if evaluation == train else open_version(evaluation)
    if trained.revision == measured.revision and (split == of_split or "all" in (split, of_split)):
        remark("both are the same version: its problems match themselves; compare two splits with --split, --of-split")
    with bar() as progress:
        found = find_overlap(
            trained,
            measured,
            train_split=None if split == "all" else split,
            eval_split=None if of_split == "all" else of_split,
            n=n,
            threshold=threshold,
            each=each,
            codes=not no_codes,
            progress=progress,
        )
    told = text(found, form, terminal=output is None and sys.stdout.isatty())
    if output is None:
        click.echo(told, nl=False)
    else:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(told, encoding="utf-8")
    if fail_over is not None and found.share > fail_over:
        matched = f"{found.counts['matched']:,} of {found.evaluation.problems:,} problems match ({found.share:.4f})"
        msg = f"{matched}: more than --fail-over {fail_over:g}"
        raise click.ClickException(msg)
