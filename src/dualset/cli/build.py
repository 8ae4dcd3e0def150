"""``dualset build RECIPE``: run a recipe and commit a version."""

from typing import Any

import click

from dualset.cli.dry_run import show_forecast
from dualset.cli.engine import engine_of, engine_options
from dualset.cli.output import bar, print_json, remark
from dualset.cli.sandbox import sandbox_of, sandbox_options

__all__ = ["command"]

_LONGEST_LIST = 10


@click.command("build")
@click.argument("recipe", type=click.Path())
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a setting, e.g. groups.size=8.")
@click.option("--tag", help="Name the version.")
@sandbox_options
@engine_options
@click.option("--dry-run", is_flag=True, help="Only say what it would take: nothing is sampled, run or written.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: name, revision, path, counts.")
def command(
    recipe: str,
    overrides: tuple[str, ...],
    tag: str | None,
    workers: int | None,
    isolation: str,
    dry_run: bool,
    as_json: bool,
    **elsewhere: Any,
) -> None:
    """Run RECIPE: problems, candidates, labels, groups, one committed version.

    Interrupted, it leaves what is done: run the same command again and it goes on from there.
    """
    from dualset.builders.build import build
    from dualset.builders.recipe import load_recipe

    settings = load_recipe(recipe, overrides)
    if dry_run:
        show_forecast(settings, isolation, as_json)
        return
    sandbox = sandbox_of(workers, isolation, tried=elsewhere["engine"] == "local")
    try:
        with bar() as progress, engine_of(workers=workers, isolation=isolation, **elsewhere) as engine:
            built = build(settings, sandbox=sandbox, engine=engine, tag=tag, progress=progress)
    except KeyboardInterrupt:
        remark("interrupted: run the same command again to go on from here")
        raise
    version = built.version
    if built.left_out:
        named = ", ".join(built.left_out[:_LONGEST_LIST]) + (", ..." if len(built.left_out) > _LONGEST_LIST else "")
        remark(
            f"left out {len(built.left_out)} problems whose reference program fails their own tests: {named}; "
            "dualset check  says why, and  problems.keep_failing: true  keeps them"
        )
    if as_json:
        print_json(
            {
                "name": version.name,
                "revision": version.revision,
                "path": str(version.path),
                "counts": dict(built.counts),
            }
        )
        return
    click.echo(f"{version.name}@{version.revision}")
    for name, count in built.counts.items():
        click.echo(f"  {name.replace('_', ' '):<24} {count:>10,}")
    if repeated := built.counts["programs_repeated"]:
        click.echo(f"  {'flake rate':<24} {built.counts['programs_flaky'] / repeated:>10.2%}")
    click.echo(f"  {version.path}")
