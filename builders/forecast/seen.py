"""What there is of each problem before a build: its samples, their programs, and what is still to be asked.

In: problems, with samples to import or with completions on disk. Out: a `Seen` each, in the order of the problems, one
in memory. Files are read as a build reads them, and errors in them are the build's.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from dualset.builders.candidates.load import import_candidates
from dualset.builders.candidates.pool import by_problem
from dualset.builders.candidates.prompt_tokens import PromptCounter
from dualset.builders.candidates.prompts import Template
from dualset.builders.candidates.sample import Sampled
from dualset.builders.candidates.samplers.sampler import PROMPT_TOO_LONG
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.dataset.records import Candidate, Problem
from dualset.builders.problems.problem_set import ProblemSet
from dualset.builders.progress import Progress
from dualset.builders.spill import Spill

__all__ = ["Seen", "imported", "sampled"]


class Seen(NamedTuple):
    """One problem.

    Attributes:
        problem: which.
        samples: candidates that there are.
        programs: ids of the distinct programs among them.
        text_bytes: of their completions.
        code_bytes: of the code in them.
        tokens: of those that say how many they have.
        counted: how many say it.
        missing: samples still to be asked for.
        prompt_tokens: of its prompt; 0 where nothing is missing.
        room: tokens that each of the missing may have; 0: the prompt does not fit.
    """

    problem: Problem
    samples: int
    programs: set[str]
    text_bytes: int
    code_bytes: int
    tokens: int = 0
    counted: int = 0
    missing: int = 0
    prompt_tokens: int = 0
    room: int = 0


@contextmanager
def imported(
    settings: CandidateSettings, problem_set: ProblemSet, problems: Sequence[Problem], progress: Progress
) -> Iterator[Iterator[Seen]]:
    """Samples to import; all are read first, since their files are in any order. They lie in a temporary folder.

    Raises:
        RecipeError: the settings contradict each other.
        SourceError: a file or a sample is wrong.
    """
    with (
        TemporaryDirectory(prefix="dualset-dry-run-") as place,
        Spill(Path(place) / "samples", ("problem_id",)) as spill,
    ):
        spill.add(_small(import_candidates(settings, problem_set), progress))
        yield (_from_rows(problem, rows) for problem, rows in by_problem(spill, problems))


def sampled(
    settings: CandidateSettings,
    template: Template,
    counter: PromptCounter,
    kept: Sampled | None,
    problems: Sequence[Problem],
    progress: Progress,
) -> Iterator[Seen]:
    """Samples of a model, as far as they are on disk.

    Args:
        settings: of a sampled source.
        template: how a problem is asked.
        counter: of the model's tokens.
        kept: what is on disk.
        problems: which.
        progress: told the problems looked at.

    Raises:
        RecipeError: the prompt template cannot be filled in.
        ModelError: the model's chat template refuses a prompt.
        VersionError: a file of completions is damaged.
    """
    for n, problem in enumerate(problems, start=1):
        seen = _from_candidates(problem, kept.candidates(problem) if kept else [])
        if missing := settings.n - seen.samples:
            tokens = counter.count(template.chat(problem))
            room = counter.room(tokens, settings.max_tokens)
            seen = seen._replace(missing=missing, prompt_tokens=tokens, room=room)
        yield seen
        progress("look", n, len(problems))


def _small(candidates: Iterator[Candidate], progress: Progress) -> Iterator[dict[str, Any]]:
    for n, each in enumerate(candidates, start=1):
        yield {"problem_id": each.problem_id, "program_id": each.program_id, "sizes": _sizes(each)}
        progress("import", n, 0)


def _from_rows(problem: Problem, rows: Sequence[dict[str, Any]]) -> Seen:
    return Seen(
        problem=problem,
        samples=len(rows),
        programs={row["program_id"] for row in rows} - {None},
        text_bytes=sum(row["sizes"][0] for row in rows),
        code_bytes=sum(row["sizes"][1] for row in rows),
    )


def _from_candidates(problem: Problem, candidates: Sequence[Candidate]) -> Seen:
    sizes = [_sizes(each) for each in candidates]
    asked = [c.n_tokens for c in candidates if c.n_tokens is not None and c.finish_reason != PROMPT_TOO_LONG]
    return Seen(
        problem=problem,
        samples=len(candidates),
        programs={each.program_id for each in candidates if each.program_id is not None},
        text_bytes=sum(text for text, _ in sizes),
        code_bytes=sum(code for _, code in sizes),
        tokens=sum(asked),
        counted=len(asked),
    )


def _sizes(candidate: Candidate) -> tuple[int, int]:
    """Bytes of the completion and of the code."""
    return len(candidate.completion.encode(errors="replace")), len((candidate.code or "").encode(errors="replace"))
