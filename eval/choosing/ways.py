"""The ways of choosing one of N samples besides a model's own ranking, by their names.

In: ``majority``, a selector of tests as recipes write it (``maxpass``, ``codet``, ``b4(4,3)``, …) or ``reward:MODEL``.
Out: a checked word, and which kind it is.
"""

from pathlib import Path

from dualset.builders.consensus.parse import parse_selector
from dualset.builders.errors import RecipeError

__all__ = ["MAJORITY", "REWARD", "by_tests", "check_way", "reward_model", "way_name"]

MAJORITY = "majority"
REWARD = "reward:"


def check_way(way: str) -> None:
    """Refuse what is no way of choosing.

    Raises:
        RecipeError: naming what there is.
    """
    if way == REWARD:
        msg = "choose-by reward: names no model: write reward:MODEL, a folder or a Hub id"
        raise RecipeError(msg)
    if way == MAJORITY or way.startswith(REWARD):
        return
    try:
        parse_selector(way)
    except RecipeError as error:
        msg = f"choose-by {way!r}: {error}; or {MAJORITY}, or {REWARD}MODEL"
        raise RecipeError(msg) from error
    if way.startswith("dyb4"):
        msg = "choose-by 'dyb4': it is calibrated while a model is trained; name b4(b,a) with the exponents it found"
        raise RecipeError(msg)


def by_tests(ways: tuple[str, ...]) -> tuple[str, ...]:
    """Those that look at what programs do on tests."""
    return tuple(way for way in ways if not way.startswith(REWARD))


def way_name(way: str) -> str:
    """The way as results name it: a reward model by its name, without the folder it lies in."""
    model = reward_model(way)
    folder = Path(model).expanduser() if model is not None else None
    return f"{REWARD}{folder.resolve().name}" if folder is not None and folder.exists() else way


def reward_model(way: str) -> str | None:
    """The model that a way names; None: it is another way."""
    return way.removeprefix(REWARD) if way.startswith(REWARD) else None
