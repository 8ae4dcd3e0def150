"""A build recipe: YAML in, frozen settings out, one dataclass a room.

Paths are relative to the recipe's folder unless absolute, and environment variables in them are expanded. Unknown keys
and wrong types are errors that name the key. What reaches the version is ``Recipe.content``: every setting that decides
the data, and no path, because the files read are pinned by their hashes, and limits are columns of the problems.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from keyword import iskeyword
from pathlib import Path
from typing import Any

from dualset.builders.candidates.settings import CandidateSettings, with_preset
from dualset.builders.consensus.parse import parse_selector
from dualset.builders.errors import RecipeError
from dualset.builders.execution.settings import CONSENSUS, EXECUTION, LabelSettings
from dualset.builders.generated.settings import TestSettings
from dualset.builders.groups.settings import GroupSettings
from dualset.builders.problems.preset import with_problem_preset
from dualset.builders.problems.settings import ProblemSettings
from dualset.builders.settings import parse_settings, read_yaml, set_overrides

__all__ = ["Recipe", "SplitSettings", "load_recipe"]

_NOT_CONTENT = {"path", "limits"}
_CONTENT_IF_SAID = {"since", "until", "max_tests"}  # so that recipes without them keep their revision
_MOST = 2**20
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitSettings:
    """The share of problems in each split; they add up to 1."""

    train: float = 0.8
    validation: float = 0.1
    test: float = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """How a version is built. ``candidates`` may be absent where only ``dualset check`` is wanted; ``tests`` are to be
    generated, and most recipes have none."""

    name: str
    problems: ProblemSettings
    candidates: CandidateSettings | None = None
    labels: LabelSettings = field(default_factory=LabelSettings)
    groups: GroupSettings = field(default_factory=GroupSettings)
    splits: SplitSettings = field(default_factory=SplitSettings)
    tests: TestSettings | None = None

    @property
    def content(self) -> dict[str, Any]:
        """The settings that decide the data, as plain data; the version's name and machine paths are left out."""
        sections = asdict(self)
        del sections["name"]
        sections["candidates"] = self.candidates.content if self.candidates else None
        if self.tests is None:
            del sections["tests"]
        else:
            sections["tests"] = {**self.tests.content, "per_completion": self.tests.per_completion}
            sections["tests"] |= {"at_most": self.tests.at_most}
        sections["labels"] = self.labels.content
        return {
            name: {k: _plain(v) for k, v in section.items() if _decides(k, v)} if section else None
            for name, section in sections.items()
        }


