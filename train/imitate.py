"""Learn by imitation: TRL's SFT on the right rankings of the same rows, or on programs.

On rankings it is the baseline that learning to rank is compared with.

Run:  dualset train imitate NAME@REVISION --model micro --preset micro

In: a reference, a base model, a preset. Out: a model folder with its record and card. The loss is on the answer alone,
and no row is cut: one that does not fit is an error, or left out and counted. The trainer is TRL's SFTTrainer as it
stands.
"""

from pathlib import Path
from typing import Any

from dualset.builders.errors import RecipeError
from dualset.builders.progress import Progress, silent
from dualset.train.presets import load_preset
from dualset.train.processes import first_decides, on_device
from dualset.train.program_targets import names_programs, program_rows
from dualset.train.quiet import quiet
from dualset.train.rows import Fitting, check_enough, keep_fitting, load_groups, token_lengths
from dualset.train.run import Prepared, dry_result, open_run, run
from dualset.train.settings import TrainResult, TrainSettings
from dualset.train.start import Start, context_of, needs_train_extra, start
from dualset.train.targets import LABELS, OWN, Targets, own_answers, read_answers, with_answers
from dualset.train.told import file_told

__all__ = ["imitate"]

COLUMNS = ("prompt", "completion")
_TOLD = ("group_id", "correct")  # of the rows, until their targets are known


def imitate(
    settings: TrainSettings, *, home: Path | None = None, dry_run: bool = False, progress: Progress = silent
) -> TrainResult:
    """Train a model on right rankings.

    Args:
        settings: what to train on what.
        home: the version store; None: $DUALSET_HOME.
        dry_run: make every check, and train nothing.
        progress: told the rows checked and the steps done.

    Raises:
        RecipeError: an unknown preset or field, or a reward, which imitation has not.
        VersionError: the reference names nothing, or its files are not what the manifest says.
        ModelError: the base model.
        TrainingError: too few groups, rows that do not fit, or a folder that is taken.
    """
    needs_train_extra()
    if settings.min_score is not None and not names_programs(settings.targets):
        msg = f"min-score is {settings.min_score}, but only programs have scores: leave it out"
        raise RecipeError(msg)
    if settings.reward is not None:
        msg = f"the reward is {settings.reward!r}, but imitating has none: leave it out, or use  train rank"
        raise RecipeError(msg)
    with quiet():
        prepared = _prepare(settings, home, progress)
        if dry_run:
            return dry_result(prepared)
        checkpoint = open_run(prepared)
        return run(_trainer(prepared), prepared, progress, checkpoint)


def _prepare(settings: TrainSettings, home: Path | None, progress: Progress) -> Prepared:
    from trl import SFTConfig

    given = load_preset("imitate", settings.preset, settings.overrides)
    begun = start("imitate", SFTConfig, given, settings, home)
    fitting, targets = _rows(begun, settings, progress)
    return Prepared(
        **begun._asdict(),
        kind="imitate",
        settings=settings,
        given=given,
        fitting=fitting,
        reward=None,
        more={"targets": targets},
    )


def _rows(begun: Start, settings: TrainSettings, progress: Progress) -> tuple[Fitting, dict[str, Any]]:
    """The rows that fit whole, enough of them for one optimizer step; and what the targets are."""
    programs = names_programs(settings.targets)
    ids, targets = _programs(begun, settings) if programs else _rankings(begun, settings, progress)
    rows, name = targets.rows, "problem_id" if programs else "group_id"
    chats = [[*prompt, *answer] for prompt, answer in zip(rows["prompt"][:], rows["completion"][:], strict=True)]
    lengths = token_lengths(chats, begun.base.tokenizer, answered=True, progress=progress)
    limit, why = _limit(begun, settings.max_prompt_tokens)
    fitting = keep_fitting(rows, lengths, limit, drop_long=settings.drop_long, why=why)
    config = begun.config
    needed = config.train_batch_size * config.gradient_accumulation_steps * config.world_size
    check_enough(len(fitting.rows), needed, "one step", f"per_device_train_batch_size={len(fitting.rows)}")
    own = {"tries": settings.tries, "answer_tokens": settings.answer_tokens} if settings.targets == OWN else {}
    told = {"from": _told(settings), **own, "groups": targets.n_groups, "right": len(targets.rows)}
    dropped = set(targets.rows[name][:]) - set(fitting.rows[name][:])
    return fitting._replace(rows=fitting.rows.select_columns(list(COLUMNS)), ids=tuple(sorted(ids - dropped))), told


def _programs(begun: Start, settings: TrainSettings) -> tuple[set[str], Targets]:
    """Programs to imitate, and the problems that have one."""
    targets = program_rows(
        begun.version, settings.split, settings.targets, least=settings.min_score, seed=begun.config.seed
    )
    return set(targets.rows["problem_id"][:]), targets


def _rankings(begun: Start, settings: TrainSettings, progress: Progress) -> tuple[set[str], Targets]:
    """Rankings to imitate, and the groups that they were looked for in."""
    rows = load_groups(begun.version, settings.split, (*COLUMNS, *_TOLD))
    return set(rows["group_id"][:]), _targets(rows, begun, settings, progress)


def _told(settings: TrainSettings) -> str:
    """The targets, without where a file of scores lies."""
    word, colon, file = settings.targets.partition(":")
    if not names_programs(settings.targets) or not colon:
        return file_told(settings.targets)
    least = "" if settings.min_score is None else f", {settings.min_score} or more"
    return f"{word}:{file_told(file)}{least}"


def _targets(rows: Any, begun: Start, settings: TrainSettings, progress: Progress) -> Targets:
    if settings.targets == LABELS:
        return Targets(rows, len(rows))
    if settings.targets != OWN:
        return with_answers(rows, read_answers(rows, Path(settings.targets)))

    def own() -> dict[str, str]:
        with on_device(begun.base, begun.config):
            return own_answers(
                rows,
                begun.base,
                tries=settings.tries,
                max_tokens=settings.answer_tokens,
                seed=begun.config.seed,
                progress=progress,
            )

    return with_answers(rows, first_decides(begun.config, own))


def _limit(begun: Start, asked: int | None) -> tuple[int | None, str]:
    """The longest row in tokens, and where that limit comes from; the smallest of three counts."""
    limits = {
        "--max-prompt-tokens": asked,
        "max_length, where TRL cuts": begun.config.max_length,
        "the model's context": context_of(begun.base.model),
    }
    known = {why: limit for why, limit in limits.items() if limit is not None}
    why = min(known, key=lambda name: known[name], default="")
    return known.get(why), why


def _trainer(prepared: Prepared) -> Any:
    from trl import SFTTrainer

    return SFTTrainer(
        model=prepared.model,
        args=prepared.config,
        train_dataset=prepared.fitting.rows,
        processing_class=prepared.base.tokenizer,
        peft_config=prepared.lora,
    )
