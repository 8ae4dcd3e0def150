"""``dualset doctor``: is this machine fit for the work, and what has to be done about it.

Every level of isolation is tried, not guessed at; of libraries and GPUs their metadata and tools are asked, so that
nothing heavy is imported. Nothing is changed, no secret is printed, and nothing is sent without ``--online``. The exit
code is 0 whatever is found.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import click

from dualset.cli.doctor_show import show
from dualset.cli.output import print_json

if TYPE_CHECKING:
    from pathlib import Path

    from dualset.builders.execution.machine import Machine

__all__ = ["command"]

_SHOWN = ("DUALSET_HOME", "DUALSET_DATA", "HF_HOME", "HF_ENDPOINT", "HF_HUB_OFFLINE")
_SECRET = ("HF_TOKEN", "OPENAI_API_KEY")


@click.command("doctor")
@click.option("--online", is_flag=True, help="Also ask the Hub whether it can be reached and knows the token.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(online: bool, as_json: bool) -> None:
    """Say what protects this machine, what is installed and what there is room for; at the end, what to do."""
    found = _examine(online)
    if as_json:
        print_json(found)
    else:
        show(found)


def _examine(online: bool) -> dict[str, Any]:
    from dataclasses import asdict
    from pathlib import Path

    from dualset.builders.checkup import to_do
    from dualset.builders.checkup.disk import room_at
    from dualset.builders.checkup.gpu import look_at_graphics, torch_build
    from dualset.builders.checkup.hub import ask_hub, look_at_hub, public_address
    from dualset.builders.checkup.libraries import look_at_libraries
    from dualset.builders.checkup.memory import look_at_memory
    from dualset.builders.execution.machine import this_machine

    with ThreadPoolExecutor(1) as aside:  # a driver without its daemon takes a second to answer
        asked = aside.submit(look_at_graphics)
        machine = this_machine()
        isolation = _isolation(machine)
        libraries, torch, memory, hub = look_at_libraries(), torch_build(), look_at_memory(), look_at_hub()
        answer = ask_hub() if online else None
        graphics = asked.result()
    store, cache = room_at(_store()), room_at(Path(hub.cache))
    weakest = isolation["levels"][-2]["how"]
    needed = (
        *to_do.isolation(isolation["auto"], weakest),
        *to_do.disks(store, cache),
        *to_do.libraries(libraries),
        *to_do.graphics(graphics, torch),
        *to_do.memory(memory, machine.cores),
        *to_do.hub(answer),
    )
    return {
        "machine": asdict(machine),
        **isolation,
        "memory": memory._asdict(),
        "disk": {"store": asdict(store), "hub_cache": asdict(cache)},
        "gpu": asdict(graphics) | {"torch_cuda": torch.cuda if torch else None},
        "libraries": [asdict(each) for each in libraries],
        "packages": {each.name: each.version for each in libraries},
        "hub": asdict(hub) | {"answer": asdict(answer) if answer else None},
        "environment": {name: public_address(os.environ[name]) if name in os.environ else None for name in _SHOWN}
        | {name: bool(os.environ.get(name)) for name in _SECRET},
        "to_do": [each._asdict() for each in needed],
    }


def _store() -> "Path":
    """Where versions would live, also where the current folder is gone."""
    from pathlib import Path

    from dualset.builders.dataset.home import store_home

    try:
        return store_home()
    except FileNotFoundError:
        return Path("dualsets")


def _isolation(machine: "Machine") -> dict[str, Any]:
    """Every level as it was tried, and the one that is used where none is asked for."""
    from dualset.builders.execution.advice import advice
    from dualset.builders.execution.ladder import Level, climb

    rungs = climb()
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
    return {"levels": levels, "auto": working[0] if working else None}
