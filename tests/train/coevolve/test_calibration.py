"""DyB4 in training: the cell under which the labelled problems would have been solved."""

import pytest

from dualset.builders.consensus.dyb4 import DyB4
from dualset.builders.consensus.select import Ties
from dualset.builders.dataset.records import Test
from dualset.train.coevolve.bench import Passed
from dualset.train.coevolve.calibration import Tried, calibrated
from dualset.train.coevolve.consensus import agree, sampled
from dualset.train.coevolve.written import Written

TESTS = tuple(Test(test_id=str(j), code=f"assert {j}") for j in range(8))


def tried(cells: list[str], right: str) -> Tried:
    """Rows of 0 and 1, a program each; ``right`` says which are."""
    codes = tuple(f"code {i}" for i in range(len(cells)))
    passed: Passed = {
        code: {test.test_id: cell == "1" for test, cell in zip(TESTS, row, strict=True)}
        for code, row in zip(codes, cells, strict=True)
    }
    known = {code: digit == "1" for code, digit in zip(codes, right, strict=True)}
    return Tried(Written("p", codes, TESTS), passed, known)


PULLED = ["00010011", "00010011", "01001101", "00000001", "01001000", "00010001", "00010101", "01000000"]
"""Half of the grid takes the two programs that agree, half the one that passes more."""


@pytest.mark.parametrize(("right", "wanted"), [("11000000", {0, 1}), ("00100000", {2})])
def test_the_cell_is_one_that_selects_right_on_the_labelled_problems(right: str, wanted: set[int]) -> None:
    each = tried(PULLED, right)
    found = calibrated(DyB4(exclude_zero_signature=True), [each] * 3, Ties.FIRST)
    assert agree(sampled(each.said, each.passed), found, Ties.FIRST, 0).programs == wanted


def test_without_a_matrix_it_stays_as_it_is() -> None:
    start = DyB4(cell=(5, 2))
    nothing = Tried(Written("p", (None,), (None,)), {}, {})
    assert calibrated(start, [nothing], Ties.FIRST) is start
