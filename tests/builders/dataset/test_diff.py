"""Comparing versions: every count is what comparing the rows one by one gives, whatever changed."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sample_version import tiny_content, tiny_tables, tiny_version

from dualset.builders.dataset import diff_tables
from dualset.builders.dataset.diff import compare
from dualset.builders.dataset.schema import TABLES
from dualset.builders.dataset.store import Version, VersionContent, commit_version

Rows = dict[str, list[dict[str, Any]]]


def commit(home: Path, tables: Rows, content: VersionContent | None = None) -> Version:
    return commit_version("tiny", tables, content=content or tiny_content(), home=home)


def changed_at_random(seed: int) -> Rows:
    """The sample with rows gone, rows new and values changed in every table but the problems."""
    rng = random.Random(seed)
    tables = tiny_tables(12 + seed)
    for name, column, value in (
        ("candidates", "completion", "other"),
        ("candidates", "temperature", None),
        ("labels", "passed", None),
        ("labels", "outcome", "time_limit"),
        ("labels", "outcomes", []),
        ("observations", "durations_ms", [1.0]),
        ("groups", "order_seed", 7),
    ):
        tables[name] = [row for row in tables[name] if rng.random() > 0.1]
        for row in tables[name]:
            if rng.random() < 0.2:
                row[column] = value
    return tables


def by_key(version: Version, table: str) -> dict[tuple[str, ...], dict[str, Any]]:
    return {tuple(row[k] for k in TABLES[table].key): row for row in version.rows(table)}


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("rows_a_join", [7, 250_000])
def test_rows_are_compared_as_one_by_one(
    home: Path, monkeypatch: pytest.MonkeyPatch, seed: int, rows_a_join: int
) -> None:
    monkeypatch.setattr(diff_tables, "ROWS_A_JOIN", rows_a_join)
    a, b = tiny_version(home), commit(home, changed_at_random(seed))
    for found in compare(a, b, rows=3).tables:
        old, new = by_key(a, found.table), by_key(b, found.table)
        changed = sorted(key for key in old.keys() & new.keys() if old[key] != new[key])
        columns = Counter(name for key in changed for name in old[key] if old[key][name] != new[key][name])
        assert (found.rows_a, found.rows_b) == (len(old), len(new))
        assert (found.added, found.removed) == (len(new.keys() - old.keys()), len(old.keys() - new.keys()))
        assert (found.changed, found.columns) == (len(changed), dict(columns))
        assert found.first_added == tuple(sorted(new.keys() - old.keys())[:3])
        assert found.first_removed == tuple(sorted(old.keys() - new.keys())[:3])
        assert found.first_changed == tuple(changed[:3])


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_labels_that_flipped_are_counted_and_listed(home: Path, seed: int) -> None:
    a, b = tiny_version(home), commit(home, changed_at_random(seed))
    old, new = by_key(a, "labels"), by_key(b, "labels")
    both = sorted(old.keys() & new.keys())
    flipped = [key for key in both if old[key]["passed"] is not new[key]["passed"]]
    pairs = Counter(
        (old[key]["passed"], old[key]["outcome"], new[key]["passed"], new[key]["outcome"])
        for key in both
        if any(old[key][name] != new[key][name] for name in ("passed", "outcome"))
    )
    found = compare(a, b, rows=4).labels
    assert (found.compared, found.flipped) == (len(both), len(flipped))
    assert found.flipped > 4
    assert pairs == {
        (each.passed_before, each.outcome_before, each.passed_after, each.outcome_after): each.programs
        for each in found.transitions
    }
    assert [(each.problem_id, each.program_id) for each in found.first_flips] == flipped[:4]
    first = found.first_flips[0]
    assert (first.outcome_before, first.tests_passed_after) == (
        old[flipped[0]]["outcome"],
        new[flipped[0]]["tests_passed"],
    )


@pytest.mark.parametrize(
    ("table", "column", "before", "after"),
    [
        ("candidates", "code", None, ""),
        ("candidates", "code", "00000023" * 4, "00000029" * 4),  # DuckDB 2.0 hashes these two alike
        ("candidates", "sample_index", 0, 1),
        ("labels", "flaky", None, False),
        ("candidates", "mean_logprob", -0.0, 0.0),
        ("candidates", "temperature", 0.8, 0.8000000000000002),
        ("labels", "outcomes", [], [None]),
        ("labels", "outcomes", None, []),
        ("labels", "first_failure", None, dict.fromkeys(("test_id", "outcome", "exception", "message", "actual"))),
        ("groups", "correct", [True, False], [False, True]),
        ("problems", "tags", ["a", "b"], ["a,b"]),
        ("problems", "tags", ["null"], [None]),
    ],
)
def test_no_two_different_values_are_taken_for_the_same(
    home: Path, table: str, column: str, before: Any, after: Any
) -> None:
    versions = []
    for value in (before, after):
        tables = tiny_tables()
        tables[table][0][column] = value
        versions.append(commit(home, tables))
    found = {each.table: each for each in compare(*versions).tables}[table]
    assert (found.changed, found.columns) == (1, {column: 1})


def test_a_version_is_identical_to_itself_and_to_a_copy_whose_measures_differ(home: Path, tmp_path: Path) -> None:
    tables = tiny_tables()
    tables["observations"][0]["peak_memory_mb"] = 17.5
    a, b = tiny_version(home), commit(tmp_path / "elsewhere", tables)
    for found, measured in ((compare(a, a), 0), (compare(a, b), 1)):
        assert found.identical
        assert {each.table: each.changed for each in found.tables if each.changed} == (
            {"observations": 1} if measured else {}
        )
        assert (found.labels.flipped, found.settings) == (0, ())
        assert found.figures_a == found.figures_b


def with_recipe(**changes: Any) -> VersionContent:
    return replace(tiny_content(), **changes)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            with_recipe(recipe={"problems": {"source": "micro"}, "groups": {"size": 8, "prompt": "short"}}),
            [("recipe.groups.size", 4, 8)],
        ),
        (with_recipe(pins={"problems": "by hand", "model": "abc"}), [("pins.model", None, "abc")]),
        (with_recipe(parents=("0" * 64,)), [("parents", [], ["0" * 64])]),
        (with_recipe(seeds={}), [("seeds.samples", 0, None)]),
        (
            with_recipe(recipe={"problems": {"source": "micro", "limit": None}, "groups": {"size": 4, "prompt": "x"}}),
            [("recipe.groups.prompt", "short", "x")],
        ),
    ],
)
def test_settings_that_differ_are_named_and_null_is_absent(
    home: Path, content: VersionContent, expected: list[tuple[str, Any, Any]]
) -> None:
    found = compare(tiny_version(home), commit(home, tiny_tables(), content))
    assert not found.identical
    assert [(each.key, each.before, each.after) for each in found.settings] == expected
    assert not any(each.added or each.removed or each.changed for each in found.tables)


def test_rates_and_balance_are_those_of_each_version(home: Path) -> None:
    tables = tiny_tables()
    for label in tables["labels"]:
        label["passed"] = label["passed"] if label["problem_id"] < "p006" else None
    tables["groups"] = tables["groups"][:-1]
    a, b = tiny_version(home), commit(home, tables)
    found = compare(a, b)
    for version, figures in ((a, found.figures_a), (b, found.figures_b)):
        passed = {label["program_id"]: label["passed"] for label in version.rows("labels")}
        verdicts = [
            passed[candidate["program_id"]] if candidate["program_id"] else False
            for candidate in version.rows("candidates")
        ]
        known = [verdict for verdict in verdicts if verdict is not None]
        assert (figures.rates.labelled, figures.rates.correct) == (len(known), sum(known))
        assert figures.rates.pass_rate == sum(known) / len(known)
        right = [group["n_correct"] for group in version.rows("groups")]
        assert figures.groups_by_n_correct == dict(sorted(Counter(right).items()))
        assert figures.mean_n_correct == pytest.approx(sum(right) / len(right))


@pytest.mark.parametrize("make", [lambda home: tiny_version(home, n_problems=0), tiny_version])
def test_a_version_without_rows_can_be_compared(home: Path, make: Callable[[Path], Version]) -> None:
    empty = tiny_version(home, n_problems=0)
    found = compare(make(home), empty)
    assert all(each.rows_b == 0 and each.removed == each.rows_a for each in found.tables)
    assert (found.figures_b.rates.pass_rate, found.figures_b.mean_n_correct, found.labels.compared) == (None, None, 0)
