"""How good a finished reward model is on problems that it has not seen: pair accuracy with an interval, against 0.5.

In: a run that has been saved. Out: what its record says. The model is loaded from its folder, as everybody will.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dualset.builders.pairs.of_version import pairs_of
from dualset.builders.progress import Progress
from dualset.eval.pair_accuracy import ScoredPair, pair_accuracy
from dualset.eval.reward_model import load_reward_model
from dualset.train.reward_model.settings import RewardSettings
from dualset.train.run import Prepared

__all__ = ["held_out"]


def held_out(prepared: Prepared, settings: RewardSettings, progress: Progress) -> Mapping[str, Any]:
    """Accuracy on all pairs of the held-out split; null where it has none."""
    every = replace(settings.pairs, max_per_problem=None)
    pairs = list(pairs_of(prepared.version, every, settings.held_out))
    wanted = list(dict.fromkeys((p.question_content, code) for p in pairs for code in (p.code_pos, p.code_neg)))
    scores = dict(zip(wanted, _scores(prepared, wanted, progress), strict=True)) if wanted else {}
    accuracy = pair_accuracy(
        ScoredPair(p.problem_id, scores[p.question_content, p.code_pos], scores[p.question_content, p.code_neg])
        for p in pairs
    )
    return {"split": settings.held_out, "pair_accuracy": accuracy.plain()}


def _scores(prepared: Prepared, wanted: list[tuple[str, str]], progress: Progress) -> list[float]:
    limit = prepared.more["pairs"]["max_tokens"]
    told = {} if limit is None else {"max_tokens": limit}
    model = load_reward_model(str(prepared.folder), device=str(prepared.config.device), **told)
    return model.score(wanted, progress=progress, stage="held out")[0]
