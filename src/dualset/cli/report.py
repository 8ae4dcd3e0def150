"""``dualset report REF|RUN -o report.html``: a version or a run as one page to look at."""

from pathlib import Path
from typing import Any

import click

__all__ = ["command"]


@click.command("report")
@click.argument("ref_or_run", metavar="REF|RUN")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="The page; one of ours is written over.",
)
@click.option(
    "--results",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What  dualset eval -o FILE  wrote: models as dots with intervals. Can be repeated.",
)
@click.option(
    "--rankings",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What  dualset eval --rankings FILE  wrote: the places judges gave, beside the groups. Can be repeated.",
)
@click.option(
    "--scores",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What  dualset score -o FILE  wrote: what reward models see. Can be repeated.",
)
@click.option(
    "--figures", type=click.Path(file_okay=False, path_type=Path), help="Write the charts as PNG and SVG here."
)
@click.option("--overwrite", is_flag=True, help="Write over files that are no pages or figures of ours.")
def command(
    ref_or_run: str,
    output: Path,
    results: tuple[Path, ...],
    rankings: tuple[Path, ...],
    scores: tuple[Path, ...],
    figures: Path | None,
    overwrite: bool,
) -> None:
    """Show the version REF, or the folder RUN of a training run, as one HTML page that loads nothing.

    Of a version: pass rates, outcomes, failing programs with the tests they fail, groups to look at, duplicates, cost.
    Of a run: reward curves beside random orders, and what to watch.

        dualset report micro --results eval.json --rankings said.parquet --figures figures
    """
    from dualset.eval.page.draw import check_libraries
    from dualset.eval.page.page import html
    from dualset.eval.page.save import check_target, save_figures, save_page

    check_libraries()
    check_target(output, overwrite=overwrite)
    page = _page(ref_or_run, results, rankings, scores)
    written = save_figures(page, figures, overwrite=overwrite) if figures is not None else []
    save_page(html(page), output)
    for path in [output, *written]:
        click.echo(path)


def _page(ref_or_run: str, results: tuple[Path, ...], rankings: tuple[Path, ...], scores: tuple[Path, ...]) -> Any:
    """Of the run in that folder, or of the version that the reference names."""
    from dualset.eval.page.compose import run_page, version_page
    from dualset.eval.page.models import read_results
    from dualset.eval.page.record import is_run, read_run

    stems = [path.stem for path in results]
    reports = {path.stem if stems.count(path.stem) == 1 else str(path): read_results(path) for path in results}
    if is_run(Path(ref_or_run)):
        for option, given in (("--rankings", rankings), ("--scores", scores)):
            if given:
                msg = f"{option}: {ref_or_run} is a run, which has no groups to show: name the version they are of"
                raise click.UsageError(msg)
        return run_page(read_run(Path(ref_or_run)), reports)
    from dualset.builders.dataset.store import open_version

    return version_page(open_version(ref_or_run), reports, rankings, scores)
