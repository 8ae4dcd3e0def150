"""Learn to write: TRL's GRPO on a version's problems, rewarded by running what the model writes, or by a reward model.

Run:  dualset train generate NAME@REVISION --model micro --preset micro --reward rm:models/rm

In: a reference, a base model, a preset. Out: a model folder with its record and card. It is the mode that ranking is
compared with (on-policy generation in DuST, arXiv 2605.11299): each prompt is one that candidates were sampled with.
A reward model needs no tests (CodeScaler, arXiv 2602.17684); where there are some, what it rewards is watched.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from dualset.builders.candidates.policy import locate_model
from dualset.builders.candidates.prompts import writing_prompt
from dualset.builders.dataset.records import Problem, problem_from_row
from dualset.builders.dataset.store import Version
from dualset.builders.errors import RecipeError, TrainingError
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.progress import Progress, silent
from dualset.builders.recorded import recorded
from dualset.eval.reward_model import check_reward_model, load_reward_model
from dualset.train.execution_reward import ExecutionReward
from dualset.train.folder import METRICS
from dualset.train.grader import Grader
from dualset.train.presets import load_preset
from dualset.train.quiet import quiet
from dualset.train.rank import fitting_prompts
from dualset.train.resume import check_cycle
from dualset.train.reward_model.asked import Asked, asked
from dualset.train.reward_model.model_reward import ModelReward
from dualset.train.reward_model.watch import Watch, looks_in
from dualset.train.reward_model.watch_settings import WatchSettings
from dualset.train.run import Prepared, dry_result, open_run, run
from dualset.train.settings import TrainResult, TrainSettings
from dualset.train.start import needs_train_extra, start
from dualset.train.truncated import for_truncated

__all__ = ["generate"]

_LOG = logging.getLogger(__name__)


def generate(
    settings: TrainSettings,
    *,
    home: Path | None = None,
    sandbox: Sandbox = ONE,
    dry_run: bool = False,
    progress: Progress = silent,
) -> TrainResult:
    """Train a model to write programs that pass.

    Args:
        settings: what to train on what.
        home: the version store; None: $DUALSET_HOME.
        sandbox: how programs are run, by a process of their own.
        dry_run: make every check, and train nothing.
        progress: told the rows checked and the steps done.

    Raises:
        RecipeError: an unknown preset, field or reward.
        ModelError: the base model, or the reward model.
        VersionError: the reference names nothing, or its files are not what the manifest says.
        ModelError: the base model.
        TrainingError: too few problems, prompts that do not fit, or a folder that is taken.
        ExecutionError: the sandbox cannot work here.
    """
    needs_train_extra()
    wanted = asked(settings.reward)
    if settings.watch is not None:
        settings.watch.check()
        if wanted.model is None:
            msg = "a watch compares a reward model with execution, which is the reward here: leave it out"
            raise RecipeError(msg)
    with quiet(), ExitStack() as held:
        prepared, problems, watching = _prepare(settings, wanted, home, progress)
        if dry_run:
            return dry_result(prepared)
        checkpoint = open_run(prepared)
        grader = None
        if wanted.execution or watching is not None:
            tested = {name: problem for name, problem in problems.items() if problem.tests}
            grader = held.enter_context(Grader(tested, recorded(prepared.version).labels, sandbox))
        rewards = _rewards(prepared, wanted, problems, grader, watching)
        trainer = _trainer(prepared, rewards)
        return run(trainer, prepared, progress, checkpoint, _measure(trainer, rewards))


def _prepare(
    settings: TrainSettings, wanted: Asked, home: Path | None, progress: Progress
) -> tuple[Prepared, dict[str, Problem], WatchSettings | None]:
    from trl import GRPOConfig

    place = None
    if wanted.model is not None:
        check_reward_model(wanted.model)
        place = locate_model(wanted.model)
    given = load_preset("generate", settings.preset, settings.overrides)
    begun = start("generate", GRPOConfig, given, settings, home)
    check_cycle(begun.config)
    _check_weights(begun.config, wanted)
    problems = _problems(begun.version, settings.split, wanted)
    watching = _watching(begun.version, settings, wanted, problems)
    prepared = Prepared(
        kind="generate",
        settings=settings,
        folder=begun.folder,
        version=begun.version,
        base=begun.base,
        source=begun.source,
        given=given,
        config=begun.config,
        lora=begun.lora,
        fitting=fitting_prompts(_rows(begun.version, problems), begun, settings, progress),
        reward=wanted.named(place.name if place else None),
        more={} if place is None else {"reward_model": {"name": place.name, "revision": place.revision}},
    )
    return prepared, problems, watching


def _check_weights(config: Any, wanted: Asked) -> None:
    """TRL's ``reward_weights``: one a reward, the model's before that of execution."""
    n_rewards = (wanted.model is not None) + wanted.execution
    if config.reward_weights is not None and len(config.reward_weights) != n_rewards:
        msg = f"reward_weights has {len(config.reward_weights)} numbers, but there are {n_rewards} rewards"
        raise RecipeError(msg)


def _problems(version: Version, split: str, wanted: Asked) -> dict[str, Problem]:
    """Those to write for, by id: that have tests, where programs are run.

    Raises:
        TrainingError: there are none, or the version's labels shall do without these tests.
    """
    if version.consensus is not None and wanted.execution:
        msg = (
            f"{version.name}@{version.revision[:12]} is labelled by {version.consensus}, with no ground truth looked "
            "at, and this would reward by the problems' own tests: train on a version labelled by execution"
        )
        raise TrainingError(msg)
    problems = {
        row["problem_id"]: problem_from_row(row)
        for row in version.rows("problems", split=split)
        if row["tests"] or not wanted.execution
    }
    if not problems:
        kind = "problems with tests" if wanted.execution else "problems"
        msg = f"{version.name}@{version.revision[:12]} has no {kind} in its {split} split"
        raise TrainingError(msg)
    return problems


def _watching(
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


def _rewards(
    prepared: Prepared,
    wanted: Asked,
    problems: dict[str, Problem],
    grader: Grader | None,
    watching: WatchSettings | None,
) -> list[Any]:
    """One reward, or that of the model and then that of execution; TRL adds them, by ``reward_weights``."""
    rewards: list[Any] = []
    if wanted.model is not None:
        model = load_reward_model(wanted.model, device=str(prepared.config.device))
        watch = None
        if watching is not None and grader is not None:
            tested = frozenset(name for name, problem in problems.items() if problem.tests)
            past = looks_in(prepared.folder / METRICS)
            watch = Watch(grader, tested, watching, seed=prepared.config.seed, past=past)
        statements = {name: problem.statement for name, problem in problems.items()}
        rewards.append(ModelReward(model, statements, watch))
    if wanted.execution and grader is not None:
        rewards.append(ExecutionReward(grader))
    return rewards


def _measure(trainer: Any, rewards: list[Any]) -> Callable[[], Mapping[str, Any]] | None:
    """The watch's part of the record, and its stop rule in the trainer."""
    watch = getattr(rewards[0], "watch", None)
    if watch is None:
        return None
    from dualset.train.reward_model.stop import StopWhenParted

    trainer.add_callback(StopWhenParted(watch))
    return lambda: {"watch": watch.told()}


def _rows(version: Version, problems: dict[str, Problem]) -> Any:
    import datasets

    template = recorded(version).template
    chats = [list(template.chat(p) if template else writing_prompt(p)) for p in problems.values()]
    return datasets.Dataset.from_dict({"prompt": chats, "problem_id": list(problems)})


def _trainer(prepared: Prepared, rewards: list[Any]) -> Any:
    from trl import GRPOTrainer

    return GRPOTrainer(
        model=prepared.model,
        reward_funcs=[for_truncated(reward, prepared.config, prepared.base) for reward in rewards],
        args=prepared.config,
        train_dataset=prepared.fitting.rows,
        processing_class=prepared.base.tokenizer,
        peft_config=prepared.lora,
    )
