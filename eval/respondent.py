"""A model that is asked: any engine, its answers kept as they come, so that an evaluation that was stopped goes on.

In: the settings of an engine, and requests. Out: a completion for each, in their order. An answer is kept under all
that decides it (model and commit, engine, sampling, chat, index); one that is there is not asked again, and a model
whose answers are all there is not loaded. Left out: what is asked, and what the answers are worth.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dualset.builders.at_work import at_work
from dualset.builders.candidates.completions import Completions
from dualset.builders.candidates.identity import Identity, identify
from dualset.builders.candidates.sample import way_of
from dualset.builders.candidates.samplers.open import open_sampler
from dualset.builders.candidates.samplers.sampler import Completion, Request, Sampler
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.errors import ModelError
from dualset.builders.progress import Progress

__all__ = ["Respondent", "respondent"]

_LOG = logging.getLogger(__name__)


class Respondent:
    """One model; made by `respondent`."""

    def __init__(self, settings: CandidateSettings, identity: Identity, kept: Completions) -> None:
        self.settings, self.identity = settings, identity
        self._kept = kept
        self._told = False
        self._sampler: Sampler | None = None

    def answer(self, requests: Sequence[Request], progress: Progress, stage: str) -> list[Completion]:
        """The completion of each request.

        Args:
            requests: no two of one ``problem_id``, chat and index.
            progress: told the answers there are.
            stage: the name of its bar.

        Raises:
            ModelError: the model cannot be loaded or reached, or some requests could not be answered; the answers that
                came are kept.
            VersionError: there is no room, or an answer on disk is damaged.
        """
        paths = [self._kept.path(request.problem_id, request.chat) for request in requests]
        found = {path: self._kept.read(path) for path in dict.fromkeys(paths)}
        known = zip(requests, paths, strict=True)
        missing = [request for request, path in known if request.sample_index not in found[path]]
        done = len(requests) - len(missing)
        if done and self.identity.revision is None and not self._told:
            self._told = True
            said = (
                "%s: %d answers of an earlier run are used again, and which commit gave them is unknown (name it with "
            )
            _LOG.warning(f"{said}--sample model_revision=COMMIT)", self.identity.model, done)
        progress(stage, done, len(requests))
        for answered in self._at_work().sample(missing) if missing else ():
            request, completion = answered
            path = self._kept.path(request.problem_id, request.chat)
            self._kept.add(path, answered)
            found[path][request.sample_index] = completion
            done += 1
            progress(stage, done, len(requests))
        if done < len(requests):
            msg = f"{self.identity.model} left {len(requests) - done} of {len(requests)} questions open: run it again"
            raise ModelError(msg)
        return [found[path][request.sample_index] for request, path in zip(requests, paths, strict=True)]

    def _at_work(self) -> Sampler:
        if self._sampler is None:
            self._sampler = open_sampler(self.settings)
        return self._sampler

    def close(self) -> None:
        """Let go of the model."""
        if self._sampler is not None:
            self._sampler.close()
            self._sampler = None


@contextmanager
def respondent(settings: CandidateSettings, folder: Path) -> Iterator[Respondent]:
    """A model and the answers of it that a folder keeps; another process that asks the same model waits.

    Raises:
        RecipeError: a setting makes no sense.
        ModelError: there is no such model.
        VersionError: there is no room.
    """
    settings.check()
    identity = identify(settings)
    kept = Completions(folder, way_of(settings, identity))
    with at_work(kept.folder):
        asked = Respondent(settings, identity, kept)
        try:
            yield asked
        finally:
            asked.close()
