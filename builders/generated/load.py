"""The generated tests of a recipe's problems, sampled from a model or read from files.

In: the ``tests:`` settings, problems, a dataset's ``work`` folder. Out: for each problem, in key order, what was
collected. Completions are kept, and only the missing ones asked for, exactly as those of programs (``Sampled``); the
prompt template is the only difference. Files are read once, to the end, before anything is yielded, so that a wrong
row is told early; their pieces lie on disk, and one problem's tests are in memory.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter, itemgetter
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Protocol

from dualset.builders.at_work import TEMPORARY
from dualset.builders.candidates.identity import identify
from dualset.builders.candidates.load import sample_files
from dualset.builders.candidates.prompts import load_template
from dualset.builders.candidates.sample import Sampled
from dualset.builders.candidates.samplers.open import open_sampler
from dualset.builders.dataset.faults import plain_faults
from dualset.builders.dataset.ids import sha256_hex
from dualset.builders.dataset.records import Problem
from dualset.builders.errors import SourceError
from dualset.builders.generated.collect import Collected, gather
from dualset.builders.generated.imported import READERS, Written
from dualset.builders.generated.settings import TEMPLATE, TestSettings, of_tests
from dualset.builders.problems.files import SourceFiles
from dualset.builders.problems.problem_set import ProblemSet
from dualset.builders.progress import Progress, silent
from dualset.builders.spill import Spill

__all__ = ["GeneratedTests", "TestEngine", "generated_tests"]

_KEY = ("problem_id", "at")


class TestEngine(Protocol):
    """Other machines that sample ahead; what they leave is sampled here."""

    def sample(self, sampled: Sampled, problems: Sequence[Problem], progress: Progress) -> None:
        """Sample what is missing."""


@dataclass(frozen=True, slots=True, eq=False)
class GeneratedTests:
    """The tests, to be iterated over as often as wanted; closed, or used in a ``with``.

    Attributes:
        settings: how many count.
        problems: sorted by problem_id.
        pins: what they were made with: the prompt and the model's commit, or the files' sha256.
        written: makes an iterator over all pieces by problem, in the order of the problems.
        close: lets go of what lies on disk for this only.
    """

    settings: TestSettings
    problems: Sequence[Problem]
    pins: Mapping[str, Any]
    written: Callable[[], Iterator[tuple[str, Iterator[Written]]]]
    close: Callable[[], None] = lambda: None

    def __enter__(self) -> "GeneratedTests":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __iter__(self) -> Iterator[tuple[Problem, Collected]]:
        """Each problem with its tests, which may be none."""
        found = self.written()
        name, pieces = next(found, ("", iter(())))
        for problem in self.problems:
            while name and name < problem.problem_id:
                name, pieces = next(found, ("", iter(())))
            read = (piece.read(problem) for piece in (pieces if name == problem.problem_id else ()))
            at_most, per_text = self.settings.at_most, self.settings.per_completion
            yield problem, gather(read, at_most=at_most, per_text=per_text)


def generated_tests(
    settings: TestSettings,
    problems: Sequence[Problem],
    folder: Path,
    *,
    names: ProblemSet | None = None,
    engine: TestEngine | None = None,
    progress: Progress = silent,
) -> GeneratedTests:
    """Have every test written that is not, or read them all.

    Args:
        settings: the recipe's.
        problems: those to write tests for.
        folder: ``NAME/work``, which this process has alone (``at_work.py``).
        names: where files name problems: all of the source, also those that are not wanted; None: ``problems``.
        engine: who samples ahead.
        progress: told the completions done under ``tests``.

    Raises:
        RecipeError: a setting makes no sense.
        SourceError: a file is missing or torn, or a row belongs to no problem.
        ModelError: the model cannot be found or loaded, or some requests could not be answered.
        VersionError: there is no room.
    """
    settings.check()
    problems = sorted(problems, key=attrgetter("problem_id"))
    if settings.source == "samples":
        return _imported(settings, problems, folder, names or _named(problems), progress)
    return _sampled(settings, problems, folder, engine, progress)


def _sampled(
    settings: TestSettings, problems: Sequence[Problem], folder: Path, engine: TestEngine | None, progress: Progress
) -> GeneratedTests:
    with of_tests():
        template = load_template(settings.prompt or TEMPLATE, settings.system)
        identity = identify(settings.sampled)
        sampled = Sampled.at(folder / "completions", settings.sampled, identity, template)
        told = _as_tests(progress)
        if engine and sampled.missing(problems):
            engine.sample(sampled, problems, told)
        if sampled.missing(problems):
            with open_sampler(replace(settings.sampled, model_revision=identity.revision)) as sampler:
                sampled.fill(sampler, problems, told)
    pins: dict[str, Any] = {"prompt": template.pin}
    if identity.revision is not None:
        pins["model"] = identity.revision
    if (own := settings.own_chat_template) is not None:
        pins["chat_template"] = {"sha256": sha256_hex(own.encode()), "text": own}

    def written() -> Iterator[tuple[str, Iterator[Written]]]:
        for problem in problems:
            found = sampled.candidates(problem)
            yield problem.problem_id, (Written(each.completion, each.finish_reason == "length") for each in found)

    return GeneratedTests(settings, problems, MappingProxyType(pins), written)


def _imported(
    settings: TestSettings, problems: Sequence[Problem], folder: Path, names: ProblemSet, progress: Progress
) -> GeneratedTests:
    with of_tests():
        files = sample_files(settings.sampled)
    with plain_faults(folder):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"generated_tests{TEMPORARY}"
        path.unlink(missing_ok=True)
    spill = Spill(path, _KEY)

    def close() -> None:
        spill.close()
        with suppress(OSError):
            path.unlink()

    try:
        spill.add(_rows(settings, files, names, progress))
    except BaseException:
        close()
        raise
    return GeneratedTests(settings, problems, MappingProxyType({"files": files.pin}), lambda: _read_back(spill), close)


def _rows(
    settings: TestSettings, files: SourceFiles, names: ProblemSet, progress: Progress
) -> Iterator[dict[str, Any]]:
    at = 0
    for path in files.paths:
        for problem, piece in READERS[str(settings.format)](path, names):
            yield {"problem_id": problem.problem_id, "at": at, "piece": piece}
            at += 1
            progress("tests", at, 0)
    if not at:
        msg = f"{files.paths[0]} holds no test of the recipe's problems: is it the right file?"
        raise SourceError(msg)


def _read_back(spill: Spill) -> Iterator[tuple[str, Iterator[Written]]]:
    for problem_id, rows in groupby(spill.rows(), key=itemgetter("problem_id")):
        yield problem_id, (Written(*row["piece"]) for row in rows)


def _as_tests(progress: Progress) -> Progress:
    def told(stage: str, done: int, total: int) -> None:
        progress("tests" if stage == "sample" else stage, done, total)

    return told


def _named(problems: Sequence[Problem]) -> ProblemSet:
    """The problems as all that there are."""
    by_name = {problem.source_id: problem.problem_id for problem in problems}
    return ProblemSet(
        problems=tuple(problems), by_source_id=MappingProxyType(by_name), rows=len(problems), repeated=0, pin=""
    )
