"""A preset: a plain TRL configuration in YAML, which ``--set`` changes and ``trl grpo --config`` reads as it stands.

In: a preset's name (``dust``, ``micro``) or a YAML file, overrides, and the TRL config class. Out: checked settings,
and the config made from them. A key must be a field of that class, or one
of ``ModelConfig`` about LoRA; its value must be of the field's type. Left out:
what the fields mean (TRL's documentation) and which reward is used (``rank.py``).
"""

import difflib
from collections.abc import Sequence
from dataclasses import fields
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from dualset.builders.errors import MissingExtra, RecipeError, did_you_mean
from dualset.builders.settings import read_yaml, set_overrides

__all__ = ["load_preset", "make_config", "make_lora"]

PRESETS = Path(__file__).parent / "presets"
_LORA = {
    *("use_peft", "lora_r", "lora_alpha", "lora_dropout", "lora_target_modules", "lora_target_parameters"),
    *("lora_modules_to_save", "use_rslora", "use_dora"),
}
"""Fields of TRL's ``ModelConfig`` that a preset may hold beside the trainer's, as for TRL's own commands."""
_OURS = {"output_dir": "use --output", "model_init_kwargs": "use --model; for more, train with TRL's own command"}


def load_preset(kind: str, preset: str, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """The preset's settings with the overrides on top.

    Args:
        kind: rank or imitate.
        preset: a name known for that kind, or the path of a YAML file.
        overrides: ``key=value``, values in YAML.

    Raises:
        RecipeError: no such preset, no YAML, or an override that is no ``key=value``.
    """
    settings = read_yaml(_file(kind, preset))
    set_overrides(settings, overrides)
    return settings


def make_config(config_class: type[Any], settings: dict[str, Any], output: Path) -> Any:
    """The TRL config from checked settings.

    Raises:
        RecipeError: an unknown key (with the nearest known one), a value of the wrong type, or settings that TRL
        refuses together.
    """
    types = get_type_hints(config_class)
    known = {field.name for field in fields(config_class)}
    values = {name: _checked(config_class, known, types, name, value) for name, value in settings.items()}
    try:
        return config_class(output_dir=str(output), **values)
    except (ValueError, TypeError, ArithmeticError, ImportError) as error:
        msg = f"{config_class.__name__} refuses these settings: {' '.join(str(error).split())}"
        raise RecipeError(msg) from error


def make_lora(settings: dict[str, Any]) -> Any:
    """The LoRA config from the settings of TRL's ``ModelConfig`` that are about it, which are taken out; None without.

    Raises:
        RecipeError: a value of the wrong type, or LoRA settings without ``use_peft: true``.
        MissingExtra: peft is not installed.
    """
    from trl import ModelConfig, get_peft_config

    given = {name: settings.pop(name) for name in list(settings) if name in _LORA}
    if given and not given.get("use_peft"):
        msg = f"{', '.join(sorted(given))}: LoRA settings need  use_peft: true"
        raise RecipeError(msg)
    types = get_type_hints(ModelConfig)
    known = {field.name for field in fields(ModelConfig)}
    values = {name: _checked(ModelConfig, known, types, name, value) for name, value in given.items()}
    try:
        return get_peft_config(ModelConfig(**values)) if values else None
    except ImportError as error:
        raise MissingExtra("peft", "train") from error
    except (ValueError, TypeError) as error:
        msg = f"LoRA refuses these settings: {' '.join(str(error).split())}"
        raise RecipeError(msg) from error


def _file(kind: str, preset: str) -> Path:
    if preset.endswith((".yaml", ".yml")):
        return Path(preset)
    names = {path.stem.removeprefix(f"{kind}-"): path for path in PRESETS.glob(f"{kind}-*.yaml")}
    if preset not in names:
        msg = f"no {kind} preset {preset!r}: {did_you_mean(preset, names)}; or give a .yaml file"
        raise RecipeError(msg)
    return names[preset]


def _checked(config_class: type[Any], known: set[str], types: dict[str, Any], name: str, value: Any) -> Any:
    if name in _OURS:
        msg = f"{name} is not for a preset to set: {_OURS[name]}"
        raise RecipeError(msg)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "its fields are in TRL's documentation"
        msg = f"{config_class.__name__} has no field {name!r}: {hint}"
        raise RecipeError(msg)
    options = _options(types[name])
    for option in options:
        if (fitting := _fitting(option, value)) is not None or (value is None and option is NoneType):
            return fitting
    wanted = " or ".join(sorted({option.__name__ for option in options if option is not NoneType}))
    msg = f"{name} is {value!r}: {config_class.__name__} expects {wanted}"
    raise RecipeError(msg)


def _options(kind: Any) -> list[type[Any]]:
    """The plain types that an annotation allows."""
    if get_origin(kind) in (Union, UnionType):
        return [option for each in get_args(kind) for option in _options(each)]
    if get_origin(kind) is Literal:
        return [type(each) for each in get_args(kind)]
    plain = get_origin(kind) or kind
    return [str] if isinstance(plain, type) and issubclass(plain, Enum) else [plain]


def _fitting(option: type[Any], value: Any) -> Any:
    """The value as that type, or None. YAML 1.1 reads 5e-5 as text, and the words yes and no as booleans."""
    if type(value) is option:
        return value
    if option is float and type(value) is int:
        return float(value)
    if option is float and isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    if option is str and isinstance(value, bool):
        return "yes" if value else "no"
    return None
