"""Sample candidates from a model: `n` completions a problem, of which only the missing ones are asked for.

In: `CandidateSettings` of a sampled source, problems, a prompt template, a sampler. Out: candidates. One (problem,
sample_index) is the unit: its seed is the same whatever is sampled beside it, and its completion is kept for good.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dualset.builders.candidates.completions import Completions
from dualset.builders.candidates.extract import extract_code
from dualset.builders.candidates.identity import Identity
from dualset.builders.candidates.prompts import Template, writing_prompt
from dualset.builders.candidates.samplers.sampler import PROMPT_TOO_LONG, Answered, Completion, Request, Sampler
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.dataset.ids import content_id, sha256_hex
from dualset.builders.dataset.records import Candidate, Problem, candidate_id_of, program_id_of
from dualset.builders.errors import ModelError
from dualset.builders.progress import Progress, silent

__all__ = ["SAMPLER_VERSION", "Sampled", "first_seed", "sample_candidates", "way_of"]

SAMPLER_VERSION = "2"
"""Part of the key under which a build keeps completions: raise it when prompt rendering or draw changes."""

_DOES_NOT_DECIDE = ("n", "prompt", "system", "model", "model_revision")
"""Of the settings: a completion is the same whatever their value, or what they say is known otherwise."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """The completions of a recipe's problems, on disk as far as they are sampled.

    Attributes:
        settings: checked, of a sampled source.
        identity: the model.
        template: how a problem is asked.
        kept: the completions.
        round_index: of the candidates: how often the model was trained on its own attempts before.
    """

    settings: CandidateSettings
    identity: Identity
    template: Template
    kept: Completions
    round_index: int = 0

    @classmethod
    def at(
        cls,
        folder: Path,
        settings: CandidateSettings,
        identity: Identity,
        template: Template,
        *,
        round_index: int = 0,
        read_only: bool = False,
    ) -> "Sampled":
        """Those that are kept in a folder; ``read_only`` leaves it as it is."""
        kept = Completions(folder, way_of(settings, identity, round_index), read_only=read_only)
        return cls(settings, identity, template, kept, round_index)

    def missing(self, problems: Iterable[Problem]) -> list[tuple[Problem, list[int]]]:
        """The problems that lack samples, and which."""
        lacking = ((p, sorted(set(range(self.settings.n)) - self._found(p).keys())) for p in problems)
        return [(problem, indices) for problem, indices in lacking if indices]

    def fill(self, sampler: Sampler, problems: Sequence[Problem], progress: Progress = silent) -> None:
        """Ask for all that is missing; each completion is kept as soon as it is there.

        Raises:
            ModelError: some requests could not be answered.
            VersionError: there is no room.
        """
        missing = self.missing(problems)
        total, tokens = len(problems) * self.settings.n, 0
        left = {problem.problem_id: len(indices) for problem, indices in missing}
        paths = {problem.problem_id: self._path(problem) for problem, _ in missing}
        done = total - sum(left.values())
        progress("sample", done, total)
        for answered in _believed(sampler.sample(self._requests(missing)), total - sum(left.values())):
            problem_id = answered.request.problem_id
            self.kept.add(paths[problem_id], answered)
            left[problem_id] -= 1
            if not left[problem_id]:
                self.kept.settle(paths[problem_id])
                del left[problem_id]
            done, tokens = done + 1, tokens + (answered.completion.n_tokens or 0)
            progress("sample", done, total)
            progress("tokens", tokens, 0)
        if left:
            msg = f"{sum(left.values())} of {total} completions were not given: run the same command again"
            raise ModelError(msg)

    def candidates(self, problem: Problem) -> list[Candidate]:
        """The first ``n`` samples of a problem that there are."""
        found = self._found(problem)
        seed, round_index = self._seed(problem), self.round_index
        return [
            _candidate(
                Request(problem.problem_id, i, seed + i, ()), found[i], self.settings, self.identity, round_index
            )
            for i in range(self.settings.n)
            if i in found
        ]

    def _found(self, problem: Problem) -> dict[int, Completion]:
        return self.kept.read(self._path(problem))

    def _path(self, problem: Problem) -> Path:
        return self.kept.path(problem.problem_id, self.template.chat(problem))

    def _requests(self, missing: Iterable[tuple[Problem, list[int]]]) -> Iterator[Request]:
        for problem, indices in missing:
            chat = self.template.chat(problem)
            seed = self._seed(problem)
            yield from (Request(problem.problem_id, i, seed + i, chat) for i in indices)

    def _seed(self, problem: Problem) -> int:
        return first_seed(self.settings.seed, problem.problem_id, self.round_index)


def _believed(answers: Iterator[Answered], before: int) -> Iterator[Answered]:
    """All answers; but that prompts do not fit is believed only of a model that has answered one, now or ``before``.

    Raises:
        ModelError: no prompt fits: rather than the problems, a setting is wrong.
    """
    too_long: list[Answered] | None = None if before else []
    for answered in answers:
        if too_long is not None and answered.completion.finish_reason == PROMPT_TOO_LONG:
            too_long.append(answered)
            continue
        yield from too_long or ()
        too_long = None
        yield answered
    if too_long:
        msg = f"none of {len(too_long)} prompts fits the model's context window: is it the right model, well set up?"
        raise ModelError(msg)


def sample_candidates(
    settings: CandidateSettings,
    problems: Sequence[Problem],
    sampler: Sampler,
    identity: Identity,
    *,
    template: Template | None = None,
    progress: Progress = silent,
) -> list[Candidate]:
    """``settings.n`` candidates a problem, in the order of the problems and indices, kept nowhere.

    Args:
        settings: of a sampled source.
        problems: what to sample.
        sampler: the model at work.
        identity: the model by name.
        template: how a problem is asked; None: `writing_prompt`.
        progress: told the completions done.

    Raises:
        RecipeError: a setting makes no sense.
        ModelError: some requests could not be answered.
    """
    settings.check()

    def requests() -> Iterator[Request]:
        for problem in problems:
            chat = template.chat(problem) if template else writing_prompt(problem)
            seed = first_seed(settings.seed, problem.problem_id)
            yield from (Request(problem.problem_id, i, seed + i, chat) for i in range(settings.n))

    done: dict[tuple[str, int], Candidate] = {}
    for request, completion in sampler.sample(requests()):
        done[request.problem_id, request.sample_index] = _candidate(request, completion, settings, identity)
        progress("sample", len(done), settings.n * len(problems))
    return [done[problem.problem_id, i] for problem in problems for i in range(settings.n)]


def first_seed(run_seed: int, problem_id: str, round_index: int = 0) -> int:
    """The seed of a problem's sample 0; sample i has this plus i. Below 2**52, so that JSON readers keep it exact."""
    return int(content_id({"run_seed": run_seed, "problem_id": problem_id, "round": round_index})[:13], 16)


