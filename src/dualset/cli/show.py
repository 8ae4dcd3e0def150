"""``dualset show REF``: what a version holds and where it comes from."""

import json
from collections.abc import Iterator
from typing import Any

import click

from dualset.cli.output import print_json

__all__ = ["command"]


@click.command("show")
@click.argument("ref")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--digests", is_flag=True, help="Also recompute the digest of every table from its rows.")
def command(ref: str, as_json: bool, digests: bool) -> None:
    """Show what the version REF holds, where it comes from and where it lies.

    Its files are verified against the manifest first, as by every command that reads a version.
    """
    from dualset.builders.dataset.store import open_version
    from dualset.builders.dataset.verify import verify_digests

    version = open_version(ref)
    if digests:
        verify_digests(version)
    shown = _shown(version)
    if as_json:
        print_json(shown)
        return
    for line in _lines(shown):
        click.echo(line)


def _shown(version: Any) -> dict[str, Any]:
    from dataclasses import asdict

    from dualset.builders.dataset.figures import count_version

    figures = count_version(version)
    rates = asdict(figures.rates)
    del rates["problems"]
    content, files = version.manifest["content"], version.manifest["files"]
    return {
        "name": version.name,
        "revision": version.revision,
        "tags": version.tags,
        "created": files["created"],
        "path": str(version.path),
        "bytes": sum(file["bytes"] for file in files["parquet"]),
        "counts": dict(version.counts),
        **rates,
        "consensus": version.consensus,
        "groups_by_n_correct": figures.groups_by_n_correct,
        "flake_rate": figures.flake_rate,
        "splits": version.splits,
        **{key: content[key] for key in ("parents", "pins", "seeds", "recipe", "schema_version")},
        "libraries": files["libraries"],
    }


def _lines(shown: dict[str, Any]) -> Iterator[str]:
    tags = "".join(f" {tag}" for tag in shown["tags"])
    yield f"{shown['name']}@{shown['revision']}{tags}"
    yield f"  {shown['path']}  ({shown['bytes'] / 1e6:,.1f} MB, {shown['created']})"
    yield ""
    splits = ("train", "validation", "test")
    yield f"  {'rows':<16}{'all':>12}" + "".join(f"{split:>12}" for split in splits)
    for table, rows in shown["splits"].items():
        yield f"  {table:<16}{sum(rows.values()):>12,}" + "".join(f"{rows.get(split, 0):>12,}" for split in splits)
    yield ""
    if shown["consensus"]:
        yield f"  labels          {shown['consensus']}: not by ground truth, so neither are these rates"
    yield f"  pass rate       {_rate(shown['pass_rate'])}  of {shown['labelled']:,} labelled candidates"
    yield f"                  {_rate(shown['mean_pass_rate'])}  mean over problems (pass@1)"
    by_n = "   ".join(f"{n} right: {groups:,}" for n, groups in shown["groups_by_n_correct"].items())
    yield f"  groups          {by_n or 'none'}"
    if shown["flake_rate"] is not None:
        yield f"  flake rate      {_rate(shown['flake_rate'])}  of the programs that were run more than once"
    for name, count in shown["counts"].items():
        if name not in shown["splits"]:
            yield f"  {name.replace('_', ' '):<28}{count:>12,}"
    yield ""
    for key in ("pins", "seeds", "recipe", "libraries"):
        if shown[key]:
            yield f"  {key:<16}{json.dumps(shown[key], ensure_ascii=False)}"
    for parent in shown["parents"]:
        yield f"  parent          {parent}"


def _rate(rate: float | None) -> str:
    return "null  " if rate is None else f"{rate:.4f}"
