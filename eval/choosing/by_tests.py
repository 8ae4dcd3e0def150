"""Choosing by tests: programs that pass most (MaxPass), agree best with tests (CodeT, B4), or answer alike (majority).

In: attempts at problems and, for each problem, tests to choose by, which may be wrong: those that a statement shows, or
generated ones. Out: for each problem and way the share of chosen programs that pass, a mean over sets; samples that
score the same are chosen with equal right. Where there is no test to choose by, the choice is blind. Every distinct
program is run once on these tests, whatever the number of ways. Left out: the problem's own verdict, which decides
nothing here.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from dualset.builders.consensus.matrix import Matrix, known_part
from dualset.builders.consensus.parse import parse_selector
from dualset.builders.consensus.select import Ties, select
from dualset.builders.dataset.records import program_id_of
from dualset.builders.dataset.words import Outcome
from dualset.builders.execution.crew import Program
from dualset.builders.execution.ladder import Sandbox
from dualset.builders.execution.observe import Observed, observe_programs
from dualset.builders.progress import Progress
from dualset.eval import metrics
from dualset.eval.choosing.sets import SampleSet, blind, passing_share, sets_of
from dualset.eval.choosing.tests import Tests
from dualset.eval.choosing.ways import MAJORITY
from dualset.eval.names import best_of
from dualset.eval.pool import Pool
from dualset.eval.scores import Measured, by_problem, joined
from dualset.eval.settings import EvalSettings
from dualset.eval.writing import Attempts

__all__ = ["choose_by_tests", "chosen_by"]


def choose_by_tests(
    ways: Sequence[str],
    attempts: Attempts,
    tests: Mapping[str, Tests],
    pool: Pool,
    settings: EvalSettings,
    sandbox: Sandbox,
    progress: Progress,
    stage: str,
) -> Measured:
    """Best-of-N by each way.

    Raises:
        ExecutionError: a test that cannot be read.
    """
    sets = sets_of(attempts, settings.best_of)
    seen = _observed(
        [each for each in sets if each.asks], tests, pool, sandbox, progress, stage, answers=MAJORITY in ways
    )
    parts = []
    for way in ways:
        metric = best_of(settings.best_of, way)
        scored = ((each, _share(way, each, tests.get(each.problem_id), seen)) for each in sets)
        parts.append(
            Measured(
                model=by_problem((each.problem_id, each.repeat, {metric: share}) for each, share in scored),
                chance=blind(sets, metric),
            )
        )
    return joined(parts)


def _observed(
    sets: Sequence[SampleSet],
    tests: Mapping[str, Tests],
    pool: Pool,
    sandbox: Sandbox,
    progress: Progress,
    stage: str,
    *,
    answers: bool,
) -> dict[str, Observed]:
    """What each distinct program does on the tests to choose by: what the version says of it, else by running it."""
    known = {} if answers else {name: seen for found in tests.values() for name, seen in found.known.items()}
    wanted = {
        program_id_of(each.problem_id, attempt.code): Program(
            each.problem_id, program_id_of(each.problem_id, attempt.code), attempt.code
        )
        for each in sets
        if each.problem_id in tests
        for attempt in each.attempts
        if attempt.code is not None and program_id_of(each.problem_id, attempt.code) not in known
    }
    problems = {name: replace(pool.problems[name], tests=found.tests) for name, found in tests.items()}
    limits = replace(pool.labels, early_stop=False)  # a test that was not run says nothing
    ran = observe_programs(problems, list(wanted.values()), limits, sandbox=sandbox, progress=progress, stage=stage)
    return {**known, **{each.program_id: each for each in ran}}


def _share(way: str, chosen_from: SampleSet, tests: Tests | None, seen: Mapping[str, Observed]) -> float:
    if not chosen_from.asks:
        return passing_share(chosen_from, chosen_from.shown)
    if tests is None:
        return metrics.random_best_of_n(chosen_from.correct)
    shown = chosen_from.shown
    did = [seen[program_id_of(chosen_from.problem_id, chosen_from.attempts[i].code or "")] for i in shown]
    return passing_share(chosen_from, [shown[row] for row in chosen_by(way, did, tests.counts)])


def chosen_by(way: str, observed: Sequence[Observed], counts: Sequence[int]) -> list[int]:
    """The positions that a way chooses, in order; all of them where it tells none apart.

    Args:
        way: ``majority`` or a selector.
        observed: a sample each, repeats included, on the same tests.
        counts: how often each test was written.
    """
    everybody = list(range(len(observed)))
    known = known_part([[outcome == Outcome.INFRA_ERROR for outcome in each.outcomes] for each in observed])
    if not known.rows or not known.columns:
        return everybody
    if way == MAJORITY:
        return _majority([observed[i] for i in known.rows], known.rows, known.columns)
    cells = np.array([[observed[i].outcomes[j] == Outcome.PASS for j in known.columns] for i in known.rows])
    matrix = Matrix.of(cells, column_counts=[counts[j] for j in known.columns])
    found = select(parse_selector(way), matrix, ties=Ties.MERGE)
    return [known.rows[row] for row in found.rows] or everybody


def _majority(observed: Sequence[Observed], rows: Sequence[int], columns: Sequence[int]) -> list[int]:
    """Those of the largest class of equal answers to all tests; one that never answers is in no class.

    Where a test's code alone knows the answer, whether it passes stands for it.
    """
    classes: dict[tuple[str, ...], list[int]] = {}
    for row, each in zip(rows, observed, strict=True):
        said = tuple(each.answers[j] or str(each.outcomes[j]) for j in columns)
        if any(each.answers[j] is not None or each.outcomes[j] == Outcome.PASS for j in columns):
            classes.setdefault(said, []).append(row)
    most = max(Counter({said: len(members) for said, members in classes.items()}).values(), default=0)
    largest = [row for members in classes.values() if len(members) == most for row in members]
    return sorted(largest) or list(rows)
