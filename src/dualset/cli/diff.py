"""``dualset diff A B``: what changed from one version to another."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from dualset.cli.output import print_json

if TYPE_CHECKING:
    from dualset.builders.dataset.diff import Diff
    from dualset.builders.dataset.diff_labels import Flip
    from dualset.builders.dataset.diff_tables import TableDiff
    from dualset.builders.dataset.figures import Figures
    from dualset.builders.dataset.version import Version

__all__ = ["command"]

_VERDICTS = {True: "pass", False: "fail", None: "unknown"}
_LONGEST = 60


@click.command("diff")
@click.argument("a")
@click.argument("b")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with everything.")
@click.option(
    "--rows",
    type=click.IntRange(0, 100_000),
    default=10,
    show_default=True,
    help="How many flipped labels (and with --json keys of rows added, removed and changed) to list; all are counted.",
)
def command(a: str, b: str, as_json: bool, rows: int) -> None:
    """Compare the version A with the version B: rows, labels, pass rates, groups, settings.

    Rows are matched by their key, and labels by program. Versions that differ are no error: the exit code is 0, and
    "identical" in the JSON says whether they are the same.
    """
    from dualset.builders.dataset.diff import compare
    from dualset.builders.dataset.store import open_version

    found = compare(open_version(a), open_version(b), rows=rows)
    if as_json:
        print_json(_plain(found))
        return
    for line in _lines(found):
        click.echo(line)


def _plain(diff: "Diff") -> dict[str, Any]:
    """Everything, as plain data: the two versions are ``a`` and ``b`` in every part."""
    figures = {"a": diff.figures_a, "b": diff.figures_b}
    return {
        "identical": diff.identical,
        "a": _side(diff.a),
        "b": _side(diff.b),
        "tables": {each.table: _without_name(each) for each in diff.tables},
        "labels": asdict(diff.labels),
        "rates": {side: asdict(each.rates) for side, each in figures.items()},
        "rates_by_split": {
            side: {split: asdict(rates) for split, rates in each.rates_by_split.items()}
            for side, each in figures.items()
        },
        "groups": {side: _balance(each) for side, each in figures.items()},
        "settings": [asdict(each) for each in diff.settings],
    }


def _lines(diff: "Diff") -> Iterator[str]:
    """What to print."""
    for side, version in (("a", diff.a), ("b", diff.b)):
        tags = "".join(f" {tag}" for tag in version.tags)
        yield f"{side}  {version.name}@{version.revision[:12]}{tags}  {version.manifest['files']['created']}"
    if diff.identical:
        yield "identical: the same revision"
        yield from (f"  {_measured(each)}" for each in diff.tables if each.added or each.removed or each.changed)
        return
    yield ""
    yield f"{'rows':<14}{'a':>12}{'b':>12}{'added':>12}{'removed':>12}{'changed':>12}"
    for table in diff.tables:
        numbers = (table.rows_a, table.rows_b, table.added, table.removed, table.changed)
        columns = ", ".join(f"{name} {n:,}" for name, n in sorted(table.columns.items(), key=lambda each: -each[1]))
        mark = "*" if table.measured else ""
        yield f"{table.table + mark:<14}{''.join(f'{n:>12,}' for n in numbers)}  {columns}".rstrip()
    yield "* measured: differs between runs and machines, no part of the revision"
    yield ""
    yield from _labels(diff)
    yield ""
    yield from _rates(diff)
    yield ""
    yield from _settings(diff)


def _labels(diff: "Diff") -> Iterator[str]:
    labels = diff.labels
    yield f"labels flipped {labels.flipped:,} of {labels.compared:,} programs in both"
    for each in labels.transitions:
        before, after = each.outcome_before or "no tests", each.outcome_after or "no tests"
        verdict = (
            f"{_VERDICTS[each.passed_before]} -> {_VERDICTS[each.passed_after]}" if each.flipped else "same verdict"
        )
        yield f"  {each.programs:>8,}  {verdict:<20}  {before} -> {after}"
    if labels.first_flips:
        yield f"  the first {len(labels.first_flips)}, with the tests passed:"
    yield from map(_flip, labels.first_flips)


def _flip(flip: "Flip") -> str:
    before = f"{_VERDICTS[flip.passed_before]}, {flip.tests_passed_before} of {flip.tests_total_before}"
    after = f"{_VERDICTS[flip.passed_after]}, {flip.tests_passed_after} of {flip.tests_total_after}"
    return f"    {flip.problem_id} {flip.program_id}  {before} -> {after}  {flip.source_id or ''}".rstrip()


def _rates(diff: "Diff") -> Iterator[str]:
    a, b = diff.figures_a, diff.figures_b
    yield f"{'':<26}{'a':>12}{'b':>12}{'b - a':>12}"
    yield _moved("pass rate", a.rates.pass_rate, b.rates.pass_rate, ".4f")
    yield _moved("pass@1", a.rates.mean_pass_rate, b.rates.mean_pass_rate, ".4f")
    yield _moved("groups", sum(each.groups for each in a.groups), sum(each.groups for each in b.groups), ",")
    yield _moved("  problems with groups", a.problems_with_groups, b.problems_with_groups, ",")
    yield _moved("  right in a group", a.mean_n_correct, b.mean_n_correct, ".4f")
    right_a, right_b = a.groups_by_n_correct, b.groups_by_n_correct
    for n in sorted(right_a.keys() | right_b.keys()):
        yield _moved(f"  {n} right", right_a.get(n, 0), right_b.get(n, 0), ",")


def _moved(what: str, a: float | None, b: float | None, form: str) -> str:
    cells = ("null" if each is None else format(each, form) for each in (a, b))
    moved = "" if a is None or b is None or a == b else format(b - a, f"+{form}")
    return f"{what:<26}{''.join(f'{cell:>12}' for cell in cells)}{moved:>12}".rstrip()


def _settings(diff: "Diff") -> Iterator[str]:
    if not diff.settings:
        yield "settings: the same"
        return
    yield "settings"
    width = max(len(each.key) for each in diff.settings)
    for each in diff.settings:
        yield f"  {each.key:<{width}}  {_short(each.before)} -> {_short(each.after)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _measured(table: "TableDiff") -> str:
    return (
        f"{table.table}, which is measured: {table.added:,} added, {table.removed:,} removed, {table.changed:,} changed"
    )


def _side(version: "Version") -> dict[str, Any]:
    return {
        "name": version.name,
        "revision": version.revision,
        "tags": version.tags,
        "created": version.manifest["files"]["created"],
        "path": str(version.path),
    }


def _balance(figures: "Figures") -> dict[str, Any]:
    return {
        "groups": sum(each.groups for each in figures.groups),
        "problems": figures.problems_with_groups,
        "mean_n_correct": figures.mean_n_correct,
        "by_n_correct": figures.groups_by_n_correct,
        "by_split": [each._asdict() for each in figures.groups],
    }


def _without_name(table: "TableDiff") -> dict[str, Any]:
    said = asdict(table)
    del said["table"]
    return said
