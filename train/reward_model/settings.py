"""What ``dualset train reward`` is told beside what every training command is told."""

from dataclasses import dataclass, field
from pathlib import Path

from dualset.builders.pairs.settings import PairSettings
from dualset.train.settings import TrainSettings

__all__ = ["NONE", "RewardSettings"]

NONE = "none"
"""No held-out measure."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RewardSettings(TrainSettings):
    """A run of a reward model.

    Attributes:
        pairs: how the version's programs are paired.
        files: pairs to train on in the place of the version's (``dualset pairs``); those of its held-out problems are
            left out.
        held_out: the split whose pairs the finished model is measured on, or none.
    """

    pairs: PairSettings = field(default_factory=PairSettings)
    files: tuple[Path, ...] = ()
    held_out: str = "validation"
