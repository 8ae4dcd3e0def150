"""What programs do on each test, beyond the verdict: whether each passed, and what it answered.

In: problems whose tests are what to observe by, programs. Out: for each program, in the order given, an `Observed`:
outcomes in test order, and a digest of each answer, equal where two programs answered the same. Answers are compared
as they were given, but for blanks at the ends of lines of printed text. Left out: labels (``label.py``).
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import NamedTuple

from dualset.builders.dataset.records import Problem
from dualset.builders.dataset.words import Outcome, Style
from dualset.builders.execution.crew import Program, at_each
from dualset.builders.execution.happened import Happened
from dualset.builders.execution.ladder import ONE, Sandbox
from dualset.builders.execution.plan import Plan
from dualset.builders.execution.run import Worker
from dualset.builders.execution.settings import LabelSettings
from dualset.builders.progress import Progress, silent

__all__ = ["Observed", "observe_programs"]


class Observed(NamedTuple):
    """One program on each test, in test order.

    Attributes:
        program_id: the program.
        outcomes: what happened.
        answers: a digest of each answer; equal digests are equal answers, right or wrong. None: it gave no answer (it
            raised, ran over a limit, …), or the test's code alone knows what was answered.
    """

    program_id: str
    outcomes: tuple[Outcome, ...]
    answers: tuple[str | None, ...]


def observe_programs(
    problems: Mapping[str, Problem],
    programs: Iterable[Program],
    settings: LabelSettings,
    *,
    sandbox: Sandbox = ONE,
    progress: Progress = silent,
    stage: str = "observe",
) -> Iterator[Observed]:
    """Run each program once on its problem's tests.

    Args:
        problems: by problem_id; each program's problem is among them.
        programs: distinct programs; consumed as they are run.
        settings: limits, where the problem has none of its own.
        sandbox: how many run at the same time, and how they are kept from this machine.
        progress: told the programs done so far.
        stage: the name of its bar.

    Raises:
        ExecutionError: a test that cannot be read, or a sandbox that cannot be started at this level.
    """
    total = len(programs) if isinstance(programs, (list, tuple)) else 0

    def work(worker: Worker, program: Program, plan: Plan) -> Observed:
        ran = worker.run(plan, program.code)
        outcomes = tuple(happened.outcome for happened in ran)
        return Observed(program.program_id, outcomes, tuple(_answer(plan, happened) for happened in ran))

    for done, observed in enumerate(
        at_each(problems, programs, settings, sandbox, work, early_stop=settings.early_stop), start=1
    ):
        yield observed
        progress(stage, done, total)


def _answer(plan: Plan, happened: Happened) -> str | None:
    if happened.outcome not in (Outcome.PASS, Outcome.WRONG_ANSWER) or happened.actual is None:
        return None
    actual = happened.actual
    if plan.style == Style.STDIO:
        actual = b"\n".join(line.rstrip() for line in actual.rstrip().splitlines())
    return sha256(actual).hexdigest()[:16]
