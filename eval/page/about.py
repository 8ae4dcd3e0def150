"""What a version is: its numbers first, rows by split, where it comes from and how it was made.

In: a version and its figures. Out: the head of its page. Tags and dates are left out: they are the store's, and one
snapshot has one page.
"""

import yaml

from dualset.builders.dataset.figures import Figures
from dualset.builders.dataset.version import Version
from dualset.builders.dataset.words import Split
from dualset.eval.page.parts import Cell, Note, Part, Section, Table
from dualset.eval.page.texts import cut, name, percent

__all__ = ["about", "sentence", "tiles"]

_RECIPE, _MOST = 4000, 12


def sentence(version: Version, figures: Figures) -> str:
    """Whose problems, whose programs, how many of each."""
    counts = version.counts
    sources = ", ".join(name(each.source) for each in figures.sources[:3])
    models = ", ".join(dict.fromkeys(name(each.model) for each in figures.samplers[:3] if each.model))
    return (
        f"{counts['candidates']:,} completions{f' by {models}' if models else ''} for {counts['problems']:,} problems"
        f"{f' of {sources}' if sources else ''}, {_labelled(version)} their {counts['labels']:,} distinct programs."
    )


def tiles(version: Version, figures: Figures) -> tuple[tuple[str, str], ...]:
    """The numbers seen first."""
    counts, rates, flaky = version.counts, figures.rates, figures.flake_rate
    return (
        (f"{counts['problems']:,}", "problems"),
        (f"{counts['candidates']:,}", "candidates"),
        (f"{counts['labels']:,}", "distinct programs"),
        (f"{counts['groups']:,}", "mixed groups"),
        (
            "unknown" if rates.mean_pass_rate is None else f"{rates.mean_pass_rate:.1%}",
            "pass@1, mean over problems"
            if version.consensus is None
            else "chosen by the consensus, mean over problems",
        ),
        ("unknown" if flaky is None else f"{flaky:.2%}", "flaky, of programs run twice or more"),
    )


def _labelled(version: Version) -> str:
    if version.consensus is None:
        return "labelled by running"
    return f"labelled by a consensus with generated tests ({name(version.consensus)}), not by ground truth, of"


def about(version: Version, figures: Figures) -> Section:
    """The section."""
    content = version.manifest["content"]
    tests = figures.tests_a_problem
    said = (
        f"{figures.programs_passed:,} programs pass, {figures.programs_failed:,} fail, {figures.programs_unknown:,} "
        "are unknown (in no group, metric or loss)."
    )
    if version.consensus is not None:
        said = f"Right means chosen by {name(version.consensus)}, on all of this page, and nothing more. {said}"
    if tests:
        least, median, most = tests
        spread = (
            f"{least:,} to {most:,} tests a problem, median {median:,}" if least < most else f"{most:,} tests a problem"
        )
        said += f" {spread}."
    parents = ", ".join(str(parent) for parent in content["parents"])
    made = {key: content[key] for key in ("recipe", "seeds", "pins")}
    recipe = yaml.safe_dump(made, sort_keys=False, allow_unicode=True)
    parts: tuple[Part, ...] = (
        _rows(version, figures),
        Table(
            title="Sources",
            columns=("source", "revision", "licence", "problems"),
            rows=tuple(
                (name(each.source), name(each.revision)[:12], name(each.license), each.problems)
                for each in figures.sources[:_MOST]
            ),
        ),
        Table(
            title="Sampled",
            columns=("model", "revision", "sampler", "temperature", "top-p", "top-k", "candidates", "share"),
            rows=tuple(
                (
                    name(each.model),
                    name(each.model_revision)[:12],
                    name(each.sampler),
                    each.temperature,
                    each.top_p,
                    each.top_k,
                    each.candidates,
                    percent(each.candidates, figures.rates.candidates),
                )
                for each in figures.samplers[:_MOST]
            ),
        ),
        *((Note(text=f"Parent: {cut(parents, 400)}"),) if parents else ()),
        Note(
            text=cut(recipe, _RECIPE),
            title="Recipe, seeds and pins",
        ),
    )
    return Section(anchor="about", title="What it holds", said=said, parts=parts)


def _rows(version: Version, figures: Figures) -> Table:
    splits = [split.value for split in Split if any(rows.get(split) for rows in version.splits.values())]
    rows: list[tuple[Cell, ...]] = []
    for table in version.tables:
        counted = [version.splits[table].get(split, 0) for split in splits]
        rows.append((table, *counted, sum(counted)))
    rates = [figures.rates_by_split.get(split) for split in splits] + [figures.rates]
    rows.append(("pass rate", *(rate.pass_rate if rate else None for rate in rates)))
    rows.append(("pass@1", *(rate.mean_pass_rate if rate else None for rate in rates)))
    return Table(
        title="Rows by split",
        columns=("", *splits, "all"),
        rows=tuple(rows),
        note="The pass rate is right candidates among the labelled ones; pass@1 is the mean of each problem's own.",
    )
