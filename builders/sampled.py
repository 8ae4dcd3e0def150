"""The candidates of a build that samples: what is missing is asked of the model, by this machine or by others.

In: settings of a sampled source, a prompt template, problems, a dataset's ``work`` folder. Out: a pool, and the pins of
what it was sampled with. Where nothing is missing, no model is loaded and no server is asked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from dualset.builders.candidates.identity import identify
from dualset.builders.candidates.pool import Pool, SampledPool
from dualset.builders.candidates.prompts import Template
from dualset.builders.candidates.sample import Sampled
from dualset.builders.candidates.samplers.open import open_sampler
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.dataset.ids import sha256_hex
from dualset.builders.dataset.records import Problem
from dualset.builders.execution.kept import Part, Work
from dualset.builders.progress import Progress, silent

__all__ = ["Engine", "sample_pool"]


class Engine(Protocol):
    """Other machines that fill the work folder ahead of the build; what they leave, the build does itself."""

    def sample(self, sampled: Sampled, problems: Sequence[Problem], progress: Progress) -> None:
        """Sample what is missing."""

    def label(self, work: Work, parts: Iterable[Part]) -> None:
        """Label the parts that have no shard."""


def sample_pool(
    settings: CandidateSettings,
    template: Template,
    problems: Sequence[Problem],
    folder: Path,
    *,
    round_index: int = 0,
    engine: Engine | None = None,
    progress: Progress = silent,
) -> tuple[Pool, dict[str, Any]]:
    """Sample each problem from the model, as far as that is not done.

    Raises:
        ModelError: the model cannot be found or loaded, or some requests could not be answered.
        VersionError: there is no room.
    """
    identity = identify(settings)
    sampled = Sampled.at(folder / "completions", settings, identity, template, round_index=round_index)
    missing = sampled.missing(problems)
    if missing and engine:
        engine.sample(sampled, problems, progress)
        missing = sampled.missing(problems)
    if missing:
        with open_sampler(replace(settings, model_revision=identity.revision)) as sampler:
            sampled.fill(sampler, problems, progress)
    pins: dict[str, Any] = {"prompt": template.pin}
    if identity.revision is not None:
        pins["model"] = identity.revision
    if (own := settings.own_chat_template) is not None:
        pins["chat_template"] = {"sha256": sha256_hex(own.encode()), "text": own}
    return SampledPool(sampled, problems), pins
