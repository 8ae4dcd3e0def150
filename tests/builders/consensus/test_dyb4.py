"""Names of selectors, DyB4's calibration, and the quality of a selection."""

from collections.abc import Sequence

import numpy as np
import pytest

from dualset.builders.consensus.b4 import B4
from dualset.builders.consensus.codet import CodeT
from dualset.builders.consensus.dyb4 import DyB4, Grid, Labelled
from dualset.builders.consensus.matrix import Matrix
from dualset.builders.consensus.maxpass import MaxPass
from dualset.builders.consensus.parse import SELECTORS, parse_selector
from dualset.builders.consensus.quality import expected_correct, selection_noise
from dualset.builders.consensus.select import Selector, select
from dualset.builders.errors import DualsetError, RecipeError

CRASHED = Matrix.of([[1, 1, 0, 0]] + [[0, 0, 0, 0]] * 7)
"""B4(0,1) chooses the seven that pass nothing, B4(4,1) the one that passes."""


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        ("maxpass", MaxPass()),
        ("codet", CodeT()),
        ("CodeT:weighted", CodeT(weighted=True)),
        ("b4", B4(b=4, a=3)),
        (" b4( 5, 3 ) ", B4(b=5, a=3)),
        ("b4(4.5,3):weighted", B4(b=4.5, a=3, weighted=True)),
        ("dyb4", DyB4()),
    ],
)
def test_a_selector_is_read_from_its_name_and_says_the_same_name(text: str, selector: Selector) -> None:
    assert parse_selector(text) == selector
    assert parse_selector(selector.name) == selector
    assert parse_selector(text, exclude_zero_signature=True).exclude_zero_signature


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("code-t", "unknown selector 'code-t': did you mean 'codet'"),
        ("", "known: b4, codet, dyb4, maxpass"),
        ("b4(4,3", r"unknown selector 'b4\(4,3': .*for example b4\(4,3\)"),
        ("b4(4)", r"two decimal exponents, for example b4\(4,3\)"),
        ("b4(4,3,2)", "two decimal exponents"),
        ("b4(x,3)", "two decimal exponents"),
        ("b4(10000,1000)", "b is a decimal exponent from 0 to 9, not 10000: 4 is 10,000"),
        ("b4(4,nan)", "a is a decimal exponent from 0 to 9, not nan"),
        ("codet(4,3)", "codet takes no arguments"),
        ("codet:wieghted", "did you mean 'weighted'"),
    ],
)
def test_a_name_that_is_not_understood_says_what_was_meant(text: str, message: str) -> None:
    with pytest.raises(DualsetError, match=message):
        parse_selector(text)


def test_the_default_name_of_every_selector_is_listed() -> None:
    assert {parse_selector(name).name.partition("(")[0] for name in SELECTORS} == set(SELECTORS)
    with pytest.raises(RecipeError):
        parse_selector("random")


def labelled(*correct: bool | None) -> Labelled:
    return Labelled(CRASHED, correct)


def test_before_it_is_calibrated_dyb4_is_b4_at_its_start() -> None:
    cells = Matrix.of(np.random.default_rng(0).random((8, 8)) < 0.5)
    assert select(DyB4(), cells) == select(B4(b=4, a=3), cells)
    assert select(DyB4(cell=(0, 3)), cells) == select(B4(b=0, a=3), cells)


def test_calibration_moves_to_the_cell_that_is_right_most_often() -> None:
    """Here the programs that pass nothing are the right ones, as where all tests are wrong."""
    grid = Grid(b=(0, 4), a=(1,))
    wrong_tests, right_tests = labelled(False, *[True] * 7), labelled(True, *[False] * 7)
    assert DyB4(grid=grid).calibrate([wrong_tests]).cell == (0, 1)
    assert DyB4(grid=grid).calibrate([right_tests]).cell == (4, 1)
    moved = DyB4(grid=grid).calibrate([wrong_tests, wrong_tests, right_tests])
    assert (moved.cell, moved.tied_cells) == ((0, 1), 1)
    assert moved.calibrate([right_tests]).cell == (4, 1)


def test_of_tied_cells_the_nearest_to_the_start_is_taken_then_the_smaller() -> None:
    everything = Labelled(Matrix.of([[1, 1], [1, 1]]), [True, True])
    assert DyB4().calibrate([everything]).cell == (4, 3)
    assert DyB4().calibrate([everything]).tied_cells == 56
    assert DyB4(grid=Grid(b=(1, 6), a=(2, 4))).calibrate([everything]).cell == (6, 2)
    assert DyB4(start=(0, 0)).calibrate([everything]).cell == (0, 0)


def test_unknown_verdicts_count_on_neither_side() -> None:
    grid = Grid(b=(0, 4), a=(1,))
    half_known = labelled(None, True, *[None] * 6)
    assert DyB4(grid=grid).calibrate([half_known]).cell == (0, 1)
    assert DyB4(grid=grid).calibrate([labelled(*[None] * 8)]).tied_cells == 2


@pytest.mark.parametrize(
    ("dyb4", "given", "message"),
    [
        (DyB4(), [], "without a labelled problem"),
        (DyB4(grid=Grid(b=(), a=(3,))), [labelled(*[True] * 8)], "without a grid with a cell"),
        (DyB4(grid=Grid(b=(12,), a=(3,))), [labelled(*[True] * 8)], "exponent from 0 to 9, not 12"),
        (DyB4(), [labelled(True)], "1 verdicts and 1 counts do not fit"),
    ],
)
def test_a_calibration_that_cannot_be_made_says_why(dyb4: DyB4, given: Sequence[Labelled], message: str) -> None:
    with pytest.raises(DualsetError, match=message):
        dyb4.calibrate(given)


def test_the_share_of_right_programs_among_the_selected_and_its_noise() -> None:
    matrix = Matrix.of([[1, 1], [1, 1], [1, 0], [1, 1]], row_counts=[1, 3, 9, 1])
    consensus = select(CodeT(), matrix)
    assert consensus.rows == (0, 1, 3)
    assert expected_correct(consensus, [True, False, True, True]) == pytest.approx(2 / 3)
    assert expected_correct(consensus, [True, False, True, True], [1, 3, 9, 1]) == pytest.approx(2 / 5)
    assert selection_noise(consensus, [True, False, True, True]) == pytest.approx(1 / 3)
    assert expected_correct(consensus, [True, None, True, False]) == 0.5
    assert expected_correct(consensus, [None] * 4) is None
    assert selection_noise(consensus, [None] * 4) is None
    with pytest.raises(DualsetError, match="do not fit"):
        expected_correct(consensus, [True])


def test_nothing_selected_has_no_share() -> None:
    nothing = select(CodeT(exclude_zero_signature=True), Matrix.of([[0, 0]]))
    assert expected_correct(nothing, [True]) is None
