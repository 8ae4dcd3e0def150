"""Builds with generated tests: matrices, and labels from their consensus instead of the problems' own tests."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from consensus_version import ALSO, HALF, OTHER, RAISES, RIGHT, write_consensus_recipe

from dualset.builders.build import build
from dualset.builders.consensus.labels import unpacked
from dualset.builders.dataset.store import Version
from dualset.builders.dataset.verify import verify_digests
from dualset.builders.errors import RecipeError, VersionError
from dualset.builders.forecast.forecast import forecast
from dualset.builders.recipe import load_recipe
from dualset.cli import cli
from dualset.eval.evaluate import evaluate
from dualset.eval.page.compose import version_page
from dualset.eval.report import report
from dualset.eval.settings import EvalSettings
from dualset.eval.stored import evaluate_stored
from dualset.sql.frames import frames
from dualset.sql.queries import bind, named_query
from dualset.sql.session import ask, connect


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the recipe and its files are."""
    write_consensus_recipe(tmp_path)
    return tmp_path


def made(folder: Path, *overrides: str) -> Version:
    return build(load_recipe(folder / "recipe.yaml", overrides), home=folder / "dualsets").version


def labels(version: Version, problem: str = "both") -> dict[str, dict[str, Any]]:
    """By code."""
    codes = {row["program_id"]: row["code"] for row in version.rows("candidates")}
    return {codes[row["program_id"]]: row for row in version.rows("labels") if row["problem_id"] == problem}


def test_programs_that_agree_with_tests_are_right_whatever_the_problem_s_own_tests_say(folder: Path) -> None:
    found = labels(made(folder))
    assert {code: row["passed"] for code, row in found.items()} == {
        RIGHT: True,
        ALSO: True,
        HALF: False,
        OTHER: False,
        RAISES: False,
    }
    assert {row["label_source"] for row in found.values()} == {"consensus:codet"}
    assert {code: row["truth"] for code, row in found.items()} == {
        RIGHT: True,
        ALSO: True,
        HALF: False,
        OTHER: False,
        RAISES: False,
    }
    (folder / "problems.jsonl").write_text(
        (folder / "problems.jsonl").read_text().replace("assert f(7) == 14", "assert f(7) == 21")
    )
    turned = made(folder)
    assert {code: row["passed"] for code, row in labels(turned).items()} == {
        code: row["passed"] for code, row in found.items()
    }
    assert [code for code, row in labels(turned).items() if row["truth"]] == [OTHER]
    assert {row["truth"] for row in labels(made(folder, "labels.truth=false")).values()} == {None}


def test_the_matrix_holds_every_cell_and_count(folder: Path) -> None:
    version = made(folder)
    verify_digests(version)
    [row] = version.rows("matrices")
    matrix = unpacked(row)
    codes = {row["program_id"]: row["code"] for row in version.rows("candidates")}
    tests = {row["test_id"]: row["code"] for row in version.rows("generated_tests")}
    for i, program in enumerate(matrix.rows):
        scope: dict[str, Any] = {}
        exec(codes[program], scope)
        for j, test in enumerate(matrix.columns):
            try:
                exec(tests[test], scope)
                passes = True
            except (AssertionError, ValueError):
                passes = False
            assert matrix.passed_NM[i, j] == passes, (codes[program], tests[test])
    assert dict(zip(map(codes.get, matrix.rows), matrix.row_counts_N.tolist(), strict=True))[RIGHT] == 2
    assert matrix.column_counts_M.tolist() == [2, 1, 1, 1]
    assert row["rank"] == matrix.rank == 3
    assert row["tied"] is False


def test_tests_say_how_often_they_were_written_whether_chosen_and_whether_right(folder: Path) -> None:
    version = made(folder)
    told = [(row["code"], row["count"], row["chosen"], row["valid"]) for row in version.rows("generated_tests")]
    assert told == [
        ("assert f(1) == 2", 2, True, True),
        ("assert f(2) == 4", 1, True, True),
        ("assert f(5) == 10", 1, True, True),
        ("assert f(3) == 9", 1, False, False),
    ]
    counts = version.counts
    assert (counts["tests_generated"], counts["tests_refused"], counts["problems_without_tests"]) == (4, 1, 1)


def test_a_problem_without_generated_tests_has_no_labels_and_no_groups(folder: Path) -> None:
    version = made(folder)
    assert {row["passed"] for row in labels(version, "mute").values()} == {None}
    groups = list(version.rows("groups"))
    assert {row["problem_id"] for row in groups} == {"both"}
    assert {row["label_source"] for row in groups} == {"consensus:codet"}


