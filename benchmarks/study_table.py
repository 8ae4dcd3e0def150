"""The tables of the micro study, in Markdown. In: scores by arm, seed and problem. Out: means and paired differences.

A problem's score is its mean over the seeds; intervals are percentile bootstraps over problems, each difference drawn
with its problem. Seeds are few, so their spread is shown beside, not resampled: a difference is bold only where its
interval leaves out zero and every seed agrees. Left out: a correction for the number of intervals.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from dualset.eval.bootstrap import Estimate, difference, estimate
from dualset.eval.cells import interval

__all__ = ["METRICS", "markdown", "mean_scores"]

METRICS = ("ndcg", "pairwise_accuracy", "top1", "pass@1", "best_of_4")

Scores = dict[str, float | None]


def mean_scores(evaluations: Sequence[Mapping[str, Any]], arm: str, metric: str) -> Scores:
    """Each problem's mean over the seeds; a problem that some seed did not score is left out."""
    runs = [each["by_problem"] for each in evaluations if each["arm"] == arm]
    common = set.intersection(*({p for p, s in run.items() if s.get(metric) is not None} for run in runs))
    return {problem: fmean(run[problem][metric] for run in runs) for problem in sorted(common)}


def markdown(arms: Sequence[str], evaluations: Sequence[Mapping[str, Any]]) -> str:
    """Three tables: the means, the differences from the base, and each seed's difference from the base."""
    base, *others = arms
    means, gains, seeds = [], [], []
    for arm in arms:
        means.append([arm, *(_cell(estimate(mean_scores(evaluations, arm, metric))) for metric in METRICS)])
    for arm in others:
        scores = {metric: mean_scores(evaluations, arm, metric) for metric in METRICS}
        found = [difference(scores[metric], mean_scores(evaluations, base, metric)) for metric in METRICS]
        agree = [_agree(evaluations, arm, base, metric) for metric in METRICS]
        gains.append([arm, *(_cell(each, signed=True, bold=same) for each, same in zip(found, agree, strict=True))])
        seeds.append([arm, *(_by_seed(evaluations, arm, base, metric) for metric in METRICS)])
    parts = [
        ("", means),
        (f"Minus {base}, problem by problem; bold: the interval leaves out zero, and all seeds agree:", gains),
        (f"Minus {base}, by seed:", seeds),
    ]
    return "\n\n".join("\n".join([*([said, ""] if said else []), *_table(rows)]) for said, rows in parts)


def _by_seed(evaluations: Sequence[Mapping[str, Any]], arm: str, base: str, metric: str) -> str:
    return ", ".join(f"{gain:+.3f}" for gain in _gains(evaluations, arm, base, metric))


def _agree(evaluations: Sequence[Mapping[str, Any]], arm: str, base: str, metric: str) -> bool:
    return len({gain > 0 for gain in _gains(evaluations, arm, base, metric)}) == 1


def _gains(evaluations: Sequence[Mapping[str, Any]], arm: str, base: str, metric: str) -> list[float]:
    """The mean difference of each seed."""
    gains = []
    for seed in sorted({each["seed"] for each in evaluations if each["arm"] == arm}):
        one = [each for each in evaluations if each["seed"] == seed]
        gain = difference(mean_scores(one, arm, metric), mean_scores(one, base, metric), resamples=1)
        gains.append(gain.value or 0.0)
    return gains


def _cell(found: Estimate, *, signed: bool = False, bold: bool = False) -> str:
    text = interval(found._asdict(), "+.3f" if signed else ".3f") or "-"
    return f"**{text}**" if bold and found.covers_zero is False else text


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [["", *METRICS], ["---"] * (len(METRICS) + 1), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]
