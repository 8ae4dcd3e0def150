"""``dualset versions [NAME]``: what is in the store."""

from dataclasses import asdict

import click

from dualset.cli.output import print_json, remark

__all__ = ["command"]


@click.command("versions")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a list of {revision, tags, parents, created}.")
def command(name: str | None, as_json: bool) -> None:
    """List the versions of NAME, the one committed last first; without NAME, of every dataset in the store."""
    from dualset.builders.dataset.store import list_versions, names, store_home

    listed = [(each, version) for each in ([name] if name else names()) for version in list_versions(each)]
    if as_json:
        print_json([asdict(version) if name else {"name": each} | asdict(version) for each, version in listed])
        return
    if not listed:
        remark(f"no versions in {store_home()}: run  dualset quickstart  or  dualset build RECIPE")
    for each, version in listed:
        tags = " ".join(version.tags)
        parents = "".join(f" from {parent[:12]}" for parent in version.parents)
        click.echo(f"{each}@{version.revision[:12]}  {version.created}  {tags}{parents}".rstrip())
