"""``dualset versions [NAME]``: what is in the store, or what a dataset on the Hub holds."""

from collections.abc import Mapping
from typing import Any

import click

from dualset.builders.errors import DualsetError
from dualset.cli.output import print_json, remark

__all__ = ["command"]

_SAID = ("revision", "tags", "parents", "created")


@click.command("versions")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a list of {revision, tags, parents, created}.")
@click.pass_context
def command(ctx: click.Context, name: str | None, as_json: bool) -> None:
    """List the versions of NAME, the one committed last first; without NAME, of every dataset in the store.

    NAME can be hf://datasets/ORG/NAME: then it is what the Hub's tags and main branch hold, by commit.
    """
    if name is not None and name.startswith("hf://"):
        _on_the_hub(name, as_json)
    elif name is not None:
        _in_the_store([name], as_json, named=True)
    else:
        ctx.exit(_whole_store(as_json))


def _whole_store(as_json: bool) -> int:
    """Every dataset that can be listed; one that cannot is said, and makes the exit code 1."""
    from dualset.builders.dataset.store import list_versions, names, store_home

    sound, failed = [], 0
    for each in names():
        try:
            list_versions(each)
        except DualsetError as error:
            remark(f"{each}: {error}")
            failed = 1
        else:
            sound.append(each)
    if not sound and not failed and not as_json:
        remark(f"no versions in {store_home()}: run  dualset quickstart  or  dualset build RECIPE")
    _in_the_store(sound, as_json, named=False)
    return failed


def _in_the_store(names: list[str], as_json: bool, *, named: bool) -> None:
    from dualset.builders.dataset.store import list_versions

    listed = [(name, version) for name in names for version in list_versions(name)]
    if as_json:
        said = [(name, {key: getattr(version, key) for key in _SAID}) for name, version in listed]
        print_json([each if named else {"name": name} | each for name, each in said])
        return
    for name, version in listed:
        click.echo(_line(f"{name}@{version.revision[:12]}", version, version.rows))


def _on_the_hub(name: str, as_json: bool) -> None:
    from dataclasses import asdict

    from dualset.builders.dataset.hub.versions import hub_versions

    listed = hub_versions(name)
    if as_json:
        print_json([asdict(version) for version in listed])
        return
    repo = name.partition("@")[0]
    for version in listed:
        line = _line(f"{repo}@{version.sha}  revision {version.revision[:12]}", version, version.rows)
        click.echo(f"{line}{'  main' if version.head else ''}")


def _line(what: str, version: Any, rows: Mapping[str, int]) -> str:
    counts = "".join(f"  {rows.get(table, 0):>9,} {table}" for table in ("candidates", "groups"))
    tags = "".join(f"  {tag}" for tag in version.tags)
    parents = "".join(f"  from {parent[:12]}" for parent in version.parents)
    return f"{what}  {version.created}{counts}{tags}{parents}"
