"""Some of the named queries as Polars: functions of the same names and parameters that give the same rows.

In: the frames of a version (``frames.py``). Out: a ``LazyFrame`` in the query's order, nothing read before it is
collected. A start for questions of one's own that go on in Python. Left out: the other named queries, which are
SQL only (``queries/``)::

    from dualset.sql.expressions import never_solved
    from dualset.sql.frames import frames

    never_solved(frames("demo@v1"), split="train").collect()
"""

from dualset.sql.expressions.candidates import (
    cost_by_model,
    finish_reasons,
    outcomes_by_model,
    outcomes_by_problem,
    outcomes_by_round,
    pass_rate,
)
from dualset.sql.expressions.judges import judge_error_kinds, judge_position_bias
from dualset.sql.expressions.problems import diversity, group_yield, never_solved, split_leakage
from dualset.sql.expressions.programs import first_failures, flaky_programs, partial_credit, toothless_tests

__all__ = [
    "cost_by_model",
    "diversity",
    "finish_reasons",
    "first_failures",
    "flaky_programs",
    "group_yield",
    "judge_error_kinds",
    "judge_position_bias",
    "never_solved",
    "outcomes_by_model",
    "outcomes_by_problem",
    "outcomes_by_round",
    "partial_credit",
    "pass_rate",
    "split_leakage",
    "toothless_tests",
]
