"""Named problem sets: the word ``problems.preset`` stands for a source, a Hub dataset at a commit, its files, a window.

In: the recipe's ``problems:`` section as plain data. Out: the section with the preset's values below its own. One YAML
file a preset in ``presets/``; what each reads, and its traps, is in ``docs/evaluation-sets.md``.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dualset.builders.errors import RecipeError
from dualset.builders.problems.rows import SUFFIXES
from dualset.builders.settings import preset_values

__all__ = ["PROBLEM_PRESETS", "with_problem_preset"]

PROBLEM_PRESETS = Path(__file__).parent / "presets"
_ON_THE_HUB = ("hub", "revision")


def with_problem_preset(section: Mapping[str, Any]) -> dict[str, Any]:
    """The section with the values of its ``preset`` below its own.

    With a ``path`` of its own (the same files, fetched before) the preset's dataset is left out, and its files are
    looked for in that folder; a path that ends as a data file does is read whatever its name. With a ``hub`` of its own
    (a mirror) the preset's commit is left out, because it is another repository's.

    Raises:
        RecipeError: there is no such preset, or the section names another source.
    """
    own = dict(section)
    name = own.pop("preset", None)
    if name is None:
        return own
    values = preset_values("problems.preset", name, PROBLEM_PRESETS)
    if own.get("source", values["source"]) != values["source"]:
        msg = f"problems.source is {own['source']!r}, but the preset {name!r} reads {values['source']!r}: leave it out"
        raise RecipeError(msg)
    if own.get("path") is not None:
        unused = _ON_THE_HUB + (("files",) if str(own["path"]).endswith(SUFFIXES) else ())
        values = {key: value for key, value in values.items() if key not in unused}
    elif own.get("hub", values["hub"]) != values["hub"]:
        del values["revision"]
    return values | own
