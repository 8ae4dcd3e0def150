"""Who agrees: the consensus of one problem's answers, from which both roles are rewarded.

In: what was written for a problem and who passes what. Out: `Agreed`: positions of answers. Every sample is a row of
the matrix and every test that was written a column, repeats too. An answer that is no program or no test, and one with
an unknown cell, is in no matrix.
"""

from typing import NamedTuple

import numpy as np

from dualset.builders.consensus.matrix import Matrix, known_part
from dualset.builders.consensus.rank_filter import keeps
from dualset.builders.consensus.select import Selector, Ties, select
from dualset.train.coevolve.bench import Passed
from dualset.train.coevolve.written import Written

__all__ = ["NOT_ASKED", "Agreed", "Sampled", "agree", "sampled"]


class Sampled(NamedTuple):
    """The matrix of the answers.

    Attributes:
        matrix: None where no program or no test is known.
        rows: which answer of the coder each row is.
        columns: which answer of the tester each column is.
    """

    matrix: Matrix | None
    rows: tuple[int, ...]
    columns: tuple[int, ...]


class Agreed(NamedTuple):
    """The consensus of one problem.

    Attributes:
        programs: answers of the coder that are of it, by position; None: nothing was decided.
        tests: answers of the tester that all of those pass.
        kept: whether the rank filter let the matrix through; None: nobody asked.
    """

    programs: frozenset[int] | None
    tests: frozenset[int]
    kept: bool | None


NOT_ASKED = Agreed(None, frozenset(), kept=None)
"""For ways to reward that look for no consensus."""


def sampled(said: Written, passed: Passed) -> Sampled:
    """The matrix of what was written."""
    programs = [(i, code) for i, code in enumerate(said.programs) if code is not None]
    tests = [(j, test.test_id) for j, test in enumerate(said.tests) if test is not None]
    if not programs or not tests:
        return Sampled(None, (), ())
    cells = [[passed[code][test_id] for _, test_id in tests] for _, code in programs]
    known = known_part([[cell is None for cell in row] for row in cells])
    if not known.rows or not known.columns:
        return Sampled(None, (), ())
    matrix = Matrix.of(np.array([[bool(cells[i][j]) for j in known.columns] for i in known.rows]))
    return Sampled(matrix, tuple(programs[i][0] for i in known.rows), tuple(tests[j][0] for j in known.columns))


def agree(of: Sampled, selector: Selector, ties: Ties, rank_above: int) -> Agreed:
    """Select.

    Args:
        of: the matrix.
        selector: scores signatures.
        ties: what is chosen of equals.
        rank_above: a matrix of at most this real rank decides nothing.
    """
    if of.matrix is None or not keeps(of.matrix, rank_above):
        return Agreed(None, frozenset(), kept=False)
    found = select(selector, of.matrix, ties)
    if not found.rows:
        return Agreed(None, frozenset(), kept=True)
    return Agreed(frozenset(of.rows[i] for i in found.rows), frozenset(of.columns[j] for j in found.columns), kept=True)
