"""Learn to write: TRL's GRPO on a version's problems, rewarded by running what the model writes, or by a reward model.

Run:  dualset train generate NAME@REVISION --model micro --preset micro --reward rm:models/rm

In: a reference, a base model, a preset. Out: a model folder with its record and card. It is the mode that ranking is
compared with (on-policy generation in DuST, arXiv 2605.11299): each prompt is one that candidates were sampled with.
A reward model needs no tests (CodeScaler, arXiv 2602.17684); where there are some, what it rewards is watched.
"""

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
from dualset.eval.reward_model import check_reward_model
from dualset.train.grader import Grader
from dualset.train.presets import load_preset
from dualset.train.quiet import quiet
from dualset.train.rank import fitting_prompts
from dualset.train.resume import check_cycle
from dualset.train.reward_model.asked import Asked, asked
from dualset.train.reward_model.of_policy import check_weights, measure_of, rewards_of, watching
from dualset.train.reward_model.watch_settings import WatchSettings
from dualset.train.run import Prepared, dry_result, open_run, run
from dualset.train.settings import TrainResult, TrainSettings
from dualset.train.start import needs_train_extra, start
from dualset.train.truncated import for_truncated

__all__ = ["generate", "tested_problems"]


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
        VersionError: the reference names nothing, or its files are not what the manifest says.
        ModelError: the base model, or the reward model.
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
        prepared, problems, watched = _prepare(settings, wanted, home, progress)
        if dry_run:
            return dry_result(prepared)
        checkpoint = open_run(prepared)
        grader = None
        if wanted.execution or watched is not None:
            tested = {name: problem for name, problem in problems.items() if problem.tests}
            grader = held.enter_context(Grader(tested, recorded(prepared.version).labels, sandbox))
        rewards = rewards_of(prepared, wanted, problems, grader, watched)
        trainer = _trainer(prepared, rewards)
        return run(trainer, prepared, progress, checkpoint, measure_of(trainer, rewards))


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
    check_weights(begun.config, wanted)
    problems = _problems(begun.version, settings.split, wanted)
    watched = watching(begun.version, settings, wanted, problems)
    prepared = Prepared(
        **begun._asdict(),
        kind="generate",
        settings=settings,
        given=given,
        fitting=fitting_prompts(_rows(begun.version, problems), begun, settings, progress),
        reward=wanted.named(place.name if place else None),
        more={} if place is None else {"reward_model": {"name": place.name, "revision": place.revision}},
    )
    return prepared, problems, watched


def tested_problems(version: Version, split: str) -> dict[str, Problem]:
    """Those that have tests, by id.

    Raises:
        TrainingError: there are none, or the version's labels shall do without these tests.
    """
    if version.consensus is not None:
        msg = (
            f"{version.name}@{version.revision[:12]} is labelled by {version.consensus}, with no ground truth looked "
            "at, and this would reward by the problems' own tests: train on a version labelled by execution"
        )
        raise TrainingError(msg)
    tested = {name: each for name, each in _every(version, split).items() if each.tests}
    return _some(tested, version, split, " with tests")


def _problems(version: Version, split: str, wanted: Asked) -> dict[str, Problem]:
    """Those to write for, by id: where programs are run, those that have tests."""
    return tested_problems(version, split) if wanted.execution else _some(_every(version, split), version, split, "")


def _every(version: Version, split: str) -> dict[str, Problem]:
    return {row["problem_id"]: problem_from_row(row) for row in version.rows("problems", split=split)}


def _some(problems: dict[str, Problem], version: Version, split: str, which: str) -> dict[str, Problem]:
    if not problems:
        msg = f"{version.name}@{version.revision[:12]} has no problems{which} in its {split} split"
        raise TrainingError(msg)
    return problems


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
