"""Rewards for ranking, in the shape that TRL's GRPO calls: one float a completion.

In: completions as chat messages, and the groups table's ``correct`` column, which TRL passes along. Out: the metric of
the ranking that each completion ends with; **-1** where that is malformed (DuST, arXiv 2605.11299), so that a shorter
or laxer answer never pays. A row whose labels are not mixed has nothing to rank: its reward is null, which TRL leaves
out.

Usable by name, without our trainer::

    trl grpo --config rank.yaml     # reward_funcs: [dualset.train.rewards.pairwise_accuracy]

Each reward also logs the three metrics on the valid rankings, what random orders of the same groups get
(``random/...``), the share of valid rankings and its own mean by the number of right candidates.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

from dualset.builders.dataset.records import Message
from dualset.builders.groups.ranking import parse_ranking, ranking_text
from dualset.eval import metrics

__all__ = ["MALFORMED", "REWARDS", "ndcg", "pairwise_accuracy", "selection"]

MALFORMED = -1.0
"""The reward of an answer that does not end with a permutation of the candidates."""

Metric = Callable[[Sequence[int], Sequence[bool]], float]
LogMetric = Callable[[str, float], None]
LogExtra = Callable[[str, list[Any]], None]

_METRICS: dict[str, Metric] = {
    "pairwise_accuracy": metrics.pairwise_accuracy,
    "ndcg": metrics.ndcg,
    "selection": metrics.top1,
}
_RANDOM: dict[str, Callable[[Sequence[bool]], float]] = {
    "pairwise_accuracy": lambda labels: metrics.random_pairwise_accuracy(),
    "ndcg": metrics.random_ndcg,
    "selection": metrics.random_top1,
}


def pairwise_accuracy(
    prompts: Sequence[Any],
    completions: Sequence[Sequence[Message]],
    *,
    correct: Sequence[Sequence[bool]],
    log_metric: LogMetric | None = None,
    log_extra: LogExtra | None = None,
    **columns: Any,
) -> list[float | None]:
    """The share of (right, wrong) pairs in the right order: DuST's reward."""
    return _score("pairwise_accuracy", completions, correct, log_metric, log_extra)


def ndcg(
    prompts: Sequence[Any],
    completions: Sequence[Sequence[Message]],
    *,
    correct: Sequence[Sequence[bool]],
    log_metric: LogMetric | None = None,
    log_extra: LogExtra | None = None,
    **columns: Any,
) -> list[float | None]:
    """NDCG with gain 1 for right: the top of the ranking counts more."""
    return _score("ndcg", completions, correct, log_metric, log_extra)


def selection(
    prompts: Sequence[Any],
    completions: Sequence[Sequence[Message]],
    *,
    correct: Sequence[Sequence[bool]],
    log_metric: LogMetric | None = None,
    log_extra: LogExtra | None = None,
    **columns: Any,
) -> list[float | None]:
    """1 where the first candidate is right, else 0."""
    return _score("selection", completions, correct, log_metric, log_extra)


REWARDS = {"pairwise_accuracy": pairwise_accuracy, "ndcg": ndcg, "selection": selection}
"""The rewards by name."""


def _score(
    name: str,
    completions: Sequence[Sequence[Message]],
    correct: Sequence[Sequence[bool]],
    log_metric: LogMetric | None,
    log_extra: LogExtra | None,
) -> list[float | None]:
    orders = [
        parse_ranking(completion[-1]["content"], len(labels))
        for completion, labels in zip(completions, correct, strict=True)
    ]
    rewards = [_reward(name, order, labels) for order, labels in zip(orders, correct, strict=True)]
    if log_metric is not None:
        _log(log_metric, orders, correct, rewards)
    if log_extra is not None:
        log_extra("ranking", [None if order is None else ranking_text(order) for order in orders])
    return rewards


def _reward(name: str, order: list[int] | None, labels: Sequence[bool]) -> float | None:
    if not _mixed(labels):
        return None
    return MALFORMED if order is None else _METRICS[name](order, labels)


def _log(
    log_metric: LogMetric,
    orders: Sequence[list[int] | None],
    correct: Sequence[Sequence[bool]],
    rewards: Sequence[float | None],
) -> None:
    log_metric("ranking/valid", fmean(order is not None for order in orders))
    scored = [(order, labels) for order, labels in zip(orders, correct, strict=True) if order and _mixed(labels)]
    for name, metric in _METRICS.items():
        if scored:
            log_metric(f"ranking/{name}", fmean(metric(order, labels) for order, labels in scored))
            log_metric(f"random/{name}", fmean(_RANDOM[name](labels) for _, labels in scored))
    by_n_correct: defaultdict[int, list[float]] = defaultdict(list)
    for labels, reward in zip(correct, rewards, strict=True):
        if reward is not None:
            by_n_correct[sum(labels)].append(reward)
    for n_correct, values in sorted(by_n_correct.items()):
        log_metric(f"reward_by_n_correct/{n_correct}", fmean(values))


def _mixed(labels: Sequence[bool]) -> bool:
    return any(labels) and not all(labels)
