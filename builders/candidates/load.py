"""Read samples that somebody else drew, and give each its place: problem, model, index, program.

In: `CandidateSettings` with ``source: samples`` and the problems. Out: candidates, one at a time, in the files' order.
It leaves out sampling (``sample.py``) and judging: a recorded verdict is kept beside, and is never a label.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from dualset.builders.candidates.formats.apps import APPS_SAMPLES, read_apps
from dualset.builders.candidates.formats.codet import read_codet
from dualset.builders.candidates.formats.humaneval import read_humaneval
from dualset.builders.candidates.formats.jsonl import read_jsonl
from dualset.builders.candidates.formats.livecodebench import read_livecodebench
from dualset.builders.candidates.formats.mapcoder import read_mapcoder
from dualset.builders.candidates.imported import ImportedSample, recorded_verdict
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.dataset.records import Candidate, candidate_id_of, program_id_of
from dualset.builders.errors import RecipeError, SourceError, did_you_mean
from dualset.builders.problems.files import DATA_FILES, SourceFiles, hub_files, local_files
from dualset.builders.problems.problem_set import ProblemSet

__all__ = ["FORMATS", "import_candidates", "sample_files"]

_Reader = Callable[[Path, ProblemSet], Iterator[ImportedSample]]

FORMATS: dict[str, _Reader] = {
    "apps": read_apps,
    "codet": read_codet,
    "humaneval": read_humaneval,
    "jsonl": read_jsonl,
    "livecodebench": read_livecodebench,
    "mapcoder": read_mapcoder,
}
"""The words that ``candidates.format`` may be, and their readers."""


def import_candidates(settings: CandidateSettings, problems: ProblemSet) -> Iterator[Candidate]:
    """The samples as candidates.

    Raises:
        RecipeError: the settings contradict each other or name an unknown format.
        SourceError: a file is missing or torn, a sample belongs to no problem, or one (problem, model, index) is there
            twice.
    """
    files = sample_files(settings)
    return _candidates(settings, problems, files)


def sample_files(settings: CandidateSettings) -> SourceFiles:
    """The files that the settings name, and the pin over all of them."""
    if settings.format not in FORMATS:
        msg = f"candidates.format is {settings.format!r}: {did_you_mean(str(settings.format), FORMATS)}"
        raise RecipeError(msg)
    if bool(settings.path) == (settings.hub is not None):
        seen = "both" if settings.path else "neither"
        msg = f"candidates: source 'samples' needs either path or hub, not {seen}"
        raise RecipeError(msg)
    globs = (APPS_SAMPLES,) if settings.format == "apps" else DATA_FILES
    if settings.hub is not None:
        return hub_files(settings.hub, settings.revision, (settings.files,) if settings.files else globs)
    return local_files(settings.path, globs)


def _candidates(settings: CandidateSettings, problems: ProblemSet, files: SourceFiles) -> Iterator[Candidate]:
    kinds: defaultdict[tuple[str, str | None, int], _Indices] = defaultdict(_Indices)
    for path in files.paths:
        for sample in FORMATS[str(settings.format)](path, problems):
            model = sample.model or settings.model
            indices = kinds[sample.problem.problem_id, model, sample.round]
            index = indices.next() if sample.sample_index is None else sample.sample_index
            if not indices.take(index):
                msg = (
                    f"{sample.where}: sample {index} of problem {sample.problem.source_id!r} by "
                    f"{model or 'an unnamed model'} is there already: each needs its own sample_index"
                )
                raise SourceError(msg)
            candidate = _candidate(sample, index, settings)
            yield replace(candidate, candidate_id=candidate_id_of(candidate))
    if not kinds:
        msg = f"{files.paths[0]} holds no sample of the recipe's problems: is it the right file?"
        raise SourceError(msg)


class _Indices:
    """The sample indices seen of one problem, model and round: those below ``upto``, and the few ``beyond``."""

    __slots__ = ("beyond", "numbered", "upto")

    def __init__(self) -> None:
        self.beyond: set[int] = set()
        self.numbered = self.upto = 0

    def next(self) -> int:
        """The index of a sample that has none of its own: they are counted."""
        self.numbered += 1
        return self.numbered - 1

    def take(self, index: int) -> bool:
        """Whether it is a new one."""
        if 0 <= index < self.upto or index in self.beyond:
            return False
        self.beyond.add(index)
        while self.upto in self.beyond:
            self.beyond.remove(self.upto)
            self.upto += 1
        return True


def _candidate(sample: ImportedSample, index: int, settings: CandidateSettings) -> Candidate:
    """The sample with what the recipe says where the file is silent."""
    problem_id, code = sample.problem.problem_id, sample.found.code
    return Candidate(
        candidate_id="",
        problem_id=problem_id,
        sample_index=index,
        round=sample.round,
        program_id=None if code is None else program_id_of(problem_id, code),
        completion=sample.completion,
        code=code,
        extraction=sample.found.kind,
        model=sample.model or settings.model,
        model_revision=sample.model_revision or settings.model_revision,
        sampler="imported",
        temperature=settings.temperature if sample.temperature is None else sample.temperature,
        top_p=settings.top_p if sample.top_p is None else sample.top_p,
        top_k=settings.top_k if sample.top_k is None else sample.top_k,
        seed=sample.seed,
        finish_reason=sample.finish_reason,
        n_tokens=sample.n_tokens,
        mean_logprob=sample.mean_logprob,
        recorded_passed=sample.passed,
        recorded_verdict=recorded_verdict(sample.verdict),
    )
