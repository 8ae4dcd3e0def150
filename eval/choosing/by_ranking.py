"""Choosing by a model's ranking: it ranks N samples, its own or another's, and the first of its order counts.

In: a judge, problems with their attempts. Out: for each problem the share of its sets whose chosen program passes. The
samples that have code are shown in sampling order, repeats included. Where all samples of a set pass, or all fail, the
choice changes nothing, so nothing is asked. A malformed ranking counts as a blind choice among all samples of the set.
"""

from dualset.builders.progress import Progress
from dualset.eval import metrics
from dualset.eval.asking import Question, Ranked, questions_of, rank_all
from dualset.eval.choosing.sets import SampleSet, blind, sets_of
from dualset.eval.names import VALID_CHOICES, best_of
from dualset.eval.pool import Pool
from dualset.eval.respondent import Respondent
from dualset.eval.scores import Measured, Scores, by_problem
from dualset.eval.settings import EvalSettings
from dualset.eval.writing import Attempts

__all__ = ["choose_by_ranking", "score_set"]


def choose_by_ranking(
    judge: Respondent, pool: Pool, attempts: Attempts, settings: EvalSettings, progress: Progress, stage: str
) -> Measured:
    """Best-of-N by a judge's ranking, and the share of valid rankings where any was asked for."""
    sets = sets_of(attempts, settings.best_of)
    asking = [i for i, each in enumerate(sets) if each.asks]
    questions = [_question(sets[i], pool, settings) for i in asking]
    ranked = rank_all(judge, questions, repeats=1, seed=settings.seed, progress=progress, stage=stage)
    orders = {i: each for i, [each] in zip(asking, ranked, strict=True)}
    metric = best_of(settings.best_of)
    return Measured(
        model=by_problem(
            (each.problem_id, each.repeat, score_set(each, orders.get(i), metric)) for i, each in enumerate(sets)
        ),
        chance=blind(sets, metric),
    )


def _question(asked: SampleSet, pool: Pool, settings: EvalSettings) -> Question:
    codes = [asked.attempts[i].code or "" for i in asked.shown]
    statement = pool.problems[asked.problem_id].statement
    name = f"{asked.problem_id} {asked.nth}"
    return questions_of(name, statement, codes, pool.prompt, settings.orders, settings.seed)


def score_set(chosen_from: SampleSet, ranked: Ranked | None, metric: str) -> Scores:
    """What choosing by this ranking scores; None: none was asked for."""
    correct, shown = chosen_from.correct, chosen_from.shown
    if not chosen_from.asks:  # nothing to decide: all alike, or one program alone has code
        return {metric: float(correct[shown[0]]) if shown else 0.0}
    if ranked is None or ranked.order is None:
        return {metric: metrics.random_best_of_n(correct), VALID_CHOICES: 0.0}
    return {metric: metrics.best_of_n(ranked.order, [correct[i] for i in shown]), VALID_CHOICES: ranked.valid}
