"""Selectors against the papers' words in exact arithmetic, and the laws that any selector must keep."""

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import brute_consensus as brute
import numpy as np
import pytest
from brute_consensus import Cells, table, tables, weighted_tables
from hypothesis import given, settings
from hypothesis import strategies as st

from dualset.builders.consensus.b4 import B4
from dualset.builders.consensus.codet import CodeT
from dualset.builders.consensus.matrix import Matrix
from dualset.builders.consensus.maxpass import MaxPass
from dualset.builders.consensus.select import Consensus, Ties, select, select_many

Score = Callable[[brute.Integers], int | Fraction]
PAIRS: list[tuple[Any, Score]] = [
    (MaxPass(), brute.maxpass),
    (CodeT(), brute.codet),
    (B4(b=4, a=3), brute.b4(4, 3)),
    (B4(b=5, a=3), brute.b4(5, 3)),
    (B4(b=0, a=0), brute.b4(0, 0)),
    (B4(b=2, a=1), brute.b4(2, 1)),
]
SELECTORS = [pair[0] for pair in PAIRS]
every_pair = pytest.mark.parametrize(("selector", "score"), PAIRS, ids=[each.name for each in SELECTORS])
every_selector = pytest.mark.parametrize("selector", SELECTORS, ids=[each.name for each in SELECTORS])


def chosen(selector: Any, cells: Cells, ties: Ties = Ties.FIRST) -> Consensus:
    return select(selector, Matrix.of(table(cells, len(cells[0]))), ties)


@given(tables())
def test_the_integers_of_a_signature_are_what_counting_gives(cells: Cells) -> None:
    expected = brute.integers(cells)
    found = chosen(MaxPass(), cells).signatures
    assert {cells[each.rows[0]]: (each.y, each.x, each.s1, each.s0) for each in found} == {
        key: of[:4] for key, of in expected.items()
    }
    assert sorted(row for each in found for row in each.rows) == list(range(len(cells)))


@every_pair
@settings(max_examples=40)
@given(cells=tables(), no_zero=st.booleans())
def test_it_chooses_what_exact_arithmetic_chooses(selector: Any, score: Score, cells: Cells, no_zero: bool) -> None:
    selector = replace(selector, exclude_zero_signature=no_zero)
    best = brute.best_rows(cells, score, no_zero)
    merged, first = chosen(selector, cells, Ties.MERGE), chosen(selector, cells)
    assert set(merged.rows) == best
    assert set(first.rows) == ({i for i in best if cells[i] == cells[min(best)]} if best else set())
    assert first.tied == merged.tied == (len({cells[i] for i in best}) > 1)
    for each in (merged, first):
        assert each.columns == tuple(
            j for j in range(len(cells[0])) if each.rows and all(cells[i][j] for i in each.rows)
        )


@pytest.mark.parametrize(("b", "a"), [(4, 3), (5, 3), (0, 0), (6, 2)])
@settings(max_examples=40)
@given(cells=tables())
def test_b4s_log_score_is_the_logarithm_of_the_exact_one(b: int, a: int, cells: Cells) -> None:
    exact = brute.b4(b, a)
    for signature in chosen(B4(b=b, a=a), cells).signatures:
        score = exact(brute.integers(cells)[cells[signature.rows[0]]])
        logarithm = math.log(score.numerator) - math.log(score.denominator)
        assert signature.score == pytest.approx(logarithm, abs=1e-9, rel=1e-12)


def test_b4s_log_score_of_a_large_matrix_is_that_of_the_gamma_function() -> None:
    cells = np.random.default_rng(0).random((100, 500)) < 0.3

    def log_beta(p: float, q: float) -> float:
        return math.lgamma(p) + math.lgamma(q) - math.lgamma(p + q)

    for each in select(B4(), Matrix.of(cells)).signatures:
        n1, n0 = (100 - each.x) * each.y, (100 - each.x) * (500 - each.y)
        expected = log_beta(each.x + 1e3, 101 - each.x) + log_beta(each.y + 1e3, 501 - each.y)
        expected += log_beta(each.s1 + 1, n1 - each.s1 + 1) + log_beta(each.s0 + 1, n0 - each.s0 + 1e4)
        assert each.score == pytest.approx(expected, abs=1e-6)


@every_selector
@settings(max_examples=40)
@given(cells=tables(), data=st.data())
def test_the_order_of_programs_and_tests_changes_nothing_but_which_tie_is_first(
    selector: Any, cells: Cells, data: st.DataObject
) -> None:
    rows = data.draw(st.permutations(range(len(cells))))
    columns = data.draw(st.permutations(range(len(cells[0]))))
    moved = tuple(tuple(cells[i][j] for j in columns) for i in rows)
    before, after = chosen(selector, cells, Ties.MERGE), chosen(selector, moved, Ties.MERGE)
    assert {rows[i] for i in after.rows} == set(before.rows)
    assert {columns[j] for j in after.columns} == set(before.columns)
    assert after.tied == before.tied
    if not before.tied:
        assert {rows[i] for i in chosen(selector, moved).rows} == set(chosen(selector, cells).rows)


