"""Learn to score: TRL's RewardTrainer on pairs of a version's programs, one that passes all tests and one that fails.

Run:  dualset train reward NAME@REVISION --model micro --preset micro

In: a reference, a base model (a language model, which gets a new head, or a reward model), a preset. Out: a folder
that ``dualset score`` and ``dualset eval --choose-by reward:FOLDER`` load, with its record and card, measured on pairs
of problems that it has not seen. The loss is Bradley-Terry's; the method is CodeScaler's (arXiv 2602.17684); the
trainer is TRL's RewardTrainer as it stands.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dualset.builders.candidates.policy import Policy, load_policy
from dualset.builders.errors import RecipeError, TrainingError
from dualset.builders.progress import Progress, silent
from dualset.eval.reward_model import TRAINED_AT
from dualset.train.presets import load_preset
from dualset.train.quiet import quiet
from dualset.train.reward_model.held_out import held_out
from dualset.train.reward_model.rows import PairRows, pair_rows
from dualset.train.reward_model.settings import NONE, RewardSettings
from dualset.train.reward_model.taken import taken
from dualset.train.rows import Fitting, check_enough
from dualset.train.run import Prepared, dry_result, open_run, run
from dualset.train.settings import TrainResult
from dualset.train.start import Start, context_of, needs_train_extra, start
from dualset.train.told import file_told

__all__ = ["train_reward"]

_LOG = logging.getLogger(__name__)


def train_reward(
    settings: RewardSettings, *, home: Path | None = None, dry_run: bool = False, progress: Progress = silent
) -> TrainResult:
    """Train a reward model.

    Args:
        settings: what to train on what.
        home: the version store; None: $DUALSET_HOME.
        dry_run: make every check, and train nothing.
        progress: told the pairs made and the steps done.

    Raises:
        RecipeError: an unknown preset or field, or pair settings that make no sense.
        VersionError: the reference names nothing, or its files are not what the manifest says.
        ModelError: the base model.
        TrainingError: too few pairs, or a folder that is taken.
    """
    needs_train_extra()
    _check(settings)
    with quiet():
        prepared = _prepare(settings, home, progress)
        if dry_run:
            return dry_result(prepared)
        checkpoint = open_run(prepared)
        measure = None if settings.held_out == NONE else lambda: {"held_out": held_out(prepared, settings, progress)}
        return run(_trainer(prepared), prepared, progress, checkpoint, measure)


def _check(settings: RewardSettings) -> None:
    settings.pairs.check()
    if settings.reward is not None:
        msg = f"the reward is {settings.reward!r}, but a reward model is trained on pairs: leave it out"
        raise RecipeError(msg)
    if settings.max_prompt_tokens is not None:
        msg = (
            "max-prompt-tokens is of other commands: a pair is cut at --set max_length=..., and left out by --drop-long"
        )
        raise RecipeError(msg)
    if settings.held_out == settings.split:
        msg = f"held-out is {settings.held_out}, the split that is trained on: name another one, or none"
        raise RecipeError(msg)


def _prepare(settings: RewardSettings, home: Path | None, progress: Progress) -> Prepared:
    from trl import RewardConfig

    given = load_preset("reward", settings.preset, settings.overrides)
    begun = start("reward", RewardConfig, given, settings, home, _scorer)
    if begun.lora is not None:  # TRL's settings are for language models
        begun.lora.task_type = "SEQ_CLS"
        begun.lora.modules_to_save = sorted({*(begun.lora.modules_to_save or ()), "score"})
    found = taken(begun.version, settings)
    max_tokens = _limit(begun)
    _cut_at(begun.base, max_tokens)
    made = pair_rows(found.pairs, begun.base.tokenizer, max_tokens, drop_long=settings.drop_long, progress=progress)
    _say_cut(made, max_tokens, settings)
    _check_step(made, begun, settings)
    return Prepared(
        **begun._asdict(),
        kind="reward",
        settings=settings,
        given=given,
        fitting=Fitting(
            made.rows,
            made.blind + (made.cut if settings.drop_long else 0),
            made.longest,
            ids=tuple(sorted(made.pair_ids)),
        ),
        reward=None,
        more={"pairs": _told(made, found.left_out, max_tokens, settings)},
        reload=lambda: _cut_at(_scorer(begun.source, begun.base.revision, begun.config), max_tokens),
    )


def _scorer(name: str, revision: str | None, config: Any) -> Policy:
    """The base with one score for an output; the head that a language model lacks is drawn by the run's seed."""
    loaded = load_policy(name, revision=revision, device="cpu", scores=True, new_head=config.seed)
    if loaded.tokenizer.pad_token is None:
        loaded.tokenizer.pad_token = loaded.tokenizer.eos_token
    text: Any = loaded.model.config.get_text_config()
    text.pad_token_id = loaded.model.config.pad_token_id = loaded.tokenizer.pad_token_id
    return loaded


def _cut_at(base: Policy, max_tokens: int | None) -> Policy:
    """Have the model say where its chats were cut: scores are for chats that are cut there too."""
    setattr(base.model.config, TRAINED_AT, max_tokens)
    return base


def _limit(begun: Start) -> int | None:
    """Where a chat is cut: TRL's ``max_length``, and at most the model's context."""
    known = [each for each in (begun.config.max_length, context_of(begun.base.model)) if each is not None]
    return min(known, default=None)


def _say_cut(made: PairRows, max_tokens: int | None, settings: RewardSettings) -> None:
    if made.cut:
        done = "left out" if settings.drop_long else "cut at their end"
        _LOG.warning("%d pairs have a side of more than %s tokens: %s", made.cut, max_tokens, done)
    if made.blind:
        _LOG.warning("%d pairs are left out: both sides are the same after the cut", made.blind)


def _check_step(made: PairRows, begun: Start, settings: RewardSettings) -> None:
    n_rows, config = len(made.rows), begun.config
    if not n_rows:
        where = "the files" if settings.files else f"{begun.version.name}@{begun.version.revision[:12]}"
        msg = (
            f"{where} give no pairs in the {settings.split} split: pairs need problems with a right and a wrong program"
        )
        raise TrainingError(msg)
    needed = config.train_batch_size * config.gradient_accumulation_steps * config.world_size
    hint = f"per_device_train_batch_size={n_rows} --set gradient_accumulation_steps=1"
    check_enough(n_rows, needed, "one step", hint, what_rows="pairs")


def _told(
    made: PairRows, left_out: Mapping[str, int], max_tokens: int | None, settings: RewardSettings
) -> Mapping[str, Any]:
    return {
        "from": ", ".join(file_told(str(path)) for path in settings.files) or "the version",
        **({} if settings.files else asdict(settings.pairs)),
        "problems": made.problems,
        "label_sources": list(made.sources),
        "max_tokens": max_tokens,
        "cut": made.cut,
        "blind": made.blind,
        "drop_long": settings.drop_long,
        "left_out": dict(left_out),
    }


def _trainer(prepared: Prepared) -> Any:
    from trl import RewardTrainer

    return RewardTrainer(
        model=prepared.model,
        args=prepared.config,
        train_dataset=prepared.fitting.rows,
        processing_class=prepared.base.tokenizer,
        peft_config=prepared.lora,
    )
