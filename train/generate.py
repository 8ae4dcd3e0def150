"""Learn to write: TRL's GRPO on a version's problems, rewarded by running what the model writes.

Run:  dualset train generate NAME@REVISION --model micro --preset micro

In: a reference, a base model, a preset. Out: a model folder with its record and card. It is the mode that ranking is
compared with (on-policy generation in DuST, arXiv 2605.11299): each prompt is one that candidates were sampled with.
"""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from dualset.builders.candidates.prompts import writing_prompt
from dualset.builders.dataset.records import Problem, problem_from_row
from dualset.builders.dataset.store import Version
from dualset.builders.errors import RecipeError, TrainingError
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.progress import Progress, silent
from dualset.builders.recorded import recorded
from dualset.train.execution_reward import ExecutionReward
from dualset.train.grader import Grader
from dualset.train.presets import load_preset
from dualset.train.quiet import quiet
from dualset.train.rank import fitting_prompts
from dualset.train.resume import check_cycle
from dualset.train.run import Prepared, dry_result, open_run, run
from dualset.train.settings import TrainResult, TrainSettings
from dualset.train.start import needs_train_extra, start
from dualset.train.truncated import for_truncated

__all__ = ["generate", "tested_problems"]

REWARD = "execution"

COLUMNS = ("prompt", "problem_id")


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
        RecipeError: an unknown preset or field, or a reward that is not the execution's.
        VersionError: the reference names nothing, or its files are not what the manifest says.
        ModelError: the base model.
        TrainingError: too few problems, prompts that do not fit, or a folder that is taken.
        ExecutionError: the sandbox cannot work here.
    """
    needs_train_extra()
    if settings.reward not in (None, REWARD):
        msg = f"the reward is {settings.reward!r}, but writing is rewarded by execution: leave it out"
        raise RecipeError(msg)
    with quiet(), ExitStack() as held:
        prepared, problems = _prepare(settings, home, progress)
        if dry_run:
            return dry_result(prepared)
        checkpoint = open_run(prepared)
        grader = held.enter_context(Grader(problems, recorded(prepared.version).labels, sandbox))
        return run(_trainer(prepared, grader), prepared, progress, checkpoint)


def _prepare(settings: TrainSettings, home: Path | None, progress: Progress) -> tuple[Prepared, dict[str, Problem]]:
    from trl import GRPOConfig

    given = load_preset("generate", settings.preset, settings.overrides)
    begun = start("generate", GRPOConfig, given, settings, home)
    check_cycle(begun.config)
    problems = tested_problems(begun.version, settings.split)
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
        reward=REWARD,
    )
    return prepared, problems


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
    problems = {
        row["problem_id"]: problem_from_row(row) for row in version.rows("problems", split=split) if row["tests"]
    }
    if not problems:
        msg = f"{version.name}@{version.revision[:12]} has no problems with tests in its {split} split"
        raise TrainingError(msg)
    return problems


def _rows(version: Version, problems: dict[str, Problem]) -> Any:
    import datasets

    template = recorded(version).template
    chats = [list(template.chat(p) if template else writing_prompt(p)) for p in problems.values()]
    return datasets.Dataset.from_dict({"prompt": chats, "problem_id": list(problems)})


def _trainer(prepared: Prepared, grader: Grader) -> Any:
    from trl import GRPOTrainer

    return GRPOTrainer(
        model=prepared.model,
        reward_funcs=[for_truncated(ExecutionReward(grader), prepared.config, prepared.base)],
        args=prepared.config,
        train_dataset=prepared.fitting.rows,
        processing_class=prepared.base.tokenizer,
        peft_config=prepared.lora,
    )
