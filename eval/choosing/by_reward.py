"""Choosing by a reward model: of N samples the one that it scores highest; nothing is run.

In: attempts, a reward model's name. Out: for each problem the share of its sets whose chosen program passes; programs
that score the same are chosen with equal right. A program is scored once, however often it was sampled.
"""

import logging

from dualset.builders.progress import Progress
from dualset.eval.choosing.sets import SampleSet, blind, passing_share, sets_of
from dualset.eval.choosing.ways import REWARD, way_name
from dualset.eval.names import best_of
from dualset.eval.pool import Pool
from dualset.eval.reward_model import load_reward_model
from dualset.eval.scores import Measured, by_problem
from dualset.eval.settings import EvalSettings
from dualset.eval.writing import Attempts

__all__ = ["choose_by_reward"]

_LOG = logging.getLogger(__name__)


def choose_by_reward(
    model: str, attempts: Attempts, pool: Pool, settings: EvalSettings, progress: Progress, stage: str
) -> Measured:
    """Best-of-N by the model's scores.

    Raises:
        ModelError: there is no such model, or it is none that gives one score.
    """
    sets = sets_of(attempts, settings.best_of)
    wanted = dict.fromkeys(
        (each.problem_id, each.attempts[i].code or "") for each in sets if each.asks for i in each.shown
    )
    scores: dict[tuple[str, str], float] = {}
    if wanted:
        reward = load_reward_model(model, device=settings.device)
        pairs = [(pool.problems[problem_id].statement, code) for problem_id, code in wanted]
        found, cut = reward.score(pairs, batch_size=settings.batch_size, progress=progress, stage=stage)
        scores = dict(zip(wanted, found, strict=True))
        if cut:
            _LOG.warning(
                "%s saw only the first %d tokens of %d of %d programs", model, reward.max_tokens, cut, len(pairs)
            )
    metric = best_of(settings.best_of, way_name(f"{REWARD}{model}"))
    return Measured(
        model=by_problem((each.problem_id, each.repeat, {metric: _share(each, scores)}) for each in sets),
        chance=blind(sets, metric),
    )


def _share(chosen_from: SampleSet, scores: dict[tuple[str, str], float]) -> float:
    if not chosen_from.asks:
        return passing_share(chosen_from, chosen_from.shown)
    mine = {i: scores[chosen_from.problem_id, chosen_from.attempts[i].code or ""] for i in chosen_from.shown}
    best = max(mine.values())
    return passing_share(chosen_from, [i for i, score in mine.items() if score == best])
