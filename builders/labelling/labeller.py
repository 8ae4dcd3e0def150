"""The one interface of both ways of labelling, so that everything after a label is the same.

In: part by part, whole problems with the codes of their programs. Out: rows of the labels table, now for grouping and
at the end for the version, and the tables that come with them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from dualset.builders.consensus.labels import Deciding
from dualset.builders.consensus.parse import parse_selector
from dualset.builders.consensus.select import Ties
from dualset.builders.execution.kept import Part, Work
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.generated.collect import Collected
from dualset.builders.labelling.by_consensus import ByConsensus
from dualset.builders.labelling.by_execution import ByExecution

__all__ = ["Labeller", "labeller"]


class Labeller(Protocol):
    """Labels part by part."""

    def ahead(self, parts: Iterable[Part]) -> None:
        """Let other machines do what they can of all parts."""

    def label(self, part: Part, samples: Mapping[str, int]) -> list[dict[str, Any]]:
        """The part's rows of the labels table, in key order; ``samples``: how many candidates each program is."""

    def tables(self) -> dict[str, Iterable[Mapping[str, Any]]]:
        """At the end: labels, observations, and what else there is, in key order."""

    def counts(self) -> Mapping[str, int]:
        """At the end: what became of tests and problems, beyond the labels."""

    def close(self) -> None:
        """Let go of what lies on disk."""


def labeller(
    work: Work,
    tests: Mapping[str, Collected] | None,
    total: int,
    place: Path,
    distrusted: frozenset[str] = frozenset(),
) -> Labeller:
    """What a recipe's ``labels:`` section asks for.

    Args:
        work: how programs are run, and where labels are kept.
        tests: generated tests by problem_id; None: the recipe has none.
        total: distinct programs, for the progress.
        place: a folder for what lies on disk meanwhile.
        distrusted: ids of problems whose own reference fails their tests, so that these tell no truth.

    Raises:
        RecipeError: there is no such selector.
    """
    if tests is None:
        return ByExecution(work, total)
    once = replace(work.settings, repeat=1, early_stop=False)  # a cell that was not seen is none
    on_tests = replace(work, folder=work.folder.parent / "matrices", stage="matrix", settings=once)
    truth = work if work.settings.selector is None or work.settings.truth else None
    return ByConsensus(on_tests, truth, tests, _deciding(work.settings), total, place, distrusted)


def _deciding(settings: LabelSettings) -> Deciding:
    """How a recipe's ``labels:`` section decides.

    Raises:
        RecipeError: there is no such selector.
    """
    name = settings.selector
    selector = parse_selector(name, exclude_zero_signature=settings.exclude_zero_signature) if name else None
    return Deciding(source=settings.source, selector=selector, ties=Ties(settings.ties), rank_above=settings.rank_above)