def way_of(settings: CandidateSettings, identity: Identity, round_index: int = 0) -> dict[str, Any]:
    """All that decides a completion beside its chat and index."""
    said = {name: value for name, value in settings.content.items() if name not in _DOES_NOT_DECIDE}
    said |= settings.sampling._asdict()
    if settings.source == "openai":  # the server's name for the model, whole; it may call several models the same
        said["served"] = settings.model
        if identity.revision is None:
            said["server"] = {**said["server"], "url": re.sub("//[^/]*@", "//", settings.server.url)}
    if (own := settings.own_chat_template) is not None:
        said["chat_template"] = sha256_hex(own.encode())
    return {"sampler_version": SAMPLER_VERSION, "round": round_index, **identity._asdict(), **said}


def _candidate(
    request: Request,
    completion: Completion,
    settings: CandidateSettings,
    identity: Identity,
    round_index: int = 0,
) -> Candidate:
    text = completion.text.encode(errors="replace").decode()  # a server's JSON may hold half a surrogate pair
    code, kind = extract_code(text)
    logprob, draw = completion.mean_logprob, settings.sampling
    candidate = Candidate(
        candidate_id="",
        problem_id=request.problem_id,
        sample_index=request.sample_index,
        round=round_index,
        program_id=None if code is None else program_id_of(request.problem_id, code),
        completion=text,
        code=code,
        extraction=kind,
        model=identity.model,
        model_revision=identity.revision,
        sampler=settings.source,
        temperature=draw.temperature,
        top_p=draw.top_p,
        top_k=draw.top_k,
        seed=request.seed,
        finish_reason=completion.finish_reason,
        n_tokens=completion.n_tokens,
        mean_logprob=logprob if logprob is not None and math.isfinite(logprob) else None,
    )
    return replace(candidate, candidate_id=candidate_id_of(candidate))
