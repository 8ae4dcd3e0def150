"""Mutation scores: what share of a program's mutants a test, or all tests together, kill.

In: a ``Kills``. Out: shares from 0 to 1 over the mutants for which it is known. Null where the unmutated program does
not pass the test (a test that fails everything would look perfect: ungated, wrong tests score 0.85; ZeroCoder) and
where there is no mutant to tell. That a score is below 1 need not be the tests' fault: some mutants behave like their
program.
"""

from collections.abc import Collection, Iterable

from dualset.builders.mutation.kills import Kills

__all__ = ["suite_score", "test_scores"]


def test_scores(kills: Kills) -> tuple[float | None, ...]:
    """Each test's mutation score, in test order."""
    columns = ([row[t] for row in kills.killed] for t in range(len(kills.test_ids)))
    return tuple(_share(column) if own else None for own, column in zip(kills.passed, columns, strict=True))


test_scores.__test__ = False  # type: ignore[attr-defined]  # pytest: not a test


def suite_score(kills: Kills, test_ids: Collection[str] | None = None) -> float | None:
    """The mutation score of several tests together: a mutant is killed where one of them kills it.

    Tests that the unmutated program does not pass are no part of it. A mutant that no test is known to kill, and that
    some test leaves unknown, is not counted.

    Args:
        kills: who kills whom.
        test_ids: which tests; None: all.
    """
    chosen = [t for t, name in enumerate(kills.test_ids) if kills.passed[t] and (test_ids is None or name in test_ids)]
    return _share(_any(row[t] for t in chosen) for row in kills.killed) if chosen else None


def _any(cells: Iterable[bool | None]) -> bool | None:
    seen = set(cells)
    return True if True in seen else None if None in seen else False


def _share(cells: Iterable[bool | None]) -> float | None:
    known = [cell for cell in cells if cell is not None]
    return sum(known) / len(known) if known else None
