"""What the two training commands are told, and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dualset.train.reward_model.watch_settings import WatchSettings

__all__ = ["TrainResult", "TrainSettings"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainSettings:
    """One training run.

    Attributes:
        ref: the version to train on.
        model: the base model: ``micro``, a folder or a Hub id; None: the one that wrote the version's candidates.
        model_revision: the base model's Hub commit.
        output: the folder to make; None: ``models/DATASET-KIND``.
        preset: dust, micro or a YAML file.
        overrides: ``key=value`` for any field of the TRL config.
        reward: ranking: pairwise_accuracy, ndcg or selection; generation: execution, rm:MODEL or rm:MODEL+execution;
            None: the preset's, or execution.
        keep_silent: ranking: the share of groups that stays though the base model's answers to them all earn the same.
        targets: labels, own or a file of answers (imitation only); see ``targets.py``. programs, or programs:FILE of
            scores; see ``program_targets.py``.
        min_score: programs:FILE: the least score of a program that is imitated.
        tries: own: answers sampled a group at most.
        answer_tokens: own: tokens an answer at most.
        max_steps: optimizer steps at most; None: the preset's.
        seed: of the order of the rows and of sampling; None: the preset's.
        split: the split to train on.
        max_prompt_tokens: the longest prompt to train on; None: what the model's context leaves.
        drop_long: leave out rows that do not fit, instead of stopping.
        watch: generation rewarded by a model: how to watch for reward hacking; None: as is usual.
        overwrite: write over a finished run.
        resume: go on with the unfinished run in the folder, from its last checkpoint.
    """

    ref: str
    model: str | None = None
    model_revision: str | None = None
    output: Path | None = None
    preset: str = "dust"
    overrides: tuple[str, ...] = ()
    reward: str | None = None
    keep_silent: float = 1.0
    targets: str = "labels"
    min_score: float | None = None
    tries: int = 8
    answer_tokens: int = 4096
    max_steps: int | None = None
    seed: int | None = None
    split: str = "train"
    max_prompt_tokens: int | None = None
    drop_long: bool = False
    watch: WatchSettings | None = None
    overwrite: bool = False
    resume: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainResult:
    """What a run left: the folder, its pins and its last metrics. ``steps`` is 0 after a dry run."""

    path: Path
    base_model: str
    dataset: str
    revision: str
    steps: int
    metrics: Mapping[str, Any]
