"""The mutants of a program in units of work: those that share a process, and each of the others by itself.

In: a program, its mutants, and what they are asked. Out: units, which any worker may run in any order; of each, what
its mutants did on each test. Neither depends on how many workers there are.

In a shared process the program itself comes last: where it no longer passes what it passed alone, a mutant has left
something behind, and each of that process is run by itself. Those before one that broke off are run again for that.
"""

from collections.abc import Sequence
from itertools import pairwise

from dualset.builders.dataset.words import Outcome
from dualset.builders.execution.happened import Happened
from dualset.builders.execution.plan import Plan
from dualset.builders.execution.run import Worker

__all__ = ["run_unit", "units_of"]

_MOST = 16  # mutants that share a process


def units_of(codes: Sequence[str], asked: Plan, *, share: bool) -> list[Sequence[str]]:
    """All of a program's mutants, in their order, as few units as there can be, of about the same size.

    Args:
        codes: the mutants.
        asked: what each is asked; where that is nothing there is nothing to do.
        share: whether they may share a process; tests that need a judge never do.
    """
    if not asked.cases or not codes:
        return []
    n = -(-len(codes) // _MOST) if share and all(case.send is not None for case in asked.cases) else len(codes)
    return [codes[a:b] for a, b in pairwise(i * len(codes) // n for i in range(n + 1))]


def run_unit(worker: Worker, asked: Plan, original: str, codes: Sequence[str]) -> list[list[Outcome]]:
    """What each mutant does on each test that its program passes."""
    happened = _shared(worker, asked, original, codes) if len(codes) > 1 else _alone(worker, asked, codes)
    return [[each.outcome for each in row] for row in happened]


def _alone(worker: Worker, asked: Plan, codes: Sequence[str]) -> list[list[Happened]]:
    return [worker.run(asked, code) for code in codes]


def _shared(worker: Worker, asked: Plan, original: str, codes: Sequence[str]) -> list[list[Happened]]:
    done: list[list[Happened]] = []
    while len(done) < len(codes):
        first, breaks = codes[len(done) :], codes[:0]
        ran = worker.run_together(asked, [*first, original])
        if len(ran) <= len(first):
            first, breaks = first[: len(ran)], first[len(ran) : len(ran) + 1]
            ran = worker.run_together(asked, [*first, original]) if first else []
        fine = len(ran) > len(first) and all(each.outcome == Outcome.PASS for each in ran[-1])
        done += ran[:-1] if fine else _alone(worker, asked, first)
        done += _alone(worker, asked, breaks)
    return done
