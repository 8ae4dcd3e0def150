"""Plain data to frozen settings, strictly: the way every YAML file of ours (recipes, presets) is read.

In: YAML text and ``a.b=value`` overrides. Out: a dataclass, or one error that names the key and the value.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from dualset.builders.errors import RecipeError, did_you_mean
from dualset.builders.plain_yaml import LONGEST_YAML, load_yaml, shown

__all__ = ["parse_settings", "preset_values", "read_yaml", "set_overrides"]

T = TypeVar("T")


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file as a mapping.

    Raises:
        RecipeError: it is missing, unreadable, no YAML, no mapping, or larger than any recipe.
    """
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST_YAML + 1).decode()
    except FileNotFoundError as error:
        msg = f"no recipe at {path}: give the path of a YAML file"
        raise RecipeError(msg) from error
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read the recipe {path}: {error}"
        raise RecipeError(msg) from error
    tree = load_yaml(text, str(path))
    if not isinstance(tree, dict):
        msg = f"{path} holds {type(tree).__name__}, not a mapping of settings"
        raise RecipeError(msg)
    return tree


def set_overrides(tree: dict[str, Any], overrides: Sequence[str]) -> None:
    """Write ``a.b=value`` settings into a tree of plain data, in place; values are YAML."""
    for override in overrides:
        name, equals, text = override.partition("=")
        if not equals or not name:
            msg = f"--set {shown(override)}: write it as key.key=value"
            raise RecipeError(msg)
        *parents, last = name.split(".")
        node = tree
        for parent in parents:
            child = node.setdefault(parent, {})
            if not isinstance(child, dict):
                msg = f"--set {shown(override)}: {parent!r} is {shown(child)}, not a section"
                raise RecipeError(msg)
            node = child
        node[last] = load_yaml(text, f"--set {shown(override)}")


def preset_values(key: str, name: object, folder: Path) -> dict[str, Any]:
    """The values of a preset, one YAML file a preset.

    Args:
        key: what the recipe calls it, such as ``candidates.preset``.
        name: as the recipe gives it.
        folder: of the presets.

    Raises:
        RecipeError: there is no such preset.
    """
    known = {path.stem: path for path in folder.glob("*.yaml")}
    if not isinstance(name, str) or name not in known:
        msg = f"{key} is {name!r}: {did_you_mean(str(name), known)}"
        raise RecipeError(msg)
    return read_yaml(known[name])


def parse_settings(kind: type[T], tree: Any, where: str) -> T:
    """Build a settings dataclass from plain data, strictly.

    Raises:
        RecipeError: names the key, the value seen and what is known.
    """
    if not isinstance(tree, Mapping):
        msg = f"{where}: expected a mapping of settings, found {shown(tree)}"
        raise RecipeError(msg)
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    types = get_type_hints(kind)
    for name in tree:
        if name not in known:
            msg = f"{where}: unknown key {shown(name)}: {did_you_mean(str(name), known)}"
            raise RecipeError(msg)
    for name, each in known.items():
        if name not in tree and each.default is MISSING and each.default_factory is MISSING:
            msg = f"{where}: the key {name!r} is missing"
            raise RecipeError(msg)
    return kind(**{name: _value(types[name], value, f"{where}: {name}") for name, value in tree.items()})


def _finite(value: float | str) -> float | None:
    """A finite number; YAML 1.1 takes ``1e-5`` for a text."""
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _day(value: str) -> date | None:
    """A day such as ``2025-02-01``, which YAML makes of it only where it is not quoted."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _value(kind: Any, value: Any, where: str) -> Any:
    options = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    if value is None and NoneType in options:
        return None
    for option in options:
        if is_dataclass(option) and isinstance(option, type):
            return parse_settings(option, value, where)
        if get_origin(option) is tuple:
            return tuple(_value(str, each, where) for each in (value if isinstance(value, list) else [value]))
        if get_origin(option) is Mapping:
            if isinstance(value, dict) and all(isinstance(key, str) for key in value):
                return value
            continue
        if option is date and isinstance(value, str):  # as JSON and the dataset card have it
            day = _day(value)
            if day is not None:
                return day
            continue
        if option is float and isinstance(value, int | float | str) and not isinstance(value, bool):
            number = _finite(value)
            if number is not None:
                return number
            continue
        if isinstance(option, type) and type(value) is option:
            return value
    wanted = " or ".join("null" if o is NoneType else "a mapping" if get_origin(o) else o.__name__ for o in options)
    msg = f"{where} is {shown(value)}: expected {wanted}"
    raise RecipeError(msg)
