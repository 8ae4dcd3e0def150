"""DyB4 (ZeroCoder, arXiv 2604.07864): B4 whose priors follow a few problems with known verdicts.

In: some ten pass matrices whose programs' verdicts are known. Out: a selector with the cell (b, a) of a grid under
which the selected programs are right most often. What is compared are exact fractions; ties between cells are common,
and the cell nearest to where the search starts, (4, 3), wins. Calibrate again as the programs and tests change (the
paper does so at each training step). The paper does not state its grid; ours is a setting.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from dualset.builders.consensus.b4 import B4, Floats
from dualset.builders.consensus.matrix import Matrix
from dualset.builders.consensus.quality import correct_fraction
from dualset.builders.consensus.select import Ties, select
from dualset.builders.consensus.signatures import Counts
from dualset.builders.errors import DualsetError

__all__ = ["DyB4", "Grid", "Labelled"]


class Labelled(NamedTuple):
    """A pass matrix, and for each of its programs whether it is right; None: unknown, it counts on neither side."""

    matrix: Matrix
    correct_N: Sequence[bool | None]


class Grid(NamedTuple):
    """The cells that are tried: every b with every a, decimal exponents as ``B4`` takes them."""

    b: tuple[float, ...]
    a: tuple[float, ...]


_GRID = Grid(b=(0, 1, 2, 3, 4, 5, 6, 7), a=(0, 1, 2, 3, 4, 5, 6))


@dataclass(frozen=True, kw_only=True, slots=True)
class DyB4:
    """B4 at the cell last calibrated; before that at the start.

    Attributes:
        grid: the cells that ``calibrate`` tries.
        start: the cell (b, a) used before, and nearest to which ties are decided.
        cell: the cell used now.
        weighted: count each program and test as often as it was sampled.
        exclude_zero_signature: never choose programs that pass no test.
        tied_cells: how many cells did as well as this one, itself included; 0 before it is calibrated.
    """

    grid: Grid = _GRID
    start: tuple[float, float] = (4, 3)
    cell: tuple[float, float] = (4, 3)
    weighted: bool = False
    exclude_zero_signature: bool = False
    tied_cells: int = 0

    @property
    def name(self) -> str:
        """As ``parse_selector`` reads it."""
        return "dyb4:weighted" if self.weighted else "dyb4"

    @property
    def current(self) -> B4:
        """The selector that it is now."""
        return self._at(*self.cell)

    def scores(self, counts: Counts) -> Floats:
        """For each row its log score under the current cell."""
        return self.current.scores(counts)

    def calibrate(self, labelled: Sequence[Labelled], ties: Ties = Ties.FIRST) -> "DyB4":
        """The selector at the best cell of the grid.

        Args:
            labelled: problems with known verdicts; the paper uses 10. One whose selected programs are all unknown
                counts for nothing.
            ties: how tied signatures are decided, as in the selections that it is calibrated for.

        Raises:
            DualsetError: no problem, an empty grid, or verdicts that do not fit a matrix.
        """
        if not labelled or not self.grid.b or not self.grid.a:
            what = "a labelled problem" if not labelled else "a grid with a cell"
            msg = f"DyB4 cannot be calibrated without {what}: the paper uses 10 problems"
            raise DualsetError(msg)
        right = {(b, a): self._right(b, a, labelled, ties) for b in self.grid.b for a in self.grid.a}
        most = max(right.values())
        tied = [cell for cell, share in right.items() if share == most]
        nearest = min(tied, key=lambda cell: (_distance(cell, self.start), cell))
        return replace(self, cell=nearest, tied_cells=len(tied))

    def _at(self, b: float, a: float) -> B4:
        return B4(b=b, a=a, weighted=self.weighted, exclude_zero_signature=self.exclude_zero_signature)

    def _right(self, b: float, a: float, labelled: Sequence[Labelled], ties: Ties) -> Fraction:
        """Problems solved under this cell: of each the share of the selected programs that are right."""
        total = Fraction(0)
        for matrix, correct_N in labelled:
            chosen = select(self._at(b, a), matrix, ties)
            total += correct_fraction(chosen.rows, correct_N, self._counts(matrix)) or 0
        return total

    def _counts(self, matrix: Matrix) -> Sequence[int] | None:
        return matrix.row_counts_N.tolist() if self.weighted else None


def _distance(cell: tuple[float, float], start: tuple[float, float]) -> float:
    return (cell[0] - start[0]) ** 2 + (cell[1] - start[1]) ** 2
