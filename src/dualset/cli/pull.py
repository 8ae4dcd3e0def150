"""``dualset pull hf://datasets/ORG/NAME@TAG``: get a version from the Hugging Face Hub."""

from dataclasses import asdict

import click

from dualset.cli.output import print_json, remark

__all__ = ["command"]


@click.command("pull")
@click.argument("ref", metavar="hf://datasets/ORG/NAME[@TAG-or-sha]")
@click.option("--name", metavar="LOCAL", help="The dataset's name in the store; default: NAME.")
@click.option("--tag", metavar="TAG", help="Name the version in the store; default: no tag.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(ref: str, name: str | None, tag: str | None, as_json: bool) -> None:
    """Get a version from the Hub into the store, every file and row checked against its manifest.

    A tag is resolved to the commit that it names. Repeating a pull does nothing. Every command that takes a REF takes
    such a reference too, and pulls it first.

        dualset pull hf://datasets/ada/micro@v1
    """
    from dualset.builders.dataset.hub.pull import pull
    from dualset.builders.dataset.store import open_version, store_home

    pulled = pull(ref, store_home(), name=name, tag=tag)
    version = open_version(f"{pulled.name}@{pulled.revision}")
    if as_json:
        print_json(asdict(pulled) | {"tags": version.tags})
        return
    remark(f"hf://datasets/{pulled.repo}@{pulled.sha}{'' if pulled.fetched else ' is here already'}")
    click.echo(f"{pulled.name}@{pulled.revision}")
