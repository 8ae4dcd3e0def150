"""Matrices: what is refused, what leaves with unknown cells, the rank and the filter on it."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from brute_consensus import Cells, table, tables
from hypothesis import given
from hypothesis import strategies as st

from dualset.builders.consensus.b4 import B4, MOST_CELLS
from dualset.builders.consensus.codet import CodeT
from dualset.builders.consensus.matrix import MOST_SAMPLES, Matrix, known_part
from dualset.builders.consensus.rank_filter import keeps
from dualset.builders.consensus.select import select, select_many
from dualset.builders.errors import DualsetError


@pytest.mark.parametrize(
    ("cells", "given", "message"),
    [
        ([1, 0], {}, "two axes, programs x tests, not shape (2,)"),
        ([[1, 2]], {}, "0 and 1 alone"),
        ([[1, None]], {}, "0 and 1 alone"),
        ([[1.0, float("nan")]], {}, "0 and 1 alone"),
        ([[1, 0]], {"rows": ["a", "b"]}, "2 row names for 1 rows"),
        ([[1, 0]], {"columns": ["t", "t"]}, "two columns are named 't'"),
        ([[1, 0]], {"column_counts": [1]}, "column counts have shape (1,), the matrix needs (2,)"),
        ([[1, 0]], {"row_counts": [0]}, "whole numbers from 1 up, not 0"),
        ([[1, 0]], {"row_counts": [1.5]}, "whole numbers from 1 up, not float64"),
        ([[1, 0]], {"row_counts": [MOST_SAMPLES + 1]}, "add up to 1048577"),
    ],
)
def test_what_is_no_pass_matrix_is_refused_with_the_reason(cells: Any, given: dict[str, Any], message: str) -> None:
    with pytest.raises(DualsetError, match=message.replace("(", r"\(").replace(")", r"\)")):
        Matrix.of(cells, **given)


def test_a_matrix_does_not_change_with_the_array_it_was_made_from() -> None:
    cells = np.ones((2, 2), dtype=np.bool_)
    matrix = Matrix.of(cells)
    cells[:] = False
    assert matrix.passed_NM.all()
    with pytest.raises(ValueError, match="read-only"):
        matrix.passed_NM[0, 0] = False


def test_many_matrices_that_are_not_bool_of_three_axes_are_refused() -> None:
    with pytest.raises(DualsetError, match=r"not int64 \(1, 2, 2\)"):
        select_many(CodeT(), np.ones((1, 2, 2), dtype=np.int64))
    with pytest.raises(DualsetError, match=r"not bool \(2, 2\)"):
        select_many(CodeT(), np.ones((2, 2), dtype=np.bool_))


def test_codets_integers_are_exact_at_the_most_samples_allowed() -> None:
    half = MOST_SAMPLES // 2
    matrix = Matrix.of([[1, 0], [1, 1]], row_counts=[half, half - 1], column_counts=[half + 1, half - 1])
    consensus = select(CodeT(weighted=True), matrix)
    one, both = consensus.signatures
    assert one[1:] == (half, half + 1, (half - 1) * (half + 1), (half - 1) ** 2, half * (half + 1) ** 2)
    assert both[1:] == (half - 1, 2 * half, half * (half + 1), 0, (half - 1) * (2 * half) ** 2)
    assert (consensus.rows, consensus.tied) == ((1,), False)


def test_b4_says_so_where_its_tables_would_be_too_large() -> None:
    matrix = Matrix.of([[1, 0], [0, 1]], row_counts=[2000, 1000], column_counts=[1000, 1000])
    with pytest.raises(DualsetError, match=f"at most {MOST_CELLS} cells, here 6000000"):
        select(B4(weighted=True), matrix)
    assert select(B4(), matrix).rows


unknowns = st.integers(0, 5).flatmap(
    lambda m: st.lists(st.lists(st.booleans(), min_size=m, max_size=m), min_size=0, max_size=6).map(
        lambda rows: np.array(rows, dtype=np.bool_).reshape(len(rows), m)
    )
)


@given(unknowns)
def test_what_stays_holds_no_unknown_cell_and_what_leaves_is_counted(unknown: np.ndarray) -> None:
    known = known_part(unknown)
    assert not unknown[np.ix_(known.rows, known.columns)].any()
    assert (len(known.rows) + known.rows_left_out, len(known.columns) + known.columns_left_out) == unknown.shape
    if not unknown.any():
        assert known[2:] == (0, 0)


@pytest.mark.parametrize(
    ("where", "left"),
    [
        ((slice(None), 2), (3, 4, 0, 1)),  # a test that broke the sandbox for every program
        ((1, slice(None)), (2, 5, 1, 0)),  # a program that did on every test
        ((1, 3), (3, 4, 0, 1)),  # one cell: a third of its test's, a fifth of its program's
    ],
)
def test_the_test_or_the_program_that_is_unknown_the_most_leaves(where: Any, left: tuple[int, ...]) -> None:
    unknown = np.zeros((3, 5), dtype=np.bool_)
    unknown[where] = True
    rows, columns, rows_out, columns_out = known_part(unknown)
    assert (len(rows), len(columns), rows_out, columns_out) == left


def test_of_equal_shares_a_test_leaves_before_a_program_and_a_later_one_before_an_earlier() -> None:
    unknown = np.zeros((3, 3), dtype=np.bool_)
    unknown[0, 0] = unknown[1, 1] = True
    # the test 1 leaves; then two tests are left, and the program 0 is unknown on half, the test 0 to a third
    assert known_part(unknown) == ((1, 2), (0, 2), 1, 1)


@given(tables())
def test_the_rank_is_that_of_exact_elimination_and_the_filter_asks_whether_it_is_above(cells: Cells) -> None:
    matrix = Matrix.of(table(cells, len(cells[0])))
    rank = exact_rank(cells)
    assert matrix.rank == rank
    assert [keeps(matrix, above) for above in range(4)] == [rank > above for above in range(4)]
    assert keeps(matrix) == (rank > 2)


def test_the_rank_is_over_the_real_numbers_not_over_bits() -> None:
    """Over bits the third row is the sum of the others, and the rank is 2."""
    assert keeps(Matrix.of([[1, 1, 0], [0, 1, 1], [1, 0, 1]]))


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_an_empty_matrix_has_rank_0_and_is_not_kept(shape: tuple[int, int]) -> None:
    matrix = Matrix.of(np.zeros(shape))
    assert matrix.rank == 0
    assert not keeps(matrix, 0)


def test_a_negative_rank_is_refused() -> None:
    with pytest.raises(DualsetError, match="the paper uses 2"):
        keeps(Matrix.of([[1]]), -1)


def exact_rank(cells: Cells) -> int:
    rows = [[Fraction(int(cell)) for cell in row] for row in cells]
    rank = 0
    for column in range(len(cells[0])):
        pivot = next((row for row in rows[rank:] if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        rows.insert(rank, pivot)
        rank += 1
        for row in rows[rank:]:
            factor = row[column] / pivot[column]
            for j in range(len(row)):
                row[j] -= factor * pivot[j]
    return rank
