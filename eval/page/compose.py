"""The pages: of a version, and of a run.

In: a version or a run's folder, and evaluations. Out: a `Page`, bounded in size whatever it is about.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dualset.builders.dataset.figures import count_version
from dualset.builders.dataset.version import Version
from dualset.eval.page.about import about, sentence, tiles
from dualset.eval.page.balance import balance
from dualset.eval.page.browse import browse
from dualset.eval.page.cost import cost
from dualset.eval.page.curves import run_sections
from dualset.eval.page.duplicates import duplicates
from dualset.eval.page.failures import failures
from dualset.eval.page.models import models
from dualset.eval.page.outcomes import outcomes
from dualset.eval.page.parts import Page, Section, Table
from dualset.eval.page.pass_rates import pass_rates
from dualset.eval.page.record import Run
from dualset.eval.page.reward_models import reward_models
from dualset.eval.page.texts import cut, name
from dualset.sql.session import connect

__all__ = ["run_page", "version_page"]

Reports = Mapping[str, Mapping[str, Any]]
_SECTIONS = (pass_rates, outcomes, failures, balance, browse, duplicates, cost)


def version_page(
    version: Version, reports: Reports, rankings: Sequence[Path] = (), scores: Sequence[Path] = ()
) -> Page:
    """What a version holds.

    Args:
        version: what the page is about.
        reports: evaluations, by the name of their file.
        rankings: files of what judges said of its groups.
        scores: files of what reward models scored its programs.

    Raises:
        VersionError: its tables cannot be read.
        QueryError: a file is no rankings or scores, or those of another version.
    """
    figures = count_version(version)
    with connect(version, rankings=rankings, scores=scores) as connection:
        sections = [about(version, figures), *(section(connection) for section in _SECTIONS)]
        if scores:
            sections.append(reward_models(connection))
    if reports:
        sections.append(models(reports, version.revision))
    return Page(
        title=name(version.name),
        subtitle=f"revision {version.revision}",
        said=sentence(version, figures),
        tiles=tiles(version, figures),
        sections=tuple(sections),
    )


def run_page(run: Run, reports: Reports) -> Page:
    """How a run went."""
    record, data = run.record, run.record["dataset"]
    ref = f"{name(str(data.get('name')))}@{str(data['revision'])[:12]}"
    measured = (models(reports, str(data["revision"])),) if reports else ()
    steps = max((step for values in run.series.values() for step in values), default=0)
    state = "" if record.get("finished") else " It has not finished."
    return Page(
        title=run.name,
        subtitle=f"a run of dualset train {name(str(record.get('kind')))}",
        said=f"{name(str(record['base_model']['name']))} trained for {steps:,} steps on {ref}.{state}",
        tiles=_tiles(run, steps),
        sections=(*run_sections(run, measured), _what(run)),
    )


def _tiles(run: Run, steps: int) -> tuple[tuple[str, str], ...]:
    found = [(f"{steps:,}", "optimizer steps"), (_count(run.record["dataset"].get("rows")), "rows trained on")]
    metrics = run.record.get("metrics") or {}
    for word in ("reward", "ranking/ndcg", "ranking/pairwise_accuracy", "generation/passed", "loss"):
        means = metrics.get(word)
        if means and len(found) < 5:
            found.append((f"{means['last']:.3f}", f"{word}, last tenth (first: {means['first']:.3f})"))
    return tuple(found)


def _count(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else "unknown"


def _what(run: Run) -> Section:
    """The record, flat: what the run was made from."""
    rows: list[tuple[str, str]] = []
    for key in (
        "kind",
        "reward",
        "preset",
        "base_model",
        "origin",
        "dataset",
        "settings",
        "coevolution",
        "versions",
        "targets",
    ):
        value = run.record.get(key)
        for inner, each in value.items() if isinstance(value, Mapping) else [("", value)]:
            if each is not None and each != "":
                rows.append((f"{key} {inner}".strip(), cut(str(each), 300)))
    table = Table(title="Settings, data and libraries", columns=("what", "value"), rows=tuple(rows[:120]), folded=True)
    return Section(anchor="about", title="What the run was", parts=(table,))
