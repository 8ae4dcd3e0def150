"""What models are measured on: one split's problems that have tests, and its mixed groups; the same for all models.

In: a version and settings. Out: a `Pool`. The limits of programs, the ranking prompt and the length of answers are
those that the version was built with, so that a model is measured the way its training data was made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from dualset.builders.candidates.prompts import Template
from dualset.builders.dataset.records import Problem, problem_from_row
from dualset.builders.dataset.store import Version
from dualset.builders.errors import VersionError
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.recorded import recorded
from dualset.eval.settings import EvalSettings

__all__ = ["Pool", "pool_of", "split_of"]

MAX_TOKENS = 1024
"""Where neither the command nor the recipe says how long an answer may be."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool:
    """Problems by id, rows of the groups table, and the settings that both share with the version.

    ``codes`` are the programs of the groups by id; they are read only where groups are shown in several orders.
    """

    problems: Mapping[str, Problem]
    groups: Sequence[Mapping[str, Any]]
    codes: Mapping[str, str]
    labels: LabelSettings
    prompt: str
    template: Template | None
    max_tokens: int


def pool_of(version: Version, settings: EvalSettings) -> Pool:
    """The first ``settings.limit`` problems of the split in the order of their ids, and their groups.

    Raises:
        VersionError: the split holds no problem that has tests.
    """
    split = split_of(settings)
    tested = (row for row in version.rows("problems", split=split) if row["tests"])
    dated = (row for row in tested if _within(row["released_at"], settings))
    problems = {row["problem_id"]: problem_from_row(row) for row in islice(dated, settings.limit)}
    if not problems:
        where = f"{version.name}@{version.revision[:12]}"
        msg = f"{where} has no problems with tests{_window(settings)} in its {settings.split} split"
        raise VersionError(msg)
    columns = ["group_id", "problem_id", "prompt", "correct", "program_ids"]
    groups = version.rows("groups", split=split, columns=columns)
    built = recorded(version)
    recipes = built.candidates.max_tokens if built.candidates else MAX_TOKENS
    kept = [group for group in groups if group["problem_id"] in problems]
    return Pool(
        problems=problems,
        groups=kept,
        codes=_codes(version, split, kept) if settings.orders > 1 else {},
        labels=built.labels,
        prompt=built.groups.prompt,
        template=built.template,
        max_tokens=settings.max_tokens or recipes,
    )


def split_of(settings: EvalSettings) -> str | None:
    """The split's name; None: all of them."""
    return None if settings.split == "all" else settings.split


def _within(released: datetime | None, settings: EvalSettings) -> bool:
    if settings.since is None and settings.until is None:
        return True
    if released is None:
        return False
    day = released.date()
    return (settings.since or day) <= day <= (settings.until or day)


def _window(settings: EvalSettings) -> str:
    match settings.since, settings.until:
        case None, None:
            return ""
        case since, None:
            return f" released on {since} or after"
        case None, until:
            return f" released on {until} or before"
        case since, until:
            return f" released from {since} to {until}"


def _codes(version: Version, split: str | None, groups: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    wanted = {program for group in groups for program in group["program_ids"]}
    rows = version.rows("candidates", split=split, columns=["program_id", "code"])
    return {row["program_id"]: row["code"] for row in rows if row["program_id"] in wanted}
