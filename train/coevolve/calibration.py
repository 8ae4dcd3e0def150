"""DyB4 in training: before a turn is rewarded, its cell is chosen anew on labelled problems that the model just tried.

In: what was written for the labelled problems, who passes what, and which of those programs are right. Out: the
selector of this turn.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dualset.builders.consensus.dyb4 import DyB4, Labelled
from dualset.builders.consensus.select import Ties
from dualset.train.coevolve.bench import Passed
from dualset.train.coevolve.consensus import sampled
from dualset.train.coevolve.written import Written

__all__ = ["Tried", "calibrated"]


class Tried(NamedTuple):
    """One labelled problem.

    Attributes:
        said: what was written.
        passed: who passes what, of that.
        right: by code, whether the program passes the problem's own tests.
    """

    said: Written
    passed: Passed
    right: Mapping[str, bool | None]


def calibrated(selector: DyB4, tried: Sequence[Tried], ties: Ties) -> DyB4:
    """The selector at the cell that would have selected best; as it was where no labelled problem has a matrix."""
    labelled: list[Labelled] = []
    for each in tried:
        of = sampled(each.said, each.passed)
        if of.matrix is not None:
            codes = [each.said.programs[i] for i in of.rows]
            labelled.append(Labelled(of.matrix, [None if code is None else each.right[code] for code in codes]))
    return selector.calibrate(labelled, ties) if labelled else selector
