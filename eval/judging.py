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

from dualset.builders.candidates.generate import Policy, generate
from dualset.builders.candidates.sample import first_seed
from dualset.builders.dataset.records import Message
from dualset.builders.groups.ranking import parse_ranking
from dualset.builders.progress import Progress
from dualset.eval import metrics
from dualset.eval.pool import Pool
from dualset.eval.scores import Measured, Scores, by_problem
from dualset.eval.settings import EvalSettings

__all__ = ["Question", "judge", "rank_all", "score_groups"]


class Question(NamedTuple):
    """One ranking asked for: its prompt, how many programs it shows, and the seed of the answer."""

    chat: Sequence[Message]
    k: int
    seed: int

    @classmethod
    def of(cls, chat: Sequence[Message], k: int, seed: int, name: str) -> "Question":
        """The seed depends on the run's seed and on what is asked, not on what is asked beside it."""
        return cls(chat, k, first_seed(seed, f"rank {name}"))


def judge(policy: Policy, pool: Pool, settings: EvalSettings, progress: Progress) -> Measured:
    """NDCG, pairwise accuracy, top-1 and the share of valid rankings on the pool's mixed groups."""
    questions = [Question.of(g["prompt"], len(g["correct"]), settings.seed, g["group_id"]) for g in pool.groups]
    return score_groups(pool.groups, rank_all(policy, questions, settings, pool.max_tokens, progress))


def rank_all(
    policy: Policy, questions: Sequence[Question], settings: EvalSettings, max_tokens: int, progress: Progress
) -> list[list[int] | None]:
    """The model's order for each question; None where it is malformed, or the prompt does not fit the model."""
    fitting = [i for i, question in enumerate(questions) if _fits(policy, question.chat)]
    answers = generate(
        policy,
        [questions[i].chat for i in fitting],
        seeds=[questions[i].seed for i in fitting],
        temperature=settings.temperature,
        top_p=settings.top_p,
        top_k=settings.top_k,
        max_tokens=max_tokens,
        batch_size=settings.batch_size,
        progress=progress,
    )
    orders: list[list[int] | None] = [None] * len(questions)
    for i, answer in zip(fitting, answers, strict=True):
        orders[i] = parse_ranking(answer.text, questions[i].k)
    return orders


def score_groups(groups: Sequence[Mapping[str, Any]], orders: Sequence[list[int] | None]) -> Measured:
    """Means over each problem's groups."""
    ranked = zip(groups, orders, strict=True)
    return Measured(
        model=by_problem((group["problem_id"], _scores(order, group["correct"])) for group, order in ranked),
        chance=by_problem((group["problem_id"], _random(group["correct"])) for group in groups),
    )


def _scores(order: list[int] | None, correct: Sequence[bool]) -> Scores:
    if order is None:
        return {**_random(correct), "valid_rankings": 0.0}
    return {
        "ndcg": metrics.ndcg(order, correct),
        "pairwise_accuracy": metrics.pairwise_accuracy(order, correct),
        "top1": metrics.top1(order, correct),
        "valid_rankings": 1.0,
    }


def _random(correct: Sequence[bool]) -> Scores:
    return {
        "ndcg": metrics.random_ndcg(correct),
        "pairwise_accuracy": metrics.random_pairwise_accuracy(),
        "top1": metrics.random_top1(correct),
    }


def _fits(policy: Policy, chat: Sequence[Message]) -> bool:
    """Whether the prompt leaves room for an answer."""
    window = getattr(policy.model.config.get_text_config(), "max_position_embeddings", None)
    if window is None:
        return True
    text = policy.tokenizer.apply_chat_template(list(chat), tokenize=False, add_generation_prompt=True)
    return len(policy.tokenizer(text, add_special_tokens=False)["input_ids"]) < int(window)
