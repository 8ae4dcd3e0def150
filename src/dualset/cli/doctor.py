"""``dualset doctor``: what protects this machine from programs, how to get what is missing, and what is installed.

Every level is tried, not guessed at. Nothing is changed and no secret is printed. The exit code is 0 whatever is found.
"""

import os
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlsplit

import click

from dualset.cli.output import print_json

__all__ = ["command"]

_EXTRAS = {
    "train": ("torch", "transformers", "trl", "accelerate", "peft", "trackio"),
    "vllm": ("vllm",),
    "ray": ("ray",),
}
_SHOWN = ("DUALSET_HOME", "DUALSET_DATA", "HF_HOME", "HF_ENDPOINT", "HF_HUB_OFFLINE")
_SECRET = ("HF_TOKEN",)
_NONE_MEANS = "verdicts stay sound; programs are not kept from this machine"


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> None:
    """Say what protects this machine, and how to get what is missing."""
    found = _examine()
    if as_json:
        print_json(found)
    else:
        _show(found)


def _examine() -> dict[str, Any]:
    from dataclasses import asdict

    from dualset.builders.execution.advice import advice
    from dualset.builders.execution.ladder import Level, climb
    from dualset.builders.execution.machine import this_machine

    machine, rungs = this_machine(), climb()
    levels = [
        {
            "level": rung.level,
            "works": rung.missing is None,
            "layers": rung.layers,
            "missing": rung.missing,
            "how": advice(rung.level, machine) if rung.missing else [],
        }
        for rung in rungs
    ]
    working = [rung.level for rung in rungs if rung.missing is None and rung.level != Level.NONE]
    return {
        "machine": asdict(machine),
        "levels": levels,
        "auto": working[0] if working else None,
        "packages": {name: _version(name) for names in _EXTRAS.values() for name in names},
        "environment": {name: _public(os.environ.get(name)) for name in _SHOWN}
        | {name: bool(os.environ.get(name)) for name in _SECRET},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _public(value: str | None) -> str | None:
    """An address without the name and password that may stand in it."""
    if value is None or "@" not in value:
        return value
    parts = urlsplit(value)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _show(found: dict[str, Any]) -> None:
    for name, text in _lines(found["machine"]):
        click.echo(f"{name:<13}{text}")
    click.echo(f"{'isolation':<13}{_auto(found)}")
    for level in found["levels"]:
        _show_level(level)
    for extra, names in _EXTRAS.items():
        told = ", ".join(f"{name} {found['packages'][name] or 'missing'}" for name in names)
        missing = not all(found["packages"][name] for name in names)
        click.echo(f"{extra:<13}{told}" + (f": pip install 'dualset[{extra}]'" if missing else ""))
    for name, value in found["environment"].items():
        told = "set, not shown" if value and name in _SECRET else value or "not set"
        click.echo(f"{name:<16}{told}")


def _lines(machine: dict[str, Any]) -> list[tuple[str, str]]:
    container = machine["container"] or ("a container" if machine["filtered"] else "no container seen")
    quota = f" (limited to {machine['quota']})" if machine["quota"] else ""
    root = " (root)" if machine["root"] and machine["user"] != "root" else ""
    return [
        ("machine", f"{machine['system']} {machine['release']} {machine['architecture']}, {container}"),
        ("", f"{machine['cores']} cores{quota}, user {machine['user']}{root}"),
        ("python", machine["python"]),
    ]


def _auto(found: dict[str, Any]) -> str:
    if found["auto"]:
        return f"programs run at level {found['auto']} unless another is asked for"
    return "NO LEVEL WORKS HERE: programs are run only where asked for with --isolation none, and can do what you can"


def _show_level(level: dict[str, Any]) -> None:
    says = _NONE_MEANS if level["level"] == "none" else level["layers"]
    click.echo(f"  {level['level']:<11}{'works' if level['works'] else 'missing':<9}{says or level['missing']}")
    for line in level["how"]:
        click.echo(f"  {'':<11}{'':<9}- {line}")
