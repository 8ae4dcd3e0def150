"""``dualset pairs``: preference pairs of a version, or published ones at a pinned commit, as a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from dualset.cli.output import bar, print_json, remark

__all__ = ["command"]


@click.command("pairs")
@click.argument("source", metavar="REF|codescaler|acecode")
@click.option("--out", "-o", type=click.Path(dir_okay=False, path_type=Path), required=True, help=".jsonl or .parquet.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["codescaler", "trl"]),
    default="codescaler",
    show_default=True,
    help="codescaler: question_content, code_pos, code_neg; trl: prompt, chosen, rejected as messages.",
)
@click.option(
    "--split",
    type=click.Choice(["train", "validation", "test", "all"]),
    default="train",
    show_default=True,
    help="The problems whose pairs are written; a problem is in one split.",
)
@click.option("--max-per-problem", type=click.IntRange(0), help="Pairs a problem at most, 0: all.  [default: 16]")
@click.option(
    "--order", type=click.Choice(["hardest", "drawn"]), help="hardest: near misses first.  [default: hardest]"
)
@click.option(
    "--length-ratio",
    type=click.FloatRange(1),
    help="Only pairs whose longer code is at most so many times the shorter; default: any.",
)
@click.option("--seed", type=int, help="Of what is drawn.  [default: 0]")
@click.option(
    "--revision", help="Published pairs: the 40-digit commit on the Hub; required, because a branch can move."
)
@click.option(
    "--path",
    "paths",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Published pairs: files or folders that are here already, in the place of the Hub's.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    source: str,
    out: Path,
    form: str,
    split: str,
    revision: str | None,
    paths: tuple[Path, ...],
    as_json: bool,
    **given: Any,
) -> None:
    """Write preference pairs: chosen passes all tests, rejected fails, both of one problem.

    SOURCE is a version, or the word for pairs that were published: codescaler or acecode.

        dualset pairs micro --out pairs.jsonl

        dualset pairs codescaler --revision COMMIT --out published.parquet --split all
    """
    from dualset.builders.pairs.files import write_pairs
    from dualset.builders.pairs.published import PUBLISHED

    asked = {name: value for name, value in given.items() if value is not None}
    if source in PUBLISHED:
        if asked:
            msg = f"--{next(iter(asked)).replace('_', '-')}: published pairs are taken as they are"
            raise click.UsageError(msg)
        pairs, told = _published(source, revision, paths, None if split == "all" else split)
    else:
        if revision or paths:
            msg = f"--revision and --path are of published pairs ({', '.join(PUBLISHED)}): {source} is a version"
            raise click.UsageError(msg)
        pairs, told = _of_version(source, None if split == "all" else split, asked)
    problems: set[str] = set()
    with bar() as progress:
        told["pairs"] = write_pairs(_seen(pairs, problems, progress), out, form)
    told |= {"problems": len(problems), "path": str(out)}
    if as_json:
        print_json(told)
        return
    click.echo(str(out))
    remark(f"{told['pairs']} pairs of {len(problems)} problems from {told['source']}")
    for why, count in told.get("left_out", {}).items():
        remark(f"left out: {count} rows ({why})")


def _seen(pairs: Iterator[Any], problems: set[str], progress: Any) -> Iterator[Any]:
    for n, pair in enumerate(pairs, start=1):
        problems.add(pair.problem_id)
        if n % 1000 == 0:
            progress("pairs", n, 0)
        yield pair


def _of_version(ref: str, split: str | None, asked: dict[str, Any]) -> tuple[Iterator[Any], dict[str, Any]]:
    from dualset.builders.dataset.store import open_version
    from dualset.builders.pairs.of_version import pairs_of
    from dualset.builders.pairs.settings import PairSettings

    if asked.get("max_per_problem") == 0:
        asked["max_per_problem"] = None
    settings = PairSettings(**asked)
    settings.check()
    version = open_version(ref)
    return pairs_of(version, settings, split), {"source": f"{version.name}@{version.revision[:12]}", "split": split}


def _published(
    name: str, revision: str | None, paths: tuple[Path, ...], split: str | None
) -> tuple[Iterator[Any], dict[str, Any]]:
    from dualset.builders.pairs.published import Tally, published_files, published_pairs

    files, tally = published_files(name, revision, paths), Tally()
    found = (each for each in published_pairs(name, files, tally=tally) if split in (None, each.split))
    return found, {"source": f"{name}@{files.pin[:12]}", "split": split, "left_out": tally.left_out}
