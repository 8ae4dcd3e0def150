"""Learn to rank: TRL's GRPO on a version's mixed groups. A row shows K programs; the reward is for their order.

Run:  dualset train rank NAME@REVISION --model micro --preset micro

In: a reference, a base model, a preset. Out: a model folder with its record and card. What can be checked is checked
before the first step. The method is DuST's (arXiv 2605.11299); the trainer is TRL's GRPOTrainer as it stands.
"""

from pathlib import Path
from typing import Any

from dualset.builders.errors import RecipeError, TrainingError, did_you_mean
from dualset.builders.progress import Progress, silent
from dualset.train.presets import load_preset
from dualset.train.processes import first_decides, on_device
from dualset.train.quiet import quiet
from dualset.train.resume import check_cycle
from dualset.train.rewards import REWARDS
from dualset.train.rows import Fitting, check_enough, keep_fitting, load_groups, token_lengths
from dualset.train.run import Prepared, dry_result, open_run, run
from dualset.train.settings import TrainResult, TrainSettings
from dualset.train.silent import keep_share, silent_groups
from dualset.train.start import Start, context_of, needs_train_extra, start
from dualset.train.truncated import for_truncated

__all__ = ["fitting_prompts", "rank"]

COLUMNS = ("prompt", "correct", "n_correct", "group_id", "problem_id")
_BY_NAME = "dualset.train.rewards."


def rank(
    settings: TrainSettings, *, home: Path | None = None, dry_run: bool = False, progress: Progress = silent
) -> TrainResult:
    """Train a model to rank.

    Args:
        settings: what to train on what.
        home: the version store; None: $DUALSET_HOME.
        dry_run: make every check, and train nothing.
        progress: told the rows checked and the steps done.

    Raises:
        RecipeError: an unknown preset, field or reward.
        VersionError: the reference names nothing, or its files are not what the manifest says.
        ModelError: the base model.
        TrainingError: too few groups, prompts that do not fit, or a folder that is taken.
    """
    needs_train_extra()
    with quiet():
        prepared = _prepare(settings, home, progress)
        if dry_run:
            return dry_result(prepared)
        checkpoint = open_run(prepared)
        return run(_trainer(prepared), prepared, progress, checkpoint)


def _prepare(settings: TrainSettings, home: Path | None, progress: Progress) -> Prepared:
    from trl import GRPOConfig

    given = load_preset("rank", settings.preset, settings.overrides)
    reward = _reward(given, settings.reward)
    begun = start("rank", GRPOConfig, given, settings, home)
    check_cycle(begun.config)
    return Prepared(
        **begun._asdict(),
        kind="rank",
        settings=settings,
        given=given,
        fitting=_rows(begun, settings, reward, progress),
        reward=reward,
    )


def _reward(given: dict[str, Any], asked: str | None) -> str:
    """The name of the reward; taken out of the preset, where TRL's own command wants it in ``reward_funcs``."""
    named = given.pop("reward_funcs", None) or ["pairwise_accuracy"]
    name = asked or str(named[0] if isinstance(named, list) else named).removeprefix(_BY_NAME)
    if name not in REWARDS or (asked is None and isinstance(named, list) and len(named) > 1):
        msg = f"the reward is {asked or named!r}: one of ours is wanted, {did_you_mean(name, REWARDS)}"
        raise RecipeError(msg)
    return name


def _rows(begun: Start, settings: TrainSettings, reward: str, progress: Progress) -> Fitting:
    """The groups that fit and, of the silent ones, the share asked for."""
    fitting = fitting_prompts(load_groups(begun.version, settings.split, COLUMNS), begun, settings, progress)
    if settings.keep_silent >= 1:
        return fitting

    def silent() -> set[str]:
        with on_device(begun.base, begun.config):
            return silent_groups(
                fitting.rows,
                begun.base,
                REWARDS[reward],
                tries=begun.config.num_generations,
                max_tokens=begun.config.max_completion_length,
                seed=begun.config.seed,
                progress=progress,
            )

    kept = keep_share(fitting.rows, first_decides(begun.config, silent), settings.keep_silent, begun.config.seed)
    _check_generation(len(kept), begun.config)
    n_silent = len(fitting.rows) - len(kept)
    return fitting._replace(rows=kept, n_silent=n_silent, ids=tuple(sorted(kept["group_id"][:])))


def fitting_prompts(rows: Any, begun: Start, settings: TrainSettings, progress: Progress) -> Fitting:
    """The rows whose prompt leaves room for the answer, enough of them for one generation.

    Raises:
        TrainingError: some do not fit and are not to be left out, or too few do.
    """
    lengths = token_lengths(rows["prompt"][:], begun.base.tokenizer, answered=False, progress=progress)
    limit, why = _limit(begun, settings.max_prompt_tokens)
    fitting = keep_fitting(rows, lengths, limit, drop_long=settings.drop_long, why=why)
    _check_generation(len(fitting.rows), begun.config)
    name = "group_id" if "group_id" in fitting.rows.column_names else "problem_id"
    return fitting._replace(ids=tuple(sorted(fitting.rows[name][:])))


def _check_generation(n_rows: int, config: Any) -> None:
    needed = config.generation_batch_size // config.num_generations
    what = f"one generation of {config.generation_batch_size} completions, {config.num_generations} a group,"
    most = max(1, n_rows) * config.num_generations
    hint = f"generation_batch_size={most} --set per_device_train_batch_size={config.num_generations}"
    check_enough(n_rows, needed, what, hint)


def _limit(begun: Start, asked: int | None) -> tuple[int | None, str]:
    """The longest prompt in tokens, and where that limit comes from."""
    context, answer = context_of(begun.base.model), begun.config.max_completion_length
    room = None if context is None else context - answer
    if room is not None and room <= 0:
        msg = (
            f"an answer of {answer} tokens alone fills the model's context of {context}: "
            "take --preset micro, or --set max_completion_length=..."
        )
        raise TrainingError(msg)
    if asked is not None and (room is None or asked < room):
        return asked, "--max-prompt-tokens"
    return room, f"the model's context of {context} less {answer} for the answer"


def _trainer(prepared: Prepared) -> Any:
    from trl import GRPOTrainer

    assert prepared.reward is not None
    return GRPOTrainer(
        model=prepared.model,
        reward_funcs=[for_truncated(REWARDS[prepared.reward], prepared.config, prepared.base)],
        args=prepared.config,
        train_dataset=prepared.fitting.rows,
        processing_class=prepared.base.tokenizer,
        peft_config=prepared.lora,
    )
