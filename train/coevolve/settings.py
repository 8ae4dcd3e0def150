"""The section ``coevolution`` of a preset: how the two roles learn from each other.

In: plain data. Out: `CoevolutionSettings`, checked. All else in a preset is TRL's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dualset.builders.consensus.dyb4 import DyB4
from dualset.builders.consensus.parse import parse_selector
from dualset.builders.consensus.select import Selector, Ties
from dualset.builders.dataset.words import Split
from dualset.builders.errors import RecipeError, did_you_mean
from dualset.builders.settings import parse_settings

__all__ = ["CoevolutionSettings", "Method", "read_coevolution"]


class Method(StrEnum):
    """Where the coder's reward comes from."""

    CONSENSUS = "consensus"
    ONLINE = "online"
    OFFLINE = "offline"
    CURE = "cure"

    @property
    def knows_truth(self) -> bool:
        """Whether the problems' own tests decide rewards."""
        return self is Method.CURE

    @property
    def trains_tester(self) -> bool:
        """Whether both roles learn."""
        return self in (Method.CONSENSUS, Method.CURE)


@dataclass(frozen=True, kw_only=True, slots=True)
class CoevolutionSettings:
    """What ZeroCoder (arXiv 2604.07864) sets, and what it leaves open.

    Attributes:
        method: consensus: both roles learn, in turn. The baselines take tests as they are, and train the coder alone,
            rewarded by the share of them that a program passes: online (tests that the model writes as it is now) or
            offline (tests that the base model wrote, once). cure: both roles learn, from the problems' own tests
            (CURE, arXiv 2506.03136).
        selector: as in ``labels.source``: ``b4(4,3)``, ``codet``, ``maxpass``, or ``dyb4``, which is calibrated on
            labelled problems. Every sample is a row and every test a column: repeats count.
        ties: of consensuses that score the same: first or merge.
        exclude_zero_signature: whether programs that pass no test may not be the consensus.
        rank_above: a problem whose matrix has a real rank of at most this rewards nobody (the paper's τ).
        calibrate_on: dyb4: labelled problems.
        calibrate_split: dyb4: the split that they are taken from; not the one trained on.
        calibrate_every: dyb4: turns from one calibration to the next.
        agreement_from: weight of agreement in the tester's reward at the beginning, the rest being the mutation score;
        agreement_to: and at the end. In between it follows a cosine. The paper does not state the ends.
        format_penalty: what an answer that is not one test costs. The paper does not state it.
        mutants: of a selected program at most.
        prompt: template that asks for a program; None: the version's.
        tests_prompt: template that asks for one test.
        watch: also compare with the problems' own tests, for the log alone.
    """

    method: str = "consensus"
    selector: str = "b4(4,3)"
    ties: str = "first"
    exclude_zero_signature: bool = True
    rank_above: int = 2
    calibrate_on: int = 10
    calibrate_split: str = "validation"
    calibrate_every: int = 1
    agreement_from: float = 1.0
    agreement_to: float = 0.0
    format_penalty: float = 1.0
    mutants: int = 20
    prompt: str | None = None
    tests_prompt: str = "tests-1"
    watch: bool = True

    @property
    def chosen_by(self) -> Selector:
        """The selector."""
        return parse_selector(self.selector, exclude_zero_signature=self.exclude_zero_signature)

    @property
    def calibrated(self) -> bool:
        """Whether the selector is calibrated while training."""
        return self.method == Method.CONSENSUS and isinstance(self.chosen_by, DyB4)


def read_coevolution(section: Any, split: str) -> CoevolutionSettings:
    """The settings from plain data.

    Args:
        section: as the preset has it.
        split: the split that is trained on.

    Raises:
        RecipeError: an unknown key, a wrong type, or a value that cannot be.
    """
    settings = parse_settings(CoevolutionSettings, section, "coevolution")
    _one_of("method", settings.method, [str(each) for each in Method])
    _one_of("ties", settings.ties, [str(each) for each in Ties])
    _one_of("calibrate_split", settings.calibrate_split, [str(each) for each in Split])
    for name, least in _LEAST.items():
        if getattr(settings, name) < least:
            msg = f"coevolution.{name} is {getattr(settings, name)}: expected {least} or more"
            raise RecipeError(msg)
    for name in ("agreement_from", "agreement_to"):
        if not 0 <= getattr(settings, name) <= 1:
            msg = f"coevolution.{name} is {getattr(settings, name)}: expected a weight from 0 to 1"
            raise RecipeError(msg)
    if settings.calibrated and settings.calibrate_split == split:
        msg = f"coevolution.calibrate_split is {split!r}, which is trained on: the truth of it may not be looked at"
        raise RecipeError(msg)
    return settings


_LEAST: Mapping[str, int] = {
    "rank_above": 0,
    "calibrate_on": 1,
    "calibrate_every": 1,
    "format_penalty": 0,
    "mutants": 1,
}


def _one_of(name: str, value: str, known: list[str]) -> None:
    if value not in known:
        msg = f"coevolution.{name} is {value!r}: {did_you_mean(value, known)}"
        raise RecipeError(msg)
