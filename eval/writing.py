"""Writing: a model's programs, run on the problems' tests.

In: a model and problems. Out: for each problem its attempts in sampling order, each with its code and whether it
passed. An attempt without code failed; one whose verdict is unknown (a fault of the machine) is null and counts
nowhere. Requests, extraction and labels are the builders' own, so that a model is measured by the rules its training
data was made by.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dualset.builders.candidates.extract import extract_code
from dualset.builders.candidates.prompts import writing_prompt
from dualset.builders.candidates.sample import first_seed
from dualset.builders.candidates.samplers.sampler import Request
from dualset.builders.dataset.records import Problem, program_id_of
from dualset.builders.execution.crew import Program
from dualset.builders.execution.label import label_programs
from dualset.builders.execution.ladder import Sandbox
from dualset.builders.progress import Progress
from dualset.eval.pool import Pool
from dualset.eval.respondent import Respondent
from dualset.eval.settings import EvalSettings

__all__ = ["Attempt", "Attempts", "write"]


class Attempt(NamedTuple):
    """One sample: its code (null: none was found), whether it passed (null: unknown), and in which repeat (from 0)."""

    code: str | None
    passed: bool | None
    repeat: int = 0


Attempts = Mapping[str, Sequence[Attempt]]
"""problem_id -> its attempts, in sampling order."""


def write(
    asked: Respondent, pool: Pool, settings: EvalSettings, sandbox: Sandbox, progress: Progress, stage: str
) -> Attempts:
    """Sample ``settings.samples`` programs a problem and repeat, and run them."""
    n = settings.samples * settings.repeats
    requests = [request for problem in pool.problems.values() for request in _requests(problem, pool, n, settings.seed)]
    answers = asked.answer(requests, progress, stage)
    codes: dict[str, list[str | None]] = {problem_id: [] for problem_id in pool.problems}
    for request, answer in zip(requests, answers, strict=True):
        text = answer.text.encode(errors="replace").decode()  # a server's JSON may hold half a surrogate pair
        codes[request.problem_id].append(extract_code(text).code)
    passed = _run(codes, pool, sandbox, progress)
    return {
        problem_id: [
            Attempt(code, False if code is None else passed.get(program_id_of(problem_id, code)), i // settings.samples)
            for i, code in enumerate(each)
        ]
        for problem_id, each in codes.items()
    }


def _requests(problem: Problem, pool: Pool, n: int, seed: int) -> list[Request]:
    chat = pool.template.chat(problem) if pool.template else writing_prompt(problem)
    first = first_seed(seed, problem.problem_id)
    return [Request(problem.problem_id, i, first + i, chat) for i in range(n)]


def _run(
    codes: Mapping[str, Sequence[str | None]], pool: Pool, sandbox: Sandbox, progress: Progress
) -> dict[str, bool | None]:
    """Each distinct program's verdict."""
    programs = {
        (name := program_id_of(problem_id, code)): Program(problem_id, name, code)
        for problem_id, each in codes.items()
        for code in each
        if code is not None
    }
    ran = label_programs(pool.problems, list(programs.values()), pool.labels, sandbox=sandbox, progress=progress)
    return {label.program_id: label.passed for label, _ in ran}
