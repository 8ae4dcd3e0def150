"""Labels from no ground truth: the programs that agree best with generated tests are right, the others are wrong.

In: one problem's generated tests, and what its programs did on them. Out: its label rows as a consensus decides them,
its matrix, and which tests are of the consensus. A program with an unknown cell, or of a matrix that tells nothing (no
test, no program, a rank that the filter leaves out), has no label: null. Left out: running (``execution/``) and
comparing with the truth (``quality.py``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from dualset.builders.consensus.matrix import NOTHING, Matrix, known_part
from dualset.builders.consensus.rank_filter import keeps
from dualset.builders.consensus.select import Selector, Ties, select
from dualset.builders.dataset.records import MatrixRow, Test
from dualset.builders.dataset.words import Outcome

__all__ = ["Deciding", "Judged", "judge", "unpacked"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Deciding:
    """How a consensus decides.

    Attributes:
        source: what labels say of where they come from, such as ``consensus:b4(4,3)``.
        selector: scores signatures; None: nothing is decided, only the matrix is made.
        ties: what is chosen of equals.
        rank_above: a matrix of at most this real rank decides nothing.
    """

    source: str
    selector: Selector | None
    ties: Ties = Ties.FIRST
    rank_above: int = 0


class Judged(NamedTuple):
    """One problem.

    Attributes:
        labels: rows of the labels table, in the order given.
        matrix: None where there is no program or no test that is known.
        chosen: ids of the tests of the consensus; None: nothing was decided.
        filtered: whether the rank left it out.
    """

    labels: list[dict[str, Any]]
    matrix: MatrixRow | None
    chosen: frozenset[str] | None
    filtered: bool


def judge(
    problem_id: str,
    ran: Sequence[Mapping[str, Any]],
    tests: Sequence[Test],
    test_counts: Sequence[int],
    program_counts: Mapping[str, int],
    deciding: Deciding,
) -> Judged:
    """Decide one problem.

    Args:
        problem_id: the problem.
        ran: rows of the labels table: each program on ``tests``, in key order.
        tests: the generated tests.
        test_counts: how often each was written.
        program_counts: how many candidates each program stands for.
        deciding: how.
    """
    known = NOTHING
    if ran and tests:
        known = known_part([[outcome == Outcome.INFRA_ERROR for outcome in row["outcomes"]] for row in ran])
    if not known.rows or not known.columns:
        return Judged([_label(row, None, deciding) for row in ran], None, None, filtered=False)
    rows = [ran[i] for i in known.rows]
    matrix = Matrix.of(
        np.array([[row["outcomes"][j] == Outcome.PASS for j in known.columns] for row in rows]),
        rows=[row["program_id"] for row in rows],
        columns=[tests[j].test_id for j in known.columns],
        row_counts=[program_counts[row["program_id"]] for row in rows],
        column_counts=[test_counts[j] for j in known.columns],
    )
    rank = matrix.rank
    filtered = not keeps(matrix, deciding.rank_above)
    right, chosen, tied = None, None, None
    if deciding.selector is not None and not filtered:
        found = select(deciding.selector, matrix, deciding.ties)
        tied = found.tied
        if found.rows:
            right = {matrix.rows[i] for i in found.rows}
            chosen = frozenset(matrix.columns[i] for i in found.columns)
    verdicts = {name: None if right is None else name in right for name in matrix.rows}
    return Judged(
        labels=[_label(row, verdicts.get(row["program_id"]), deciding) for row in ran],
        matrix=MatrixRow(
            problem_id=problem_id,
            program_ids=matrix.rows,
            test_ids=matrix.columns,
            program_counts=tuple(matrix.row_counts_N.tolist()),
            test_counts=tuple(matrix.column_counts_M.tolist()),
            passed=np.packbits(matrix.passed_NM).tobytes().hex(),
            programs_unknown=known.rows_left_out,
            tests_unknown=known.columns_left_out,
            rank=rank,
            tied=tied,
        ),
        chosen=chosen,
        filtered=filtered,
    )


def _label(row: Mapping[str, Any], passed: bool | None, deciding: Deciding) -> dict[str, Any]:
    return {**row, "passed": passed, "label_source": deciding.source}


def unpacked(row: Mapping[str, Any]) -> Matrix:
    """The matrix of a row of the matrices table."""
    n, m = len(row["program_ids"]), len(row["test_ids"])
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(row["passed"]), dtype=np.uint8), count=n * m)
    return Matrix.of(
        bits.reshape(n, m).astype(np.bool_),
        rows=row["program_ids"],
        columns=row["test_ids"],
        row_counts=row["program_counts"],
        column_counts=row["test_counts"],
    )
