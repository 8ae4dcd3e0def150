"""What rewards a policy that writes: a reward model, execution or both; and the watch over a reward model.

In: what was asked for, a checked run, its problems and what runs programs. Out: rewards in the shape that TRL calls,
how they are watched, and what the record says of that. Left out: the trainer (``../generate.py``).
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from dualset.builders.candidates.policy import locate_model
from dualset.builders.dataset.records import Problem
from dualset.builders.dataset.version import Version
from dualset.builders.errors import RecipeError, TrainingError
from dualset.eval.reward_model import load_reward_model
from dualset.train.execution_reward import ExecutionReward
from dualset.train.folder import METRICS
from dualset.train.grader import Grader
from dualset.train.reward_model.asked import Asked
from dualset.train.reward_model.model_reward import ModelReward
from dualset.train.reward_model.together import known_together
from dualset.train.reward_model.watch import Watch, looks_in
from dualset.train.reward_model.watch_settings import WatchSettings
from dualset.train.run import Prepared
from dualset.train.settings import TrainSettings

__all__ = ["check_weights", "measure_of", "rewards_of", "watching"]

_LOG = logging.getLogger(__name__)


def check_weights(config: Any, wanted: Asked) -> None:
    """TRL's ``reward_weights``: one a reward, the model's before that of execution."""
    n_rewards = (wanted.model is not None) + wanted.execution
    if config.reward_weights is not None and len(config.reward_weights) != n_rewards:
        msg = f"reward_weights has {len(config.reward_weights)} numbers, but there are {n_rewards} rewards"
        raise RecipeError(msg)


def watching(
    version: Version, settings: TrainSettings, wanted: Asked, problems: dict[str, Problem]
) -> WatchSettings | None:
    """How to watch, if at all: with a reward model, where there are tests that may be looked at.

    Raises:
        TrainingError: a watch is asked for that cannot be kept.
    """
    watch = settings.watch or WatchSettings()
    if wanted.model is None or not watch.every:
        return None
    why = None
    if not any(problem.tests for problem in problems.values()):
        why = "its problems have no tests"
    elif version.consensus is not None:
        why = "its labels do without the problems' tests"
    if why is not None and settings.watch is not None:
        msg = f"{version.name}@{version.revision[:12]} cannot be watched: {why}; leave the watch out"
        raise TrainingError(msg)
    if why is not None:
        _LOG.warning("nobody watches for reward hacking: %s", why)
    return watch if why is None else None


def rewards_of(
    prepared: Prepared,
    wanted: Asked,
    problems: dict[str, Problem],
    grader: Grader | None,
    watched: WatchSettings | None,
) -> list[Any]:
    """One reward, or that of the model and then that of execution; TRL adds them, by ``reward_weights``."""
    rewards: list[Any] = []
    if wanted.model is not None:
        recorded = prepared.more["reward_model"]["revision"]  # the very model that the record names
        folder = locate_model(wanted.model, recorded).folder
        model = load_reward_model(str(folder), device=str(prepared.config.device))
        watch = None
        if watched is not None and grader is not None:
            tested = frozenset(name for name, problem in problems.items() if problem.tests)
            past = looks_in(prepared.folder / METRICS)
            watch = Watch(grader, tested, watched, seed=prepared.config.seed, past=past)
        statements = {name: problem.statement for name, problem in problems.items()}
        rewards.append(ModelReward(model, statements, watch))
    if wanted.execution and grader is not None:
        rewards.append(ExecutionReward(grader))
    return known_together(*rewards) if len(rewards) == 2 else rewards


def measure_of(trainer: Any, rewards: list[Any]) -> Callable[[], Mapping[str, Any]] | None:
    """The watch's part of the record, and its stop rule in the trainer."""
    watch = getattr(rewards[0], "watch", None)
    if watch is None:
        return None
    from dualset.train.reward_model.stop import StopWhenParted

    trainer.add_callback(StopWhenParted(watch))
    return lambda: {"watch": watch.told()}