@every_pair
@settings(max_examples=40)
@given(given=weighted_tables(), ties=st.sampled_from(Ties))
def test_a_count_is_worth_as_much_as_repeating_the_program_or_test(
    selector: Any, score: Score, given: tuple[Cells, list[int], list[int]], ties: Ties
) -> None:
    cells, row_counts, column_counts = given
    matrix = Matrix.of(table(cells, len(cells[0])), row_counts=row_counts, column_counts=column_counts)
    long = brute.repeated(cells, row_counts, column_counts)
    at_once, repeated = select(replace(selector, weighted=True), matrix, ties), chosen(selector, long, ties)
    origin = [i for i, n in enumerate(row_counts) for _ in range(n)]
    assert {origin[i] for i in repeated.rows} == set(at_once.rows)
    assert {each[1:] for each in repeated.signatures} == {each[1:] for each in at_once.signatures}
    assert select(selector, matrix, ties) == chosen(selector, cells, ties)  # without weights the counts do nothing
    if ties == Ties.MERGE:
        assert set(repeated.rows) == brute.best_rows(long, score)


@every_selector
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ties", Ties)
@pytest.mark.parametrize("shape", [(40, 8, 8), (3, 30, 70), (2, 1, 5), (4, 3, 0), (2, 0, 3), (0, 4, 4)])
def test_many_at_once_are_what_each_is_alone(
    selector: Any, weighted: bool, ties: Ties, shape: tuple[int, int, int]
) -> None:
    random = np.random.default_rng(7)
    b, n, m = shape
    cells = random.random(shape) < random.random((b, 1, m))
    cells[:, n // 2 :] = cells[:, : n - n // 2]  # repeated rows
    rows, columns = random.integers(1, 5, (b, n)), random.integers(1, 5, (b, m))
    selector = replace(selector, weighted=weighted)
    many = select_many(selector, cells, row_counts=rows, column_counts=columns, ties=ties)
    assert many.rows_BN.shape == (b, n)
    assert many.columns_BM.shape == (b, m)
    for i in range(b):
        alone = select(selector, Matrix.of(cells[i], row_counts=rows[i], column_counts=columns[i]), ties)
        assert tuple(np.flatnonzero(many.rows_BN[i])) == alone.rows
        assert tuple(np.flatnonzero(many.columns_BM[i])) == alone.columns
        assert many.tied_B[i] == alone.tied
        assert [many.scores_BN[i, each.rows[0]] for each in alone.signatures] == [s.score for s in alone.signatures]


def test_more_matrices_than_are_worked_on_at_a_time_are_each_themselves() -> None:
    cells = np.random.default_rng(1).random((10_000, 8, 8)) < 0.3
    many = select_many(B4(), cells)
    for i in (0, 4095, 4096, 9_999):
        assert tuple(np.flatnonzero(many.rows_BN[i])) == select(B4(), Matrix.of(cells[i])).rows


@every_selector
def test_a_matrix_without_programs_has_nothing_to_choose(selector: Any) -> None:
    assert select(selector, Matrix.of(np.zeros((0, 3)))) == ((), (), False, ())


@every_selector
@pytest.mark.parametrize("no_zero", [False, True])
def test_without_tests_all_programs_agree_on_nothing(selector: Any, no_zero: bool) -> None:
    consensus = select(replace(selector, exclude_zero_signature=no_zero), Matrix.of(np.zeros((3, 0))))
    assert (consensus.rows, consensus.columns, consensus.tied) == (() if no_zero else (0, 1, 2), (), False)


@every_selector
def test_one_program_is_chosen_whatever_it_passes(selector: Any) -> None:
    assert chosen(selector, ((True, False),))[:3] == ((0,), (0,), False)
    assert chosen(selector, ((False, False),))[:3] == ((0,), (), False)


@every_selector
def test_programs_that_all_do_alike_are_all_chosen(selector: Any) -> None:
    assert chosen(selector, ((True, False, True),) * 4)[:3] == ((0, 1, 2, 3), (0, 2), False)


def test_codet_compares_squares_so_that_four_programs_on_one_test_tie_with_one_on_two() -> None:
    cells = ((False, True, True), *((True, False, False),) * 4)
    assert chosen(CodeT(), cells)[:3] == ((0,), (1, 2), True)
    assert chosen(CodeT(), cells, Ties.MERGE)[:3] == ((0, 1, 2, 3, 4), (), True)
    assert chosen(CodeT(), cells[::-1])[:3] == ((0, 1, 2, 3), (0,), True)


def test_codets_weights_let_the_programs_that_were_sampled_often_win() -> None:
    matrix = Matrix.of([[1, 0, 0], [0, 1, 1]], row_counts=[5, 1])
    assert select(CodeT(), matrix).rows == (1,)
    assert select(CodeT(weighted=True), matrix).rows == (0,)


def test_maxpass_takes_the_programs_with_the_most_tests_of_any_signature() -> None:
    cells = ((True, True, False), (False, True, True), (True, False, False))
    assert chosen(MaxPass(), cells)[:3] == ((0,), (0, 1), True)
    assert chosen(MaxPass(), cells, Ties.MERGE)[:3] == ((0, 1), (1,), True)


def test_where_most_programs_crash_b4_may_choose_those_that_pass_nothing_unless_it_is_told_not_to() -> None:
    cells = table(((True, True, False, False), *((False,) * 4,) * 7), 4)
    assert select(B4(b=0, a=3), Matrix.of(cells)).rows == tuple(range(1, 8))
    assert select(B4(b=0, a=3, exclude_zero_signature=True), Matrix.of(cells)).rows == (0,)
