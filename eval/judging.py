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
from dualset.eval.rankings import Ranking
from dualset.eval.respondent import Respondent
from dualset.eval.scores import Measured, Scores, by_problem
from dualset.eval.settings import EvalSettings

__all__ = ["Judged", "judge", "score_groups"]


class Judged(NamedTuple):
    """The scores, whether the judge likes some place of the list, and every answer."""

    measured: Measured
    bias: PositionBias | None
    rankings: tuple[Ranking, ...]


def judge(asked: Respondent, pool: Pool, settings: EvalSettings, progress: Progress, stage: str) -> Judged:
    """NDCG, pairwise accuracy, top-1 and the share of valid rankings on the pool's mixed groups."""
    questions = [_question(group, pool, settings) for group in pool.groups]
    ranked = rank_all(asked, questions, repeats=settings.repeats, seed=settings.seed, progress=progress, stage=stage)
    rankings = tuple(
        _ranking(group, r, nth, shown, answer)
        for group, question, repeats in zip(pool.groups, questions, ranked, strict=True)
        for r, each in enumerate(repeats)
        for nth, (shown, answer) in enumerate(zip(question.shown, each.answers, strict=True))
    )
    answers = (answer for repeats in ranked for each in repeats for answer in each.answers)
    bias = position_bias((answer, told.correct) for answer, told in zip(answers, rankings, strict=True))
    return Judged(score_groups(pool.groups, ranked), bias, rankings)


def _ranking(group: Mapping[str, Any], repeat: int, nth: int, shown: Shown, answer: list[int] | None) -> Ranking:
    places = None
    if answer is not None:
        places = [answer.index(place) + 1 for place in range(len(answer))]
    return Ranking(
        group_id=group["group_id"],
        problem_id=group["problem_id"],
        repeat=repeat,
        order_index=nth,
        shown=[group["program_ids"][i] for i in shown.places],
        correct=[bool(group["correct"][i]) for i in shown.places],
        places=places,
    )


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
    """Means over each problem's groups, by repeat."""
    answered = [
        (group, r, each) for group, repeats in zip(groups, ranked, strict=True) for r, each in enumerate(repeats)
    ]
    return Measured(
        model=by_problem((group["problem_id"], r, _scores(each, group["correct"])) for group, r, each in answered),
        chance=by_problem((group["problem_id"], 0, _random(group["correct"])) for group in groups),
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
