"""``dualset tag REF TAG``: name a version."""

import click

__all__ = ["command"]


@click.command("tag")
@click.argument("ref")
@click.argument("tag")
def command(ref: str, tag: str) -> None:
    """Give the version REF the name TAG. A tag never moves; giving it again to the same version is allowed."""
    from dualset.builders.dataset.store import add_tag

    version = add_tag(ref, tag)
    click.echo(f"{version.name}@{tag} is {version.name}@{version.revision}")
