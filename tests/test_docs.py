"""The docs say what is there: every recipe key, every command."""

from dataclasses import fields
from pathlib import Path

import pytest

from dualset.builders.candidates.settings import CandidateSettings, ServerSettings
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.groups.settings import GroupSettings
from dualset.builders.problems.settings import ProblemSettings
from dualset.cli import COMMANDS

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("kind", [ProblemSettings, CandidateSettings, ServerSettings, LabelSettings, GroupSettings])
def test_every_recipe_key_is_documented(kind: type) -> None:
    text = (ROOT / "docs/recipes.md").read_text()
    assert not [field.name for field in fields(kind) if f"`{field.name}`" not in text]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str) -> None:
    assert f"dualset {name}" in (ROOT / "README.md").read_text()
