"""Judging: a model ranks sets of programs, and each ranking is measured against the labels.

In: a policy and ranking prompts. Out: an order for each, or None where it is malformed. `score_groups` measures the
rankings of a version's groups: one **fixed pool** of mixed sets, the same for every model, so that judging is not mixed
with writing.

**What a malformed ranking counts as:** a random order, by its expected value. A system that cannot read the ranking
has to choose blindly, so a model that never answers properly scores the random baseline, neither better nor worse; the
share of valid rankings is reported beside. (In training it earns -1: there it must not pay.)
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dualset.builders.progress import Progress
from dualset.eval import metrics
from dualset.eval.asking import Question, Ranked, Shown, questions_of, rank_all
from dualset.eval.pool import Pool
from dualset.eval.position import PositionBias, position_bias
from dualset.eval.respondent import Respondent
from dualset.eval.scores import Measured, Scores, by_problem
from dualset.eval.settings import EvalSettings

__all__ = ["Judged", "judge", "score_groups"]


class Judged(NamedTuple):
    """The scores, and whether the judge likes some place of the list."""

    measured: Measured
    bias: PositionBias | None


def judge(asked: Respondent, pool: Pool, settings: EvalSettings, progress: Progress, stage: str) -> Judged:
    """NDCG, pairwise accuracy, top-1 and the share of valid rankings on the pool's mixed groups."""
    questions = [_question(group, pool, settings) for group in pool.groups]
    ranked = rank_all(asked, questions, repeats=settings.repeats, seed=settings.seed, progress=progress, stage=stage)
    answered = (
        (answer, [group["correct"][i] for i in shown.places])
        for group, question, repeats in zip(pool.groups, questions, ranked, strict=True)
        for each in repeats
        for shown, answer in zip(question.shown, each.answers, strict=True)
    )
    return Judged(score_groups(pool.groups, ranked), position_bias(answered))


def _question(group: Mapping[str, Any], pool: Pool, settings: EvalSettings) -> Question:
    """The group as the version shows it, and shown in other orders."""
    given = Shown(tuple(group["prompt"]), tuple(range(len(group["correct"]))))
    if settings.orders == 1:
        return Question(group["group_id"], (given,))
    codes = [pool.codes[program] for program in group["program_ids"]]
    statement = pool.problems[group["problem_id"]].statement
    drawn = questions_of(group["group_id"], statement, codes, pool.prompt, settings.orders, settings.seed)
    return Question(drawn.name, (given, *drawn.shown[1:]))


def score_groups(groups: Sequence[Mapping[str, Any]], ranked: Sequence[Sequence[Ranked]]) -> Measured:
    """Means over each problem's groups and repeats."""
    pairs = [(group, each) for group, repeats in zip(groups, ranked, strict=True) for each in repeats]
    return Measured(
        model=by_problem((group["problem_id"], _scores(each, group["correct"])) for group, each in pairs),
        chance=by_problem((group["problem_id"], _random(group["correct"])) for group in groups),
    )


def _scores(ranked: Ranked, correct: Sequence[bool]) -> Scores:
    if ranked.order is None:
        return {**_random(correct), "valid_rankings": ranked.valid}
    return {
        "ndcg": metrics.ndcg(ranked.order, correct),
        "pairwise_accuracy": metrics.pairwise_accuracy(ranked.order, correct),
        "top1": metrics.top1(ranked.order, correct),
        "valid_rankings": ranked.valid,
    }


def _random(correct: Sequence[bool]) -> Scores:
    return {
        "ndcg": metrics.random_ndcg(correct),
        "pairwise_accuracy": metrics.random_pairwise_accuracy(),
        "top1": metrics.random_top1(correct),
    }
