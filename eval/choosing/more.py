"""Choosing in every way that the settings name, besides a model's own ranking.

In: attempts of one model. Out: a metric a way, `best_of_N_by_WAY`, beside a blind choice.
"""

from collections.abc import Mapping

from dualset.builders.execution.ladder import Sandbox
from dualset.builders.progress import Progress
from dualset.eval.choosing.by_reward import choose_by_reward
from dualset.eval.choosing.by_tests import choose_by_tests
from dualset.eval.choosing.tests import Tests
from dualset.eval.choosing.ways import by_tests, reward_model
from dualset.eval.pool import Pool
from dualset.eval.reward_model import check_reward_model
from dualset.eval.scores import Measured, joined
from dualset.eval.settings import EvalSettings
from dualset.eval.writing import Attempts

__all__ = ["check_ways", "choose_by"]


def check_ways(settings: EvalSettings) -> None:
    """Refuse early what could only fail after hours.

    Raises:
        ModelError: a reward model is none.
    """
    for way in settings.choose_by:
        if (model := reward_model(way)) is not None:
            check_reward_model(model)


def choose_by(
    attempts: Attempts,
    tests: Mapping[str, Tests],
    pool: Pool,
    settings: EvalSettings,
    sandbox: Sandbox,
    progress: Progress,
) -> Measured:
    """Best-of-N by each way of ``settings.choose_by``; ``tests`` are those to choose by, of the problems that have any.

    Raises:
        ModelError: a reward model cannot be loaded.
    """
    parts = []
    ways = by_tests(settings.choose_by)
    if ways:
        parts.append(choose_by_tests(ways, attempts, tests, pool, settings, sandbox, progress, "choose by tests"))
    for way in settings.choose_by:
        if (model := reward_model(way)) is not None:
            parts.append(choose_by_reward(model, attempts, pool, settings, progress, "score"))
    return joined(parts)