def test_a_matrix_of_low_rank_decides_nothing(folder: Path) -> None:
    version = made(folder, "labels.rank_above=3")
    assert {row["passed"] for row in labels(version).values()} == {None}
    assert version.counts["problems_below_rank"] == 1
    assert {row["chosen"] for row in version.rows("generated_tests")} == {None}
    assert {row["passed"] for row in labels(made(folder, "labels.rank_above=2")).values()} == {True, False}


def test_labels_by_execution_are_the_same_with_generated_tests_beside_them(folder: Path) -> None:
    beside = made(folder, "labels.source=execution", "name=beside")
    recipe = (folder / "recipe.yaml").read_text()
    (folder / "recipe.yaml").write_text(
        "".join(line for line in recipe.splitlines(keepends=True) if "tests:" not in line)
    )
    plain = made(folder, "labels.source=execution", "name=plain")
    for table in ("labels", "groups", "candidates"):
        assert list(beside.rows(table)) == list(plain.rows(table))
    assert len(list(beside.rows("matrices"))) == 1
    assert "matrices" not in plain.tables
    assert {row["chosen"] for row in beside.rows("generated_tests")} == {None}


def test_another_selector_runs_nothing_again(folder: Path) -> None:
    first = made(folder)
    shards = {path: path.stat().st_mtime_ns for path in (folder / "dualsets").rglob("work/**/*.parquet")}
    assert made(folder).revision == first.revision
    other = made(folder, "labels.source=consensus:maxpass")
    assert other.revision != first.revision
    assert shards == {path: path.stat().st_mtime_ns for path in (folder / "dualsets").rglob("work/**/*.parquet")}


def test_executions_are_about_the_generated_tests(folder: Path) -> None:
    version = made(folder)
    tests = {row["test_id"] for row in version.rows("generated_tests")}
    with connect(version) as connection:
        rows = list(ask(connection, "select test_id, outcome from executions where problem_id = 'both'").rows)
        assert len(rows) == 5 * 4
        assert {test for test, _ in rows} == tests
        killers = named_query("killer_tests")
        assert {row[2] is not None for row in ask(connection, killers.sql, bind(killers, {})).rows} == {True}
    polars = frames(version)["executions"].collect()
    assert set(polars["test_id"].to_list()) == tests
    assert polars.height == len(rows)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("labels.source=consensus:b5", "unknown selector 'b5'"),
        ("labels.source=vote", "execution or consensus:SELECTOR"),
        ("labels.ties=last", "first or merge"),
        ("tests=null", "a tests section"),
        ("tests.at_most=0", "tests.at_most"),
        ("tests.format=csv", "tests.format"),
    ],
)
def test_what_makes_no_sense_is_one_line(folder: Path, override: str, said: str) -> None:
    with pytest.raises(RecipeError) as raised:
        load_recipe(folder / "recipe.yaml", [override])
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_dry_run_says_what_it_does_not_foresee(folder: Path) -> None:
    told = forecast(load_recipe(folder / "recipe.yaml"), home=folder / "dualsets")
    assert told.generated_tests
    assert told.problems.references_to_run == 0
    assert told.tests.exact == 10  # five programs of each problem, one test
    blind = forecast(load_recipe(folder / "recipe.yaml", ["labels.truth=false"]), home=folder / "dualsets")
    assert blind.tests.exact == 0


def test_nobody_is_told_that_a_consensus_is_the_truth(folder: Path) -> None:
    version = made(folder)
    card = (version.path / "README.md").read_text()
    assert "labelled by which of them agree best with tests that a model wrote (`consensus:codet`)" in card
    assert "labelled by running" not in card
    shown = CliRunner().invoke(cli, ["show", str(version.path)])
    assert "consensus:codet: not by ground truth" in shown.output
    page = version_page(version, {})
    assert "labelled by a consensus with generated tests (consensus:codet), not by ground truth" in page.said
    with pytest.raises(VersionError, match="labelled by a consensus"):
        evaluate(["micro"], str(version.path), EvalSettings(split="all"))


def test_stored_attempts_are_measured_by_the_truth_and_chosen_among_by_the_tests(folder: Path) -> None:
    settings = EvalSettings(split="all", best_of=6, choose_by=("codet", "maxpass"), resamples=20)
    told = report(evaluate_stored(str(made(folder).path), settings))
    [model] = told["models"]
    assert model["by_problem"]["both"]["pass@1"] == model["by_problem"]["mute"]["pass@1"] == 0.5
    assert model["by_problem"]["both"]["best_of_6_by_codet"] == 1.0
    assert model["by_problem"]["mute"]["best_of_6_by_codet"] == 0.5  # nothing to choose by
    assert told["settings"]["tests"] == "generated"
    assert told["problems_with_tests_to_choose_by"] == 1
    blind = made(folder, "labels.truth=false")
    with pytest.raises(VersionError, match=r"labels\.truth"):
        evaluate_stored(str(blind.path), settings)
