"""The dataset card: ``README.md`` of a snapshot, made from its manifest, its tables, the schema and nothing else.

In: a snapshot's folder and manifest. Out: Markdown that the Hub shows and that ``load_dataset(path, "groups")`` reads.
The card is no part of the revision and has no date, host or commit: one version has one card. The Hub commit that will
hold it is not known before it is made, so the card says ``SHA`` where it belongs, and how to find it.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import yaml

from dualset.builders.dataset.card_example import example
from dualset.builders.dataset.card_head import head
from dualset.builders.dataset.card_origin import citation, licences, limitations, origin
from dualset.builders.dataset.card_seal import seal
from dualset.builders.dataset.describe import describe_table
from dualset.builders.dataset.figures import Figures, count_version
from dualset.builders.dataset.manifest import Manifest
from dualset.builders.dataset.markdown import percent, table, word
from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.version import Version
from dualset.builders.dataset.words import Split

__all__ = ["card"]

_WHAT = {"candidates": " (sampled completions)", "labels": " (distinct programs)", "groups": " (mixed)"}


def card(folder: Path, manifest: Manifest, *, repo_id: str | None = None) -> str:
    """The card's text.

    Args:
        folder: the snapshot's; its tables are counted.
        manifest: the snapshot's.
        repo_id: ORG/NAME on the Hub, where it is known already.

    Raises:
        VersionError: its tables cannot be read.
    """
    version = Version(name=manifest["files"]["name"], revision=manifest["revision"], path=folder, manifest=manifest)
    figures = count_version(version)
    metadata = yaml.safe_dump(head(version, figures), sort_keys=False, allow_unicode=True)
    parts = [
        _opening(version, figures),
        _rows(version, figures),
        _programs(figures),
        _groups(figures),
        example(version),
        _loading(version, repo_id),
        *origin(version, figures),
        licences(figures),
        limitations(version, figures),
        citation(version, repo_id),
        "## Tables",
        *(describe_table(TABLES[name], level=3) for name in version.tables),
    ]
    return seal(f"---\n{metadata}---\n\n" + "\n\n".join(part for part in parts if part) + "\n\n")


def _opening(version: Version, figures: Figures) -> str:
    return (
        f"# {version.name}\n\n"
        f"Programs that code models wrote, what became of each when it was run on {_whose(version)} tests, and groups "
        "of right and wrong programs of the same problem: data for teaching a model to rank programs by correctness, "
        f"and to write them.\n\n{_summary(version, figures)}\n\n{_caution(version)}"
        f"Revision `{version.revision}`: the sha256 of the `content` part of `manifest.json`, which holds a digest of "
        "every table's rows. Same rows, same revision, wherever they lie."
    )


def _summary(version: Version, figures: Figures) -> str:
    """This version in one sentence: whose problems, whose programs, how many of each."""
    counts = version.counts
    sources = _some([word(each.source) for each in figures.sources])
    models = _some([word(each.model) for each in figures.samplers if each.model])
    return (
        f"This version: {counts['candidates']:,} completions{f' by {models}' if models else ''} for "
        f"{counts['problems']:,} problems{f' of {sources}' if sources else ''}; {counts['labels']:,} distinct programs "
        f"among them, {_labelled(version)}; {counts['groups']:,} groups."
    )


def _whose(version: Version) -> str:
    return "its problem's" if version.consensus is None else "generated"


def _caution(version: Version) -> str:
    """What right means, where that is not what a reader takes it for."""
    if version.consensus is None:
        return ""
    return (
        f"**Right means chosen by {word(version.consensus)}, nothing more.** Wherever this card says right, passed, "
        "solved, pass rate or pass@1, it counts programs that the consensus chose; `labels.truth` is what the "
        "problems' own tests say, where they were run.\n\n"
    )


def _labelled(version: Version) -> str:
    if version.consensus is None:
        return "labelled by running them"
    return (
        f"labelled by which of them agree best with tests that a model wrote ({word(version.consensus)}), not by their "
        "problems' own tests"
    )


def _some(names: list[str], most: int = 3) -> str:
    """The first of these names; the others are counted."""
    names = list(dict.fromkeys(names))
    rest = [f"{len(names) - most:,} more"] if len(names) > most else []
    *others, last = [*names[:most], *rest] or [""]
    return f"{', '.join(others)} and {last}" if others else last


def _rows(version: Version, figures: Figures) -> str:
    """Rows and rates by split; what is measured is no part of the version and is left out."""
    splits = [split.value for split in Split if any(rows.get(split) for rows in version.splits.values())]
    body = []
    for each in (TABLES[name] for name in version.tables if not TABLES[name].measured):
        rows = [version.splits[each.name].get(split, 0) for split in splits]
        body.append([f"{each.name}{_WHAT.get(each.name, '')}", *(f"{n:,}" for n in (*rows, sum(rows)))])
    rates = [figures.rates_by_split.get(split) for split in splits] + [figures.rates]
    body.append(["pass rate", *(_rate(each.pass_rate if each else None) for each in rates)])
    body.append(["pass@1 (mean over problems)", *(_rate(each.mean_pass_rate if each else None) for each in rates)])
    note = (
        "The pass rate is right candidates among the labelled ones; pass@1 is the mean of each problem's own. Splits "
        "are by problem: no problem is in two."
    )
    return f"## What it holds\n\n{table(['', *splits, 'all'], body)}\n\n{note}"


def _rate(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.4f}"


def _programs(figures: Figures) -> str:
    """Labels by outcome, and how sure they are."""
    total = figures.programs_passed + figures.programs_failed + figures.programs_unknown
    if not total:
        return "### Programs\n\nNo program."
    outcomes = [
        [word(outcome) if outcome else "no tests", f"{n:,}", percent(n, total)]
        for outcome, n in figures.programs_by_outcome.items()
    ]
    tests = figures.tests_a_problem
    many = f" on {_range(tests)} a problem" if tests else ""
    text = (
        f"{total:,} distinct programs{many}: {figures.programs_passed:,} passed, {figures.programs_failed:,} failed, "
        f"{figures.programs_unknown:,} are unknown (null). {_flakiness(figures)}"
    )
    return f"### Programs\n\n{text}\n\n{table(['outcome', 'programs', 'share'], outcomes)}"


def _range(tests: tuple[int, int, int]) -> str:
    least, median, most = tests
    return f"{least:,} to {most:,} tests (median {median:,})" if least < most else f"{most:,} tests"


def _flakiness(figures: Figures) -> str:
    runs, flaky = figures.programs_repeated, figures.programs_flaky
    if not runs:
        return "Each was run once, so the flake rate is not known."
    rate = percent(flaky, runs)
    return f"Of {runs:,} that were run more than once, {flaky:,} did not do the same each time (flake rate {rate})."


def _groups(figures: Figures) -> str:
    """Group balance: the more uneven, the more a constant guess pays."""
    total = sum(each.groups for each in figures.groups)
    if not total:
        return "### Groups\n\nNo group: no problem has enough right and wrong programs."
    kinds: Counter[tuple[int, int]] = Counter()
    for each in figures.groups:
        kinds[each.size, each.n_correct] += each.groups
    rows = [[f"{right} of {size}", f"{n:,}", percent(n, total)] for (size, right), n in sorted(kinds.items())]
    text = (
        f"{total:,} groups of {figures.problems_with_groups:,} problems, {figures.mean_n_correct:.2f} right ones in a "
        f"group on average; the problem with most has {figures.groups_of_largest:,} "
        f"({percent(figures.groups_of_largest, total)})."
    )
    return f"### Groups\n\n{text}\n\n{table(['right', 'groups', 'share'], rows)}"


def _loading(version: Version, repo_id: str | None) -> str:
    where = repo_id or f"ORG/{version.name}"
    return "\n\n".join(["## How to load it", *_loading_parts(version, where, repo_id is not None), *_empty(version)])


def _loading_parts(version: Version, where: str, known: bool) -> Iterator[str]:
    table, split = _some_rows(version)
    place = "" if known else "`ORG` is the account that it was published under. "
    yield (
        f"{place}`SHA` is the 40-digit commit of this repository (*Files and versions*, *History*; or `dualset "
        f"versions hf://datasets/{where}`), and a tag works as well. A branch such as `main` moves: what is loaded "
        "from it may not be what this page describes."
    )
    yield (
        "```python\nfrom datasets import load_dataset\n\n"
        f'{table} = load_dataset("{where}", "{table}", split="{split}", revision="SHA")\n```'
    )
    yield (
        "```python\nimport duckdb\nfrom huggingface_hub import HfFileSystem\n\n"
        "con = duckdb.connect()\ncon.register_filesystem(HfFileSystem())\n"
        f'labels = "hf://datasets/{where}@SHA/data/labels/*.parquet"\n'
        "con.sql(f\"select passed, count(*) from '{labels}' group by passed\")\n```"
    )
    yield (
        "```python\nimport polars as pl\n\n"
        f'candidates = pl.scan_parquet("hf://datasets/{where}@SHA/data/candidates/*.parquet")\n```'
    )
    yield (
        "With dualset, which checks every file against the manifest:\n\n"
        f"```bash\ndualset pull hf://datasets/{where}@SHA\ndualset sql hf://datasets/{where}@SHA --name pass_rate\n```"
    )
    yield 'A copy on disk is loaded by its folder: `load_dataset("FOLDER", "groups")`.'


def _some_rows(version: Version) -> tuple[str, str]:
    """A table and a split that have rows: the groups to train on, where there are any."""
    tables = ("groups", "labels", "candidates", "problems")
    places = [(name, split.value) for name in tables for split in Split if version.splits[name].get(split)]
    return places[0] if places else ("groups", "train")


def _empty(version: Version) -> Iterator[str]:
    if empty := [name for name in version.tables if not sum(version.splits[name].values())]:
        yield f"Without rows: {', '.join(empty)}. `datasets` loads a table without rows with `streaming=True` only."
