"""What ``dualset doctor`` found, for a person: a block a subject, and at the end only what has to be done."""

from collections.abc import Iterator, Mapping
from typing import Any

import click

__all__ = ["show"]

_NONE_MEANS = "verdicts stay sound; programs are not kept from this machine"
_WITHOUT_GPU = (
    "imports, labels, SQL, the micro model and servers (source: openai) work without; larger models want one, to "
    "sample and to train"
)


def show(found: Mapping[str, Any]) -> None:
    """Print it."""
    for name, text in (*_machine(found), *_gpu(found["gpu"]), *_disk(found["disk"])):
        click.echo(f"{name:<13}{text}")
    click.echo(f"{'isolation':<13}{_auto(found)}")
    for level in found["levels"]:
        _show_level(level)
    click.echo("libraries")
    for library in found["libraries"]:
        click.echo(f"  {library['name']:<17}{library['version'] or '-':<14}{_library(library)}")
    for name, text in _hub(found["hub"]):
        click.echo(f"{name:<13}{text}")
    for name, value in found["environment"].items():
        told = "set, not shown" if value is True else value or "not set"
        click.echo(f"{name:<16}{told}")
    click.echo("what to do" if found["to_do"] else "what to do   nothing")
    for number, each in enumerate(found["to_do"], start=1):
        click.echo(f"  {number}. {each['what']}: {each['do']}")


def _machine(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    machine, memory = found["machine"], found["memory"]
    container = machine["container"] or ("a container" if machine["filtered"] else "no container seen")
    quota = f" (limited to {machine['quota']})" if machine["quota"] else ""
    root = " (root)" if machine["root"] and machine["user"] != "root" else ""
    yield "machine", f"{machine['system']} {machine['release']} {machine['architecture']}, {container}"
    yield "", f"{machine['cores']} cores{quota}, user {machine['user']}{root}"
    limited = ", limited by a control group" if memory["limited"] else ""
    yield "memory", f"{_gib(memory['available'])} free of {_gib(memory['total'])}{limited}"
    yield "python", machine["python"]


def _gpu(seen: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    title = "gpu"
    for number, gpu in enumerate(seen["gpus"]):
        free, whole = (_gib(gpu[name] and gpu[name] * 2**20) for name in ("free_mib", "memory_mib"))
        yield title, f"{number}: {gpu['name']}, {free} free of {whole}, driver {gpu['driver']}"
        title = ""
    if seen["trouble"]:
        yield title, seen["trouble"]
    elif not seen["gpus"]:
        yield title, f"none seen: {_WITHOUT_GPU}"
    if seen["gpus"]:
        yield "", f"torch was built for CUDA {seen['torch_cuda']}" if seen["torch_cuda"] else "no torch with CUDA"
    if seen["visible"] is not None:
        yield "", f"CUDA_VISIBLE_DEVICES={seen['visible']}"


def _disk(disk: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for title, name, what in (("disk", "store", "versions"), ("", "hub_cache", "the Hub's files")):
        room = disk[name]
        closed = "" if room["writable"] else ", CANNOT BE WRITTEN TO"
        yield title, f"{_gib(room['free_bytes'])} free for {what} at {room['path']}{closed}"


def _library(library: Mapping[str, Any]) -> str:
    if library["state"] in ("tested", "missing"):
        said = str(library["says"])
    else:
        said = f"{library['state']}: {library['says']}"
    return f"{said}: {library['mend']}" if library["mend"] else said


def _hub(hub: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    offline = ", offline (HF_HUB_OFFLINE)" if hub["offline"] else ""
    if hub["token"]:
        token = f"a token is there ({hub['token']}), not shown"
    else:
        token = "no token: publishing and private or gated repositories need one (hf auth login)"
    yield "hub", f"{hub['endpoint']}{offline}; {token}"
    answer = hub["answer"]
    if answer is None:
        return
    if answer["trouble"]:
        yield "", answer["trouble"]
    elif answer["user"]:
        may = f", the token may {answer['may']}" if answer["may"] else ""
        yield "", f"answers, and knows {answer['user']}{may}"
    else:
        yield "", "answers"


def _auto(found: Mapping[str, Any]) -> str:
    if found["auto"]:
        return f"programs run at level {found['auto']} unless another is asked for"
    return "NO LEVEL WORKS HERE: programs are run only where asked for with --isolation none, and can do what you can"


def _show_level(level: Mapping[str, Any]) -> None:
    says = _NONE_MEANS if level["level"] == "none" else level["layers"]
    click.echo(f"  {level['level']:<11}{'works' if level['works'] else 'missing':<9}{says or level['missing']}")
    for line in level["how"]:
        click.echo(f"  {'':<11}{'':<9}- {line}")


def _gib(n_bytes: int | None) -> str:
    return "unknown" if n_bytes is None else f"{n_bytes / 2**30:.1f} GiB"
