"""Sample candidates from a model: `n` completions a problem.

In: `CandidateSettings` with ``source: transformers``, problems and a loaded policy. Out: candidates, problem by
problem. One (problem, sample_index) is the unit: its seed, and so its text, is the same whatever is sampled beside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from dualset.builders.candidates.draw import Draw
from dualset.builders.candidates.extract import extract_code
from dualset.builders.candidates.generate import Generation, Policy, generate
from dualset.builders.candidates.prompts import writing_prompt
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.dataset.ids import content_id
from dualset.builders.dataset.records import Candidate, Problem, candidate_id_of, program_id_of
from dualset.builders.errors import RecipeError
from dualset.builders.progress import Progress, silent

__all__ = ["SAMPLER_VERSION", "first_seed", "sample_candidates"]

SAMPLER_VERSION = "1"
"""Part of the key under which a build keeps finished samples: raise it when prompt, draw or extraction changes."""


def sample_candidates(
    settings: CandidateSettings,
    problems: Sequence[Problem],
    policy: Policy,
    *,
    round_index: int = 0,
    progress: Progress = silent,
) -> Iterator[Candidate]:
    """``settings.n`` candidates a problem. What the settings leave open is DuST's: temperature 1, top-p 1, top-k off.

    Raises:
        RecipeError: a setting makes no sense.
        ModelError: a prompt does not fit the model's context window.
    """
    draw = _draw(settings)
    units = [(problem, index) for problem in problems for index in range(settings.n)]
    seeds = [first_seed(settings.seed, problem.problem_id, round_index) + index for problem, index in units]
    chats = {problem.problem_id: writing_prompt(problem) for problem in problems}
    answers = generate(
        policy,
        [chats[problem.problem_id] for problem, _ in units],
        seeds=seeds,
        temperature=draw.temperature,
        top_p=draw.top_p,
        top_k=draw.top_k,
        max_tokens=settings.max_tokens,
        batch_size=settings.batch_size,
        progress=progress,
    )
    for (problem, index), seed, answer in zip(units, seeds, answers, strict=True):
        candidate = _candidate(problem, answer, policy, draw)
        candidate = replace(candidate, sample_index=index, seed=seed, round=round_index)
        yield replace(candidate, candidate_id=candidate_id_of(candidate))


def first_seed(run_seed: int, problem_id: str, round_index: int = 0) -> int:
    """The seed of a problem's sample 0; sample i has this plus i. Below 2**52, so that JSON readers keep it exact."""
    return int(content_id({"run_seed": run_seed, "problem_id": problem_id, "round": round_index})[:13], 16)


def _draw(settings: CandidateSettings) -> Draw:
    draw = Draw(
        temperature=1.0 if settings.temperature is None else settings.temperature,
        top_p=1.0 if settings.top_p is None else settings.top_p,
        top_k=0 if settings.top_k is None else settings.top_k,
    )
    checks = (
        (settings.n >= 1, "n", settings.n, "1 or more"),
        (draw.temperature >= 0, "temperature", draw.temperature, "0 or more"),
        (0 < draw.top_p <= 1, "top_p", draw.top_p, "above 0 and at most 1"),
        (draw.top_k >= 0, "top_k", draw.top_k, "0 (off) or more"),
        (settings.max_tokens >= 1, "max_tokens", settings.max_tokens, "1 or more"),
        (settings.batch_size >= 1, "batch_size", settings.batch_size, "1 or more"),
    )
    for holds, name, value, wanted in checks:
        if not holds:
            msg = f"candidates.{name} is {value}: expected {wanted}"
            raise RecipeError(msg)
    return draw


def _candidate(problem: Problem, answer: Generation, policy: Policy, draw: Draw) -> Candidate:
    code, kind = extract_code(answer.text)
    return Candidate(
        candidate_id="",
        problem_id=problem.problem_id,
        sample_index=0,
        program_id=None if code is None else program_id_of(problem.problem_id, code),
        completion=answer.text,
        code=code,
        extraction=kind,
        model=policy.name,
        model_revision=policy.revision,
        sampler="transformers",
        temperature=draw.temperature,
        top_p=draw.top_p,
        top_k=draw.top_k,
        finish_reason=answer.finish_reason,
        n_tokens=answer.n_tokens,
        mean_logprob=answer.mean_logprob,
    )
