"""What a version's manifest says about how it was built: the settings that measuring and training share with it.

In: a version. Out: its recipe's sections as settings, and the pins of the model that wrote its
candidates and of what it was asked.
"""

from typing import NamedTuple

from dualset.builders.candidates.prompts import Template
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.dataset.store import Version
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.groups.settings import GroupSettings
from dualset.builders.settings import parse_settings

__all__ = ["Recorded", "recorded"]


class Recorded(NamedTuple):
    """Sections of the recipe; ``model_revision`` and ``template`` are null where the candidates were imported."""

    candidates: CandidateSettings | None
    labels: LabelSettings
    groups: GroupSettings
    model_revision: str | None
    template: Template | None


def recorded(version: Version) -> Recorded:
    """Read them from the manifest."""
    content = version.manifest["content"]
    recipe, pins = content["recipe"], content.get("pins") or {}
    where = f"the manifest of {version.name}@{version.revision[:12]}"
    section = recipe.get("candidates")
    candidates = parse_settings(CandidateSettings, section, where) if section else None
    asked = pins.get("prompt")
    return Recorded(
        candidates=candidates,
        labels=parse_settings(LabelSettings, recipe.get("labels") or {}, where),
        groups=parse_settings(GroupSettings, recipe.get("groups") or {}, where),
        model_revision=pins.get("model"),
        template=Template(asked["name"], asked["text"], candidates.system) if asked and candidates else None,
    )
