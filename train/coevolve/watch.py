"""How it stands with the truth, for the log alone: nothing here decides a reward.

In: what was written, the consensus, whether programs pass the problem's own tests, and whether a reference passes the
tests that were written. Out: figures of one problem; None where a share has nothing to be a share of.
"""

from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import NamedTuple

from dualset.train.coevolve.consensus import Agreed
from dualset.train.coevolve.written import Written

__all__ = ["Truth", "mean", "truth_of"]


class Truth(NamedTuple):
    """One problem, in truth.

    Attributes:
        passed: the share of the coder's answers that pass the problem's own tests (pass@1); no program is a failure.
            None: it has no tests.
        test_accuracy: the share of the tester's answers that are a test which the reference passes; no test is a
            failure. None: no reference.
        noise: 1 - the share of right programs among the selected (selection noise). None: nothing was selected.
    """

    passed: float | None
    test_accuracy: float | None
    noise: float | None


def truth_of(
    said: Written,
    agreed: Agreed,
    right: Mapping[str, bool | None] | None,
    reference: Mapping[str, bool | None] | None,
) -> Truth:
    """The figures of one problem.

    Args:
        said: what was written.
        agreed: the consensus.
        right: by code, whether it passes the problem's own tests, where unknown is on neither side; None: it has none.
        reference: by test_id, whether the reference passes it; None: there is no reference.
    """
    programs = [None if right is None else False if code is None else right[code] for code in said.programs]
    tests = None if reference is None else [test is not None and reference[test.test_id] for test in said.tests]
    selected = mean(programs[i] for i in agreed.programs) if agreed.programs else None
    return Truth(
        passed=mean(programs),
        test_accuracy=None if tests is None else mean(tests),
        noise=None if selected is None else 1 - selected,
    )


def mean(values: Iterable[float | None]) -> float | None:
    """Of those that are known; None where none is."""
    known = [float(value) for value in values if value is not None]
    return fmean(known) if known else None
