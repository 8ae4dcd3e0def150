"""Choosing by what programs do on tests that a statement shows: the selectors' words, majority, blindness."""

import json
from pathlib import Path

import pytest

from dualset.builders.build import build
from dualset.builders.dataset.words import Outcome
from dualset.builders.errors import RecipeError
from dualset.builders.execution.observe import Observed
from dualset.builders.recipe import load_recipe
from dualset.eval.choosing.by_tests import chosen_by
from dualset.eval.report import report
from dualset.eval.settings import EvalSettings
from dualset.eval.stored import evaluate_stored
from dualset.eval.table import table

RIGHT = "print(int(input()) * 2)"
FOUR = "print(4)"  # right on the shown test 2 -> 4 alone
FIVE, FIVE_TOO, SIX = "print(5)", "print( 5 )", "print(6)"
RAISES = "raise SystemExit(1)"


def did(*answers: str) -> Observed:
    """``+x`` passes answering x, ``-x`` fails answering x, ``!`` raises, ``?`` is unknown."""
    kinds = {"+": Outcome.PASS, "-": Outcome.WRONG_ANSWER, "!": Outcome.RUNTIME_ERROR, "?": Outcome.INFRA_ERROR}
    return Observed("p", tuple(kinds[each[0]] for each in answers), tuple(each[1:] or None for each in answers))


def test_majority_is_the_largest_class_of_equal_answers_whether_right_or_wrong() -> None:
    seen = [did("+a", "+b"), did("-x", "-y"), did("-x", "-y"), did("-x", "+b")]
    assert chosen_by("majority", seen, (1, 1)) == [1, 2]
    assert chosen_by("majority", [did("+a"), did("-x")], (1,)) == [0, 1]


def test_programs_that_never_answer_agree_on_nothing() -> None:
    assert chosen_by("majority", [did("!", "!"), did("!", "!"), did("+a", "!")], (1, 1)) == [2]
    assert chosen_by("majority", [did("!"), did("!")], (1,)) == [0, 1]


def test_where_the_tests_code_alone_knows_the_answer_passing_stands_for_it() -> None:
    assert chosen_by("majority", [did("+"), did("+"), did("-")], (1,)) == [0, 1]


def test_most_passed_tests_and_the_best_consensus_may_differ() -> None:
    seen = [did("+a", "+b", "+c"), *[did("+a", "+b", "-x")] * 3]
    assert chosen_by("maxpass", seen, (1, 1, 1)) == [0]
    assert chosen_by("codet", seen, (1, 1, 1)) == [1, 2, 3]  # 3 programs x 2² tests against 1 x 3²


def test_tests_that_were_written_more_often_weigh_more() -> None:
    seen = [did("+a", "-x"), did("-x", "+b")]
    assert chosen_by("codet", seen, (1, 5)) == [0, 1]
    assert chosen_by("codet:weighted", seen, (1, 5)) == [1]


def test_a_test_that_broke_the_sandbox_is_left_out() -> None:
    assert chosen_by("maxpass", [did("+a", "?"), did("-x", "?")], (1, 1)) == [0]
    assert chosen_by("maxpass", [did("?"), did("?")], (1,)) == [0, 1]


@pytest.mark.parametrize(
    ("way", "said"),
    [("coder", "unknown selector 'coder'"), ("reward:", "names no model"), ("dyb4", "name b4"), ("b4(x)", "exponents")],
)
def test_what_is_no_way_is_one_line(way: str, said: str) -> None:
    with pytest.raises(RecipeError, match="choose-by") as raised:
        EvalSettings(choose_by=(way,))
    assert said in str(raised.value)


@pytest.fixture(scope="module")
def doubles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two problems with a shown and a hidden test, one without a shown test; four samples each."""
    folder = tmp_path_factory.mktemp("doubles")
    shown = {"input": "2", "expected": "4", "visibility": "public"}
    hidden = {"input": "7", "expected": "14", "visibility": "private"}
    tests = {"both": [shown, hidden], "also": [shown, hidden], "mute": [hidden]}
    codes = {
        "both": [RIGHT, FOUR, FIVE, SIX],
        "also": [RIGHT, FIVE, FIVE_TOO, SIX],
        "mute": [RIGHT, RAISES, FIVE, SIX],
    }
    with (folder / "problems.jsonl").open("w") as file:
        for name, its in tests.items():
            row = {"problem_id": name, "statement": f"Double it ({name}).", "style": "stdio", "tests": its}
            file.write(json.dumps(row) + "\n")
    with (folder / "samples.jsonl").open("w") as file:
        for name, each in codes.items():
            for i, code in enumerate(each):
                file.write(json.dumps({"problem_id": name, "code": code, "sample_index": i}) + "\n")
    (folder / "recipe.yaml").write_text(
        "name: doubles\n"
        "problems: {source: jsonl, path: problems.jsonl}\n"
        "candidates: {source: samples, format: jsonl, path: samples.jsonl}\n"
        "groups: {size: 4}\n"
    )
    return build(load_recipe(folder / "recipe.yaml"), home=folder / "dualsets").version.path


def test_each_way_chooses_among_stored_attempts(doubles: Path) -> None:
    settings = EvalSettings(split="all", choose_by=("maxpass", "majority", "codet"), resamples=50)
    told = report(evaluate_stored(str(doubles), settings))
    [model] = told["models"]
    scores = model["by_problem"]
    assert {name: each["best_of_4_by_maxpass"] for name, each in scores.items()} == {
        "both": 0.5,  # the right one and the one that prints 4 pass the shown test
        "also": 1.0,
        "mute": 0.25,  # no test is shown: a blind choice
    }
    assert {name: each["best_of_4_by_majority"] for name, each in scores.items()} == {
        "both": 0.5,  # both answer 4
        "also": 0.0,  # two print 5
        "mute": 0.25,
    }
    assert scores["both"]["best_of_4_by_codet"] == 0.5
    assert model["metrics"]["best_of_4_by_maxpass"]["chance"] == model["metrics"]["pass@1"]["value"] == 0.25
    assert told["problems_with_tests_to_choose_by"] == 2
    text = table(told)
    assert "2 of 3 problems have tests to choose by (public)" in text
    assert "best_of_4_by_maxpass" in table(told, as_markdown=True)


def test_where_no_statement_shows_a_test_one_line_says_so(small_version: Path) -> None:
    with pytest.raises(RecipeError, match="none of these problems shows a test"):
        evaluate_stored(str(small_version), EvalSettings(split="all", choose_by=("maxpass",)))


def test_sets_of_another_size(doubles: Path) -> None:
    told = report(evaluate_stored(str(doubles), EvalSettings(split="all", best_of=2, choose_by=("maxpass",))))
    scores = told["models"][0]["by_problem"]["also"]
    assert scores["best_of_2_by_maxpass"] == 0.5  # of the first two the right one, of the other two none is
    assert "pass@2" in scores
