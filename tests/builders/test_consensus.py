"""Builds with generated tests: matrices, and labels from their consensus instead of the problems' own tests."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from consensus_version import ALSO, HALF, OTHER, RAISES, RIGHT, write, write_consensus_recipe

from dualset.builders.build import build
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.consensus.labels import unpacked
from dualset.builders.dataset.store import Version
from dualset.builders.dataset.verify import verify_digests
from dualset.builders.errors import RecipeError, TrainingError, VersionError
from dualset.builders.forecast.forecast import forecast
from dualset.builders.next_round import next_round
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
from dualset.train.generate import generate
from dualset.train.settings import TrainSettings


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
    assert {row["truth"] for row in labels(turned).values()} == {None}  # the reference fails such tests
    assert (turned.counts["references_failed"], turned.counts["problems"]) == (2, 2)
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
    plain = made(folder, "labels.source=execution", "labels.truth=false", "name=plain")
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
        ("labels.source=consensus:dyb4", "calibrated while a model is trained"),
        ("labels.repeat=2", "1 under a consensus"),
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
    assert "its problem's tests" not in card
    assert "**Right means chosen by `consensus:codet`, nothing more.**" in card
    shown = CliRunner().invoke(cli, ["show", str(version.path)])
    assert "consensus:codet: not by ground truth" in shown.output
    page = version_page(version, {})
    assert ("pass@1, mean over problems") not in dict(map(reversed, page.tiles))  # type: ignore[arg-type]
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


SLOW_RIGHT = "def f(x):\n    if x == 40:\n        while True:\n            pass\n    return x * 2\n"


def test_a_slow_test_decides_no_other_cell_wherever_it_stands(folder: Path) -> None:
    """Two right programs that never end on one test, which a wrong one passes."""
    wrote = ["assert f(40) == 80", *(f"assert f({n}) == {2 * n}" for n in range(1, 5))]
    codes = [SLOW_RIGHT, SLOW_RIGHT + "# again\n", "def f(x):\n    return 80\n"]
    write(folder / "samples.jsonl", [{"problem_id": "both", "code": code} for code in codes])
    for tests in (wrote, wrote[::-1]):
        write(folder / "tests.jsonl", [{"problem_id": "both", "code": code} for code in tests])
        found = labels(made(folder, "labels.timeout_s=0.5"))
        assert [found[code]["passed"] for code in codes] == [True, True, False]
        assert found[SLOW_RIGHT]["outcomes"].count("time_limit") == 1


def test_programs_that_pass_no_test_are_not_right_because_they_are_many(folder: Path) -> None:
    codes = [f"def f(x):\n    return -{n}\n" for n in range(1, 12)]
    write(folder / "samples.jsonl", [{"problem_id": "both", "code": code} for code in [*codes, RIGHT]])
    for source in ("consensus:b4(4,3)", "consensus:maxpass"):
        assert [code for code, row in labels(made(folder, f"labels.source={source}")).items() if row["passed"]] == [
            RIGHT
        ]
    write(folder / "samples.jsonl", [{"problem_id": "both", "code": code} for code in codes])
    assert {row["passed"] for row in labels(made(folder)).values()} == {None}


def test_a_selector_has_one_name_however_it_is_written(folder: Path) -> None:
    sources = ("consensus:b4", "consensus:b4(4,3)", "consensus:B4( 4 , 3 )")
    made_by = {made(folder, f"labels.source='{source}'").revision for source in sources}
    assert len(made_by) == 1


def test_the_problem_s_checker_compares_answers_to_generated_tests_too(folder: Path) -> None:
    problem = {"problem_id": "both", "statement": "Two numbers.", "style": "call", "entry_point": "f"}
    official = {"input": "[1]", "expected": "[1, 2]"}
    write(folder / "problems.jsonl", [{**problem, "checker": "unordered", "tests": [official]}])
    codes = ["def f(x):\n    return [x + 1, x]\n", "def f(x):\n    return [x]\n"]
    write(folder / "samples.jsonl", [{"problem_id": "both", "code": code} for code in codes])
    write(
        folder / "tests.jsonl", [{"problem_id": "both", "code": f"assert f({n}) == [{n}, {n + 1}]"} for n in (1, 2, 3)]
    )
    found = labels(made(folder))
    assert [found[code]["passed"] for code in codes] == [True, False]


@pytest.mark.parametrize("key", ["labels.ties=merge", "labels.rank_above=2", "labels.exclude_zero_signature=false"])
def test_keys_of_a_consensus_are_refused_where_there_is_none(folder: Path, key: str) -> None:
    with pytest.raises(RecipeError, match="is about a consensus, and the recipe has none"):
        load_recipe(folder / "recipe.yaml", ["labels.source=execution", key])


def test_nobody_is_rewarded_by_tests_that_the_labels_do_without(folder: Path) -> None:
    version = made(folder)
    settings = TrainSettings(ref=str(version.path), model="micro", preset="micro", output=folder / "out")
    with pytest.raises(TrainingError, match="with no ground truth looked at"):
        generate(settings, dry_run=True)


@pytest.mark.slow
def test_a_round_on_a_consensus_keeps_its_tests_and_its_way_of_deciding(folder: Path) -> None:
    (folder / "problems.jsonl").write_text(
        (folder / "problems.jsonl").read_text().replace("f(7) == 14", "f(7) == 15", 1)
    )
    parent = made(folder)
    asked = CandidateSettings(
        source="transformers", model="micro", n=4, max_tokens=24, temperature=1.0, prompt="statement-1"
    )
    found = next_round(parent, asked, 1, pool="add", home=folder / "dualsets").version
    assert found.manifest["content"]["parents"] == [parent.revision]
    tests = [{**row, "chosen": None} for row in found.rows("generated_tests")]
    assert tests == [{**row, "chosen": None} for row in parent.rows("generated_tests")]
    assert found.consensus == "consensus:codet"
    assert labels(found)[RIGHT]["passed"]
    truths = {row["problem_id"]: row["truth"] for row in found.rows("labels")}
    assert truths["both"] is None  # its reference fails its tests
    assert truths["mute"] is not None
