"""Writing: a model's programs, run on the problems' tests.

In: a policy and problems. Out: for each problem its attempts in sampling order, each with its code and whether it
passed. An attempt without code failed; one whose verdict is unknown (a fault of the machine) is null and counts
nowhere. Sampling, extraction and labels are the builders' own, so that a model is measured by the rules its training
data was made by.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dualset.builders.candidates.generate import Policy
from dualset.builders.candidates.identity import Identity
from dualset.builders.candidates.sample import sample_candidates
from dualset.builders.candidates.samplers.transformers import TransformersSampler
from dualset.builders.candidates.settings import CandidateSettings
from dualset.builders.dataset.records import Candidate
from dualset.builders.execution.label import Program, label_programs
from dualset.builders.execution.ladder import Sandbox
from dualset.builders.progress import Progress
from dualset.eval.pool import Pool
from dualset.eval.settings import EvalSettings

__all__ = ["Attempt", "Attempts", "write"]


class Attempt(NamedTuple):
    """One sample: its code (null: none was found) and whether it passed (null: unknown)."""

    code: str | None
    passed: bool | None


Attempts = Mapping[str, Sequence[Attempt]]
"""problem_id -> its attempts, in sampling order."""


def write(policy: Policy, pool: Pool, settings: EvalSettings, sandbox: Sandbox, progress: Progress) -> Attempts:
    """Sample ``settings.samples`` programs a problem and run them."""
    sampling = CandidateSettings(
        source="transformers",
        model=policy.name,
        n=settings.samples,
        temperature=settings.temperature,
        top_p=settings.top_p,
        top_k=settings.top_k,
        max_tokens=pool.max_tokens,
        seed=settings.seed,
        batch_size=settings.batch_size,
    )
    candidates = sample_candidates(
        sampling,
        list(pool.problems.values()),
        TransformersSampler(policy, sampling),
        Identity(policy.name, policy.revision),
        template=pool.template,
        progress=progress,
    )
    passed = _run(candidates, pool, sandbox, progress)
    attempts: dict[str, list[Attempt]] = {problem_id: [] for problem_id in pool.problems}
    for candidate in candidates:
        verdict = False if candidate.program_id is None else passed.get(candidate.program_id)
        attempts[candidate.problem_id].append(Attempt(candidate.code, verdict))
    return attempts


def _run(candidates: Sequence[Candidate], pool: Pool, sandbox: Sandbox, progress: Progress) -> dict[str, bool | None]:
    """Each distinct program's verdict."""
    programs = {
        c.program_id: Program(c.problem_id, c.program_id, c.code)
        for c in candidates
        if c.program_id is not None and c.code is not None
    }
    ran = label_programs(pool.problems, list(programs.values()), pool.labels, sandbox=sandbox, progress=progress)
    return {label.program_id: label.passed for label, _ in ran}