def load_recipe(path: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe, with ``a.b=value`` overrides on top.

    Raises:
        RecipeError: the file is missing or no YAML mapping; a key is unknown, missing or of the wrong type; an
            environment variable is not set.
    """
    path = Path(path)
    tree = read_yaml(path)
    set_overrides(tree, overrides)
    if isinstance(tree.get("problems"), dict):
        tree["problems"] = with_problem_preset(tree["problems"])
    if isinstance(tree.get("candidates"), dict):
        tree["candidates"] = with_preset(tree["candidates"])
    if isinstance(tree.get("tests"), dict):
        tree["tests"] = with_preset(tree["tests"])
    _one_name(tree)
    recipe = parse_settings(Recipe, tree, str(path))
    _check(recipe, path)
    return parse_settings(Recipe, _with_absolute_paths(tree, path.resolve().parent), str(path))


def _check(recipe: Recipe, path: Path) -> None:
    shares = recipe.splits
    limit, cap = recipe.problems.limit, recipe.groups.max_per_problem
    most = recipe.problems.max_tests
    if recipe.candidates:
        recipe.candidates.check()
    if recipe.tests:
        recipe.tests.check()
    checks = [
        (limit is None or limit >= 1, "problems.limit", limit, "null, or 1 or more"),
        (cap is None or cap >= 1, "groups.max_per_problem", cap, "null, or 1 or more"),
        (most is None or most >= 1, "problems.max_tests", most, "null, or 1 or more"),
        (
            re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", recipe.name),
            "name",
            recipe.name,
            "letters, digits, '.', '_', '-'",
        ),
        (recipe.groups.size >= 2, "groups.size", recipe.groups.size, "2 or more"),
        (recipe.groups.order in ("sampling", "shuffle"), "groups.order", recipe.groups.order, "sampling or shuffle"),
        (recipe.groups.balance in ("none", "correct"), "groups.balance", recipe.groups.balance, "none or correct"),
        (recipe.labels.repeat >= 1, "labels.repeat", recipe.labels.repeat, "1 or more"),
        (recipe.labels.timeout_s > 0, "labels.timeout_s", recipe.labels.timeout_s, "above 0 seconds"),
        (16 <= recipe.labels.memory_mb <= _MOST, "labels.memory_mb", recipe.labels.memory_mb, f"16 to {_MOST}"),
        (1 <= recipe.labels.output_kb <= _MOST, "labels.output_kb", recipe.labels.output_kb, f"1 to {_MOST}"),
        (
            recipe.labels.selector is None or recipe.labels.repeat == 1,
            "labels.repeat",
            recipe.labels.repeat,
            "1 under a consensus, which sees every cell once",
        ),
        (_source(recipe.labels.source), "labels.source", recipe.labels.source, "execution or consensus:SELECTOR"),
        (recipe.labels.ties in ("first", "merge"), "labels.ties", recipe.labels.ties, "first or merge"),
        (recipe.labels.mutants >= 0, "labels.mutants", recipe.labels.mutants, "0 or more"),
        (
            not recipe.labels.mutants or recipe.labels.truth,
            "labels.mutants",
            recipe.labels.mutants,
            "labels.truth: true beside it: mutants are made of references",
        ),
        (recipe.labels.rank_above >= 0, "labels.rank_above", recipe.labels.rank_above, "0 or more"),
        (
            recipe.labels.selector is None or recipe.tests,
            "labels.source",
            recipe.labels.source,
            "a tests section beside it: a consensus is found with generated tests",
        ),
        (_modules(recipe.labels.packages), "labels.packages", list(recipe.labels.packages), "different module names"),
        (
            abs(shares.train + shares.validation + shares.test - 1) < 1e-9,
            "splits",
            asdict(shares),
            "shares adding up to 1",
        ),
        (min(shares.train, shares.validation, shares.test) >= 0, "splits", asdict(shares), "no share below 0"),
    ]
    if (unused := _unused(recipe)) is not None:
        what = "a consensus" if unused not in ("truth", "mutants") else "a tests section"
        msg = f"{path}: labels.{unused} is about {what}, and the recipe has none: leave it out"
        raise RecipeError(msg)
    for holds, name, value, wanted in checks:
        if not holds:
            msg = f"{path}: {name} is {value!r}: expected {wanted}"
            raise RecipeError(msg)


def _source(source: str) -> bool:
    """Whether it names what decides labels; a selector that there is not is an error of its own."""
    if source.startswith(CONSENSUS) and parse_selector(source.removeprefix(CONSENSUS)).name.startswith("dyb4"):
        msg = "labels.source is consensus:dyb4, which is calibrated while a model is trained: name b4(b,a) instead"
        raise RecipeError(msg)
    return source == EXECUTION or source.startswith(CONSENSUS)


def _one_name(tree: dict[str, Any]) -> None:
    """A selector has one name, however it is written: ``b4`` is ``b4(4,3)``."""
    labels = tree.get("labels")
    source = labels.get("source") if isinstance(labels, dict) else None
    if isinstance(labels, dict) and isinstance(source, str) and source.startswith(CONSENSUS):
        labels["source"] = CONSENSUS + parse_selector(source.removeprefix(CONSENSUS)).name


def _unused(recipe: Recipe) -> str | None:
    """A key of ``labels:`` that has no say here."""
    labels, default = recipe.labels, LabelSettings()
    consensus = ("ties", "exclude_zero_signature", "rank_above") if labels.selector is None else ()
    tests = ("truth", "mutants") if recipe.tests is None else ()
    return next((name for name in (*consensus, *tests) if getattr(labels, name) != getattr(default, name)), None)


def _decides(key: str, value: Any) -> bool:
    """Whether a setting is part of what decides the data."""
    return key not in _NOT_CONTENT and (value is not None or key not in _CONTENT_IF_SAID)


def _plain(value: Any) -> Any:
    """A setting as JSON has it: a day is its ISO text."""
    return value.isoformat() if isinstance(value, date) else value


def _modules(names: Sequence[str]) -> bool:
    """Whether these are names that can be imported, each once."""
    words = all(part.isidentifier() and not iskeyword(part) for name in names for part in name.split("."))
    return words and len(set(names)) == len(names)


def _with_absolute_paths(tree: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The tree with each section's paths expanded and made absolute; ``model`` and ``prompt`` too where they are
    written as one."""
    whole = dict(tree)
    for name in ("problems", "candidates", "tests"):
        section = whole.get(name)
        if not isinstance(section, dict):
            continue
        section = dict(section)
        for key in ("path", "limits", "chat_template"):
            if isinstance(section.get(key), str):
                section[key] = _absolute(section[key], folder)
        if isinstance(section.get("path"), list):
            section["path"] = [_absolute(each, folder) for each in section["path"]]
        for key in ("model", "prompt"):
            said = str(section.get(key) or "")
            if said.startswith((".", "/", "~", "$")) or said.endswith(".jinja"):
                section[key] = _absolute(said, folder)
        whole[name] = section
    return whole


def _absolute(text: str, folder: Path) -> str:
    def expand(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name not in os.environ:
            msg = f"the environment variable {name} is not set, but the path {text!r} needs it: export {name}=..."
            raise RecipeError(msg)
        return os.environ[name]

    return str(folder / os.path.expanduser(_VARIABLE.sub(expand, text)))
