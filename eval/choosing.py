"""Choosing: a model ranks samples, its own or another's, four at a time, and the first of its order counts (Best-of-4).

In: a judge, problems with their attempts. Out: for each problem the share of its sets of four whose chosen program
passes. The samples that have code are shown in sampling order, repeats included; one without code is never chosen.
Where all samples of a set pass, or all fail, the choice changes nothing, so nothing is asked. A malformed ranking
counts as a blind choice among all samples of the set; Best-of-4's random baseline is exactly that choice, pass@1.
"""

from collections.abc import Sequence
from typing import NamedTuple

from dualset.builders.progress import Progress
from dualset.eval import metrics
from dualset.eval.asking import Question, questions_of, rank_all
from dualset.eval.pool import Pool
from dualset.eval.respondent import Respondent
from dualset.eval.scores import Measured, Scores, by_problem
from dualset.eval.settings import BEST_OF, EvalSettings
from dualset.eval.writing import Attempt, Attempts

__all__ = ["SampleSet", "choose", "score_set", "sets_of"]


class SampleSet(NamedTuple):
    """Some attempts at one problem, all labelled."""

    problem_id: str
    nth: int
    attempts: tuple[Attempt, ...]

    @property
    def correct(self) -> list[bool]:
        """Which of them pass."""
        return [bool(attempt.passed) for attempt in self.attempts]

    @property
    def shown(self) -> list[int]:
        """The positions of those that have code."""
        return [i for i, attempt in enumerate(self.attempts) if attempt.code is not None]

    @property
    def asks(self) -> bool:
        """Whether the choice matters and there is one."""
        return 0 < sum(self.correct) < len(self.attempts) and len(self.shown) > 1


def choose(
    judge: Respondent, pool: Pool, attempts: Attempts, settings: EvalSettings, progress: Progress, stage: str
) -> Measured:
    """Best-of-4 by a judge's ranking, and the share of valid rankings where any was asked for."""
    sets = [each for problem_id, tried in attempts.items() for each in sets_of(problem_id, tried)]
    asking = [i for i, each in enumerate(sets) if each.asks]
    questions = [_question(sets[i], pool, settings) for i in asking]
    ranked = rank_all(judge, questions, repeats=1, seed=settings.seed, progress=progress, stage=stage)
    orders = {i: each.order for i, [each] in zip(asking, ranked, strict=True)}
    return Measured(
        model=by_problem((each.problem_id, score_set(each, orders.get(i))) for i, each in enumerate(sets)),
        chance=by_problem((each.problem_id, {"best_of_4": metrics.random_best_of_n(each.correct)}) for each in sets),
    )


def sets_of(problem_id: str, attempts: Sequence[Attempt]) -> list[SampleSet]:
    """Consecutive fours of the labelled attempts; a short rest is left out."""
    known = [attempt for attempt in attempts if attempt.passed is not None]
    starts = range(0, len(known) - BEST_OF + 1, BEST_OF)
    return [SampleSet(problem_id, i, tuple(known[start : start + BEST_OF])) for i, start in enumerate(starts)]


def _question(asked: SampleSet, pool: Pool, settings: EvalSettings) -> Question:
    codes = [asked.attempts[i].code or "" for i in asked.shown]
    statement = pool.problems[asked.problem_id].statement
    name = f"{asked.problem_id} {asked.nth}"
    return questions_of(name, statement, codes, pool.prompt, settings.orders, settings.seed)


def score_set(chosen_from: SampleSet, order: list[int] | None) -> Scores:
    """What choosing by this order scores; None: the ranking was malformed, or none was asked for."""
    correct, shown = chosen_from.correct, chosen_from.shown
    if not chosen_from.asks:  # nothing to decide: all alike, or one program alone has code
        return {"best_of_4": float(correct[shown[0]]) if shown else 0.0}
    if order is None:
        return {"best_of_4": metrics.random_best_of_n(correct), "valid_choices": 0.0}
    return {"best_of_4": metrics.best_of_n(order, [correct[i] for i in shown]), "valid_choices": 1.0}
